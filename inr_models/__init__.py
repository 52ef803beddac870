"""Coordinate networks, their initialization and their fitting. Needs torch and numpy only.

Configs are values without torch. It is loaded (a second) when a network is made or fitted.
"""

from typing import TYPE_CHECKING, Any

from inr_models.errors import InputError
from inr_models.fitting.fit_config import FIT_VERSION, FitConfig
from inr_models.networks.catalog import MODELS, NetworkConfig, make_network, width_for, with_width
from inr_models.networks.finer import FinerConfig
from inr_models.networks.finer_pp import FinerPlusConfig
from inr_models.networks.gauss import GaussConfig
from inr_models.networks.hosc import HoscConfig
from inr_models.networks.normal_siren import NormalSirenConfig
from inr_models.networks.relu_pe import ReluPeConfig
from inr_models.networks.rff import SirenRffConfig
from inr_models.networks.scaled_siren import ScaledSirenConfig
from inr_models.networks.siren import SirenConfig
from inr_models.networks.tensor_train import TensorTrainConfig
from inr_models.networks.winner import Siren2Config
from inr_models.networks.wire import WireConfig

if TYPE_CHECKING:
    from inr_models.fitting.fit import fit
    from inr_models.fitting.result import FitResult

__all__ = [
    "FIT_VERSION",
    "MODELS",
    "FinerConfig",
    "FinerPlusConfig",
    "FitConfig",
    "FitResult",
    "GaussConfig",
    "HoscConfig",
    "InputError",
    "NetworkConfig",
    "NormalSirenConfig",
    "ReluPeConfig",
    "ScaledSirenConfig",
    "Siren2Config",
    "SirenConfig",
    "SirenRffConfig",
    "TensorTrainConfig",
    "WireConfig",
    "fit",
    "make_network",
    "width_for",
    "with_width",
]


def __getattr__(name: str) -> Any:
    """What needs torch, when it is asked for."""
    if name == "fit":
        from inr_models.fitting.fit import fit

        return fit
    if name == "FitResult":
        from inr_models.fitting.result import FitResult

        return FitResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
