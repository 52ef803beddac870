"""What a family of rules is worth on recordings that it was not fitted to.

Every recording is left out in turn, with all clips that were cut from it. Whoever then takes the
best family chooses it by an inner cross-validation over the recordings that are left, so that the
choice is paid for as well.
"""

import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.rules.families import Family, recording_weights
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError

Array = NDArray[np.float64]
INNER_FOLDS = 5
CHOSEN = "chosen"


class Validated(NamedTuple):
    """A family on held-out recordings: [s] regret in dB on the surfaces, shares and gains.

    `taken` [s] names the family that was asked: of the chosen one it may change.
    """

    name: str
    regret: Array
    shares: Array
    gains: Array
    taken: tuple[str, ...]


def check_recordings(surfaces: Surfaces) -> None:
    """Raise InputError if there are too few recordings to leave one out, and of these another."""
    if (count := len(set(surfaces.recordings))) < 3:
        raise InputError(
            "too-few",
            "recording",
            f"{len(surfaces.targets)} landscapes are of {count} recording{'s' * (count != 1)}: map "
            "clips of 3 recordings or more, of which one is left out at a time.",
        )


def leave_one_recording_out(families: Sequence[Family], surfaces: Surfaces) -> list[Validated]:
    """Each family, and the one that is chosen among those that can be saved, on each recording in
    its turn.

    Raises:
        InputError: there are fewer than 3 recordings.
    """
    check_recordings(surfaces)
    num = len(surfaces.targets)
    points = {family.name: np.full((2, num), np.nan) for family in families}
    chosen = [""] * num
    recordings = np.array(surfaces.recordings)
    for recording in dict.fromkeys(surfaces.recordings):
        out = recordings == recording
        rest, held_out = surfaces.subset(~out), surfaces.subset(out)
        can_be_saved = []
        for family in families:
            fitted = family.fit(rest)
            points[family.name][:, out] = fitted.points(held_out)
            can_be_saved += [family] if fitted.rule else []
        winner = best_family(can_be_saved, rest).name
        for index in np.flatnonzero(out):
            chosen[index] = winner
    points[CHOSEN] = np.array([points[name][:, i] for i, name in enumerate(chosen)]).T
    return [
        Validated(
            name,
            surfaces.regret_at(*at),
            at[0],
            at[1],
            tuple(chosen) if name == CHOSEN else (name,) * num,
        )
        for name, at in points.items()
    ]


def best_family(families: Sequence[Family], surfaces: Surfaces) -> Family:
    """The family of the least mean regret over recordings, cross-validated in `INNER_FOLDS`, or
    leaving out one at a time where they are few.
    """
    names = sorted(set(surfaces.recordings))
    # Of many, a recording's fold follows from its name alone; of few, folds would stay empty.
    few = len(names) <= 2 * INNER_FOLDS
    fold_of = {n: i if few else zlib.crc32(n.encode()) % INNER_FOLDS for i, n in enumerate(names)}
    folds = np.array([fold_of[name] for name in surfaces.recordings])
    weights = recording_weights(surfaces.recordings)

    def regret(family: Family) -> float:
        total = 0.0
        for fold in np.unique(folds):
            out = folds == fold
            held_out = surfaces.subset(out)
            points = family.fit(surfaces.subset(~out)).points(held_out)
            total += float(weights[out] @ held_out.regret_at(*points))
        return total

    return min(families, key=regret)
