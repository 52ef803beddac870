"""Coordinate networks, their initialization and their fitting. Needs torch and numpy only."""

from inr_models.catalog import MODELS, NetworkConfig, make_network
from inr_models.errors import InputError
from inr_models.fit import FIT_VERSION, FitConfig, fit
from inr_models.result import FitResult
from inr_models.siren import SirenConfig
from inr_models.winner import Siren2Config

__all__ = [
    "FIT_VERSION",
    "MODELS",
    "FitConfig",
    "FitResult",
    "InputError",
    "NetworkConfig",
    "Siren2Config",
    "SirenConfig",
    "fit",
    "make_network",
]
