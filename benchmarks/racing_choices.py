"""Replay races between the candidates of stored choices of an optimum."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.statistics.recordings import read_recordings
from analysis.surfaces.stored import WHOLE, usual_setting
from search_spaces.rules import NoiseScales
from studies.engine.outcomes.choosing import not_behind
from studies.engine.planning.scale import FIRST_CHOOSING_SEED, OWN_SEEDS
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.store import Store

LEVELS = (0.01, 0.05, 0.1)
"""The probabilities with which a test may drop the best point."""

CHOOSING = tuple(range(FIRST_CHOOSING_SEED, FIRST_CHOOSING_SEED + 5))

FIRST = 2
"""The choosing seeds that every candidate has. Those that left a stored choice lack the others."""

Array = NDArray[np.float64]


class Replayed(NamedTuple):
    """Hold what a race did on one signal, scored on one seed.

    Attributes:
        method: the race.
        signal: the signal's sha256.
        recording: the recording that it was cut from.
        seed: the seed that scores.
        saved: the share of the fits that were not run.
        lost: by how many dB the chosen point lies below the one that all fits choose.
        steps: how many fits follow each other, if workers are plenty. Without a race it counts as 1
            for each choice or round.
    """

    method: str
    signal: str
    recording: str
    seed: int
    saved: float
    lost: float
    steps: float


class Race(NamedTuple):
    """Hold the point that a race chooses, its number of fits, and its steps as in `Replayed`."""

    best: int
    num_fits: int
    steps: float


def choices(results: str, recordings: str | None = None) -> Iterator[Replayed]:
    """Yield what each race does to the choice of every signal, on every seed that is left out."""
    for signal, recording, seeds, scores in candidates(results, recordings):
        for scoring in range(FIRST, len(seeds)):
            of_order = np.delete(scores, scoring, axis=1)
            whole = leader_of(of_order)
            for method, keeps, rounds in races():
                race = raced(of_order, keeps, rounds)
                saved = 1 - race.num_fits / of_order.size
                lost = float(scores[whole, scoring] - scores[race.best, scoring])
                yield Replayed(method, signal, recording, seeds[scoring], saved, lost, race.steps)


def candidates(results: str, recordings: str | None) -> Iterator[tuple[str, str, list[int], Array]]:
    """Yield the sha256, recording, choosing seeds and scores [c, s] of every signal's candidates.

    The scores are NaN on seeds that a candidate lacks, because it left the stored choice. A choice
    that had a winner after its first seeds is left out.
    """
    store = Store(results, create=False)
    recording_of = read_recordings(store, recordings)
    where = {"network": "siren2", **usual_setting(store)}
    columns = ("signal", "sha256", "hp_s0", "hp_s1", "seed", HEADLINE.column, ZERO_OUTPUT)
    scores: dict[tuple[str, str], dict[NoiseScales, dict[int, float]]] = {}
    for row in store.fits(columns=columns, where=where).to_pylist():
        # Only choices of this version have seeds of their own, from `OWN_SEEDS` on.
        is_choosing = row["seed"] >= OWN_SEEDS and row["seed"] % OWN_SEEDS in CHOOSING
        if is_choosing and row["status"] in WHOLE:
            score = row[ZERO_OUTPUT if row["status"] == "diverged" else HEADLINE.column]
            points = scores.setdefault((row["sha256"], row["signal"]), {})
            point = NoiseScales(row["hp_s0"], row["hp_s1"])
            points.setdefault(point, {})[row["seed"]] = score
    for (sha256, name), points in scores.items():
        first = next(seed - seed % OWN_SEEDS for by_seed in points.values() for seed in by_seed)
        seeds = [first + seed for seed in CHOOSING]
        table = []
        for by_seed in points.values():
            if by_seed.keys() >= set(seeds[:FIRST]):
                table.append([by_seed.get(seed, math.nan) for seed in seeds])
        if np.isfinite(np.array(table)).all(axis=1).sum() >= 2:
            yield sha256, recording_of.get(name, name), seeds, np.array(table)


def leader_of(scores: Array) -> int:
    """Return the candidate of the highest mean. One that lacks a score is not it."""
    means = scores.mean(axis=1)
    return int(np.where(np.isnan(means), -np.inf, means).argmax())


Keeps = Callable[[Array], NDArray[np.bool_]]
"""Returns which candidates [c] stay, given their scores [c, s]."""


def races() -> Iterator[tuple[str, Keeps, tuple[int, ...]]]:
    """Yield the name of each race, who stays in it, and after how many seeds it looks."""
    for rounds in ((2,), (2, 3)):
        after = " and ".join(map(str, rounds))
        for level in LEVELS:
            yield (
                f"pooled noise after {after}, {level:.0%}",
                partial(not_behind, error=level),
                rounds,
            )
    for level in LEVELS:
        yield f"paired t after 2 and 3, {level:.0%}", partial(not_behind_by_t, level=level), (2, 3)


def raced(scores: Array, keeps: Keeps, rounds: Sequence[int]) -> Race:
    """Return what a race between candidates chooses, and what it needs.

    Args:
        scores: [c, s] the scores of the candidates, in the order in which the seeds are used.
        keeps: Says who stays.
        rounds: After how many seeds it is asked.
    """
    left, num_fits, done = np.arange(len(scores)), 0, 0
    best = steps = 0
    for num in (*rounds, scores.shape[1]):
        num_fits += len(left) * (num - done)
        done, steps = num, steps + 1
        best = int(left[leader_of(scores[left, :num])])
        left = left[keeps(scores[left, :num])]
        if len(left) == 1:
            break
    return Race(best, num_fits, steps)


def not_behind_by_t(scores: Array, level: float) -> NDArray[np.bool_]:
    """Return which candidates [c] are not behind the leader by a paired t test on their own seeds.

    Args:
        scores: [c, s] in dB.
        level: Of the one-sided test.
    """
    num_seeds = scores.shape[1]
    behind = scores[leader_of(scores)] - scores
    spread = behind.std(axis=1, ddof=1) / math.sqrt(num_seeds)
    # One that lacks a score stays, since nothing is known of it there.
    return ~(behind.mean(axis=1) > float(stdtrit(num_seeds - 1, 1 - level)) * spread)
