"""Represent a sound, an image or an array by networks, in three lines.

    from noisescape import represent

    guitar = represent("studies/clips/guit_em9.flac")
    guitar.to_file("copy.wav")

This is a thin layer over `inr_models` and `search_spaces`, which have all the parts.
"""

import importlib
from typing import TYPE_CHECKING, Any

from inr_models.errors import InputError as InputError

if TYPE_CHECKING:
    from noisescape.fitting import represent as represent
    from noisescape.recommendation import Recommendation as Recommendation
    from noisescape.recommendation import recommend as recommend
    from noisescape.representation import Representation as Representation
    from noisescape.saved import load as load
    from noisescape.starting import siren2_for as siren2_for

_PLACES = {
    "Recommendation": "noisescape.recommendation",
    "Representation": "noisescape.representation",
    "load": "noisescape.saved",
    "recommend": "noisescape.recommendation",
    "represent": "noisescape.fitting",
    "siren2_for": "noisescape.starting",
}


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is first used."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
