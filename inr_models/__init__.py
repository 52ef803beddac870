"""Coordinate networks, their initialization and their fitting. Needs torch and numpy only.

Configs are values without torch. It is loaded (a second) when a network is made or fitted.
"""

from typing import TYPE_CHECKING, Any

from inr_models.catalog import MODELS, NetworkConfig, make_network, width_for, with_width
from inr_models.errors import InputError
from inr_models.finer import FinerConfig
from inr_models.finer_pp import FinerPlusConfig
from inr_models.fit_config import FIT_VERSION, FitConfig
from inr_models.gauss import GaussConfig
from inr_models.hosc import HoscConfig
from inr_models.normal_siren import NormalSirenConfig
from inr_models.relu_pe import ReluPeConfig
from inr_models.rff import SirenRffConfig
from inr_models.scaled_siren import ScaledSirenConfig
from inr_models.siren import SirenConfig
from inr_models.tensor_train import TensorTrainConfig
from inr_models.winner import Siren2Config
from inr_models.wire import WireConfig

if TYPE_CHECKING:
    from inr_models.fitting import fit
    from inr_models.result import FitResult

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
        from inr_models.fitting import fit

        return fit
    if name == "FitResult":
        from inr_models.result import FitResult

        return FitResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
