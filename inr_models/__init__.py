"""Provide coordinate networks, their initialization and their fitting. Needs torch and numpy only.

Configs are values without torch. Python imports torch, which takes a second, when a network is
built or fitted.
"""

import importlib
from typing import TYPE_CHECKING, Any

from inr_models.errors import InputError as InputError
from inr_models.fitting.fit_config import FIT_VERSION as FIT_VERSION
from inr_models.fitting.fit_config import FitConfig as FitConfig
from inr_models.networks.catalog import *  # noqa: F403 - every network that is listed there
from inr_models.networks.network_config import make_network as make_network
from inr_models.networks.width import width_for as width_for
from inr_models.networks.width import with_width as with_width

if TYPE_CHECKING:
    from inr_models.fitting.fit import fit as fit
    from inr_models.fitting.result import FitResult as FitResult

_NEED_TORCH = {"fit": "inr_models.fitting.fit", "FitResult": "inr_models.fitting.result"}


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first used."""
    if name not in _NEED_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_NEED_TORCH[name]), name)
