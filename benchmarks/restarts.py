"""Does another seed gain more than another point, where a few fits may be tried?

    python -m benchmarks.restarts design.parquet --fits results --data analysis/data

A network that can interpolate ends tens of dB apart on different seeds. Whoever keeps the best of
a few fits may repeat the recommended point with other seeds, or try other points. The fits are
those that `benchmarks.setting_confirmation` asked for: the point of `by_setting`, fitted without
the signal's recording, on five fresh seeds, and the cells of the map that are nearest to it, on
seed 0. Both ways begin at the rule's point. The command prints how many dB the best of so many
points lies above the best of so many seeds, by n/p, with its interval over recordings.
"""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence

import numpy as np

from analysis.regret.single_fits import CAP_DB
from analysis.reporting.commands import parser, run
from analysis.settings.measured import BY_SETTING
from analysis.settings.stored import BANDS
from analysis.statistics.intervals import Interval, mean_interval
from benchmarks.confirmed_maps import (
    CHOOSING,
    SCORING,
    Map,
    add_map_arguments,
    maps_of,
    peaks_of,
    points_of,
    scores_of,
    share_and_gain_of,
)
from benchmarks.designs import trial_of
from benchmarks.setting_confirmation import followed
from inr_models import InputError
from studies.engine.store.store import Store

FEW = (0.0, 0.5)
"""Values for each parameter, where networks can interpolate."""

BUDGETS = (2, 3, 5)
"""Numbers of fits of which the best is kept."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.restarts", __doc__)
    add_map_arguments(top)
    return run(_print, top, argv)


def _print(arguments: argparse.Namespace) -> None:
    store = Store(arguments.fits, create=False)
    maps = maps_of(arguments, store)
    missing, _ = followed(maps, store)
    if missing:
        fix = f"{len(missing):,} fits are missing; run benchmarks.setting_confirmation to its end."
        raise InputError.of_value("missing", "--fits", arguments.fits, fix)
    peaks = peaks_of(store)
    print("best of so many points less best of so many seeds, dB; PSNR capped at 60 dB, and not")
    for band, (low, high) in {"<0.5": FEW, **BANDS}.items():
        inside = [one for one in maps if low <= one.ratio < high]
        for budget in BUDGETS if inside else ():
            shown = [_text(difference(inside, peaks, budget, cap)) for cap in (CAP_DB, np.inf)]
            print(f"n/p {band:5}{len(inside):4} maps, {budget} fits  {'   '.join(shown)}")


def _text(interval: Interval) -> str:
    return f"{interval.mean:+6.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"


def difference(
    maps: Sequence[Map], peaks: Mapping[str, float], budget: int, cap: float
) -> Interval:
    """Return how many dB the best of `budget` points lies above the best of `budget` seeds.

    Args:
        maps: Maps with the fits that `benchmarks.setting_confirmation` asked for.
        peaks: The peak PSNR in dB of every fit by key.
        budget: How many fits are tried.
        cap: PSNR in dB that a fit counts as at most.
    """
    values = []
    for one in maps:
        rule = points_of(one)[BY_SETTING]
        by_seed = np.minimum(scores_of(rule, (*CHOOSING, *SCORING), peaks), cap)
        nearest = np.argsort(_distances(one))[: budget - 1]
        others = np.minimum([peaks[trial_of(one.rows[i]).key] for i in nearest.tolist()], cap)
        by_point = np.maximum(by_seed, others.max()).mean()
        values.append({0: float(by_point) - mean_best(by_seed, budget)})
    return mean_interval(values, [one.known[BY_SETTING].recording for one in maps])


def mean_best(scores: np.ndarray, budget: int) -> float:
    """Return the mean, over all choices of `budget` seeds, of the best score among them."""
    ranked, num = np.sort(scores), len(scores)
    # The k-th smallest is the best of as many choices as have all others below it.
    ways = [math.comb(k, budget - 1) for k in range(num)]
    return float(np.dot(ranked, ways) / sum(ways))


def _distances(one: Map) -> np.ndarray:
    """Return how far each fitted point of a map lies from that of `by_setting`, in e-folds."""
    rule = np.log(share_and_gain_of(one, points_of(one)[BY_SETTING]))
    points = np.log([share_and_gain_of(one, row) for row in one.rows])
    return np.hypot(*(points - rule).T)


if __name__ == "__main__":
    sys.exit(main())
