"""Hold what a sound file claims, and refuse one of which a whole copy is needed."""

from pathlib import Path
from typing import NamedTuple

from inr_models.errors import InputError


class Claims(NamedTuple):
    """Hold what a container says of its samples.

    Args:
        frames: The number of samples of each channel, if it is less than what a decoder returns.
        notes: What the file holds besides.
    """

    frames: int | None = None
    notes: tuple[str, ...] = ()


def damaged(path: Path, why: str) -> InputError:
    """Return the error of a file of which a whole copy is needed."""
    return InputError.at(
        "damaged",
        path,
        f"the file is truncated or damaged ({why}); get a whole copy, or save what is "
        "there as a new file.",
    )
