"""Coordinate networks, their initialization and their fitting. Needs torch and numpy only."""

from inr_models.catalog import (
    MODELS,
    NetworkConfig,
    flops_per_sample,
    make_network,
    num_parameters,
    width_for,
    with_width,
)
from inr_models.errors import InputError
from inr_models.finer import FinerConfig, FinerPlusConfig
from inr_models.fit import FIT_VERSION, FitConfig, fit
from inr_models.gauss import GaussConfig
from inr_models.hosc import HoscConfig
from inr_models.normal_siren import NormalSirenConfig
from inr_models.relu_pe import ReluPeConfig
from inr_models.result import FitResult
from inr_models.rff import SirenRffConfig
from inr_models.scaled_siren import ScaledSirenConfig
from inr_models.siren import SirenConfig
from inr_models.tensor_train import TensorTrainConfig
from inr_models.winner import Siren2Config
from inr_models.wire import WireConfig

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
    "flops_per_sample",
    "make_network",
    "num_parameters",
    "width_for",
    "with_width",
]
