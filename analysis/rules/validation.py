"""Measure families of rules on recordings that they were not fitted to.

Every recording is left out in turn, with all clips that were cut from it. The best family is chosen
by an inner cross-validation over the remaining recordings, so the choice is validated as well.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import LeaveOneGroupOut, PredefinedSplit

from analysis.rules.families import Family, recording_weights
from analysis.surfaces.surfaces import PointRegrets, Surfaces
from inr_models import InputError

Array = NDArray[np.float64]
INNER_FOLDS = 5
CHOSEN = "chosen"


class Validated(NamedTuple):
    """Hold a family's points on held-out recordings.

    Attributes:
        name: Of the family, or `CHOSEN`.
        points: Its points and their regrets, read from the surfaces.
        taken: [s] the family that gave each point. It varies only for `CHOSEN`.
    """

    name: str
    points: PointRegrets
    taken: tuple[str, ...]

    @property
    def regret(self) -> Array:
        """[s] regret in dB."""
        return self.points.regret


def check_recordings(surfaces: Surfaces) -> None:
    """Raise InputError if there are fewer than the 3 recordings that two nested folds need."""
    if (count := len(set(surfaces.recordings))) < 3:
        raise InputError(
            "too-few",
            "recording",
            f"{len(surfaces.targets)} landscapes, but the number of their recordings is {count}: "
            "fit clips of 3 recordings or more, because one is left out at a time.",
        )


def leave_one_recording_out(families: Sequence[Family], surfaces: Surfaces) -> list[Validated]:
    """Validate each family, and the choice among the families that can be saved.

    Raises:
        InputError: there are fewer than 3 recordings.

    Example:
        >>> constant_point, chosen = leave_one_recording_out([constant("constant")], surfaces)
    """
    check_recordings(surfaces)
    num = len(surfaces.targets)
    points = {family.name: np.full((2, num), np.nan) for family in families}
    chosen = [""] * num
    folds = LeaveOneGroupOut().split(np.zeros(num), groups=surfaces.recordings)
    for rest_indices, out in folds:
        rest, held_out = surfaces.subset(rest_indices), surfaces.subset(out)
        can_be_saved = []
        for family in families:
            fitted = family.fit(rest)
            points[family.name][:, out] = fitted.points(held_out)
            if fitted.rule:
                can_be_saved.append(family)
        winner = best_family(can_be_saved, rest).name
        for index in out:
            chosen[index] = winner
    points[CHOSEN] = np.array([points[name][:, i] for i, name in enumerate(chosen)]).T
    validated = []
    for name, (shares, gains) in points.items():
        taken = tuple(chosen) if name == CHOSEN else (name,) * num
        validated.append(Validated(name, surfaces.points(shares, gains), taken))
    return validated


def best_family(families: Sequence[Family], surfaces: Surfaces) -> Family:
    """Return the family of the least cross-validated mean regret over recordings.

    There are `INNER_FOLDS` folds of recordings, or one for each recording where these are few.
    """
    names = sorted(set(surfaces.recordings))
    # A hash of the name keeps a recording in its fold when others are added, which GroupKFold does
    # not. Few recordings would leave some of these folds empty.
    few = len(names) <= 2 * INNER_FOLDS
    fold_of = {n: i if few else zlib.crc32(n.encode()) % INNER_FOLDS for i, n in enumerate(names)}
    folds = np.array([fold_of[name] for name in surfaces.recordings])
    weights = recording_weights(surfaces.recordings)

    def regret(family: Family) -> float:
        total = 0.0
        for rest, out in PredefinedSplit(folds).split():
            held_out = surfaces.subset(out)
            points = family.fit(surfaces.subset(rest)).points(held_out)
            total += float(weights[out] @ held_out.regret_at(*points))
        return total

    return min(families, key=regret)
