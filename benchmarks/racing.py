"""What does a race between the seeds of points save, and what does it lose? Replay it on fits.

    python -m benchmarks.racing [analysis/data] [--workers 2]

There are two places for a race. The choice of an optimum fits its candidates on choosing seeds. A
search fits each suggestion on the map's seeds. In both, a point that is clearly behind could get no
further seed. The choice is replayed on the stored candidates of confirmed optima, the search with
TPE on the maps of many points. What is lost is read from seeds that had no part in the choice.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context

import numpy as np
import optuna
from rich.console import Console

from analysis.anytime.maps import ReplayMap, replay_maps
from analysis.reporting.commands import add_recordings, parser, run
from analysis.reporting.tables import wide_table
from analysis.statistics.intervals import Interval, mark, mean_interval
from analysis.surfaces.stored import BENCHMARK
from benchmarks.racing_choices import Replayed, choices
from benchmarks.racing_searches import TRIALS, searches


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = parser("benchmarks.racing", __doc__)
    options.add_argument("results", nargs="?", default=BENCHMARK, help="a folder with landscapes")
    add_recordings(options)
    options.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    return run(_measure, options, argv)


def _measure(arguments: argparse.Namespace) -> None:
    started = time.perf_counter()
    console = Console(highlight=False, markup=False)
    given = (arguments.results, arguments.recordings)
    rows = list(choices(*given))
    _show(console, "Choice of the optimum: candidates on choosing seeds", rows)
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        parts = pool.map(partial(_searches_of, *given), range(len(_maps(*given))))
        rows = [row for part in parts for row in part]
    _show(console, f"Search: {TRIALS} suggestions of TPE on the map's seeds", rows)
    console.print(f"{time.perf_counter() - started:.0f} s")


def _show(console: Console, caption: str, rows: Sequence[Replayed]) -> None:
    signals = len({row.signal for row in rows})
    table = wide_table(f"{caption}. {signals} signals.")
    for name in ("race", "fits saved", "dB lost", "steps"):
        table.add_column(name, justify="left" if name == "race" else "right")
    for method in dict.fromkeys(row.method for row in rows):
        of_method = [row for row in rows if row.method == method]
        saved = _interval(of_method, lambda row: row.saved)
        lost = _interval(of_method, lambda row: row.lost)
        table.add_row(
            method,
            f"{saved.mean:.0%} [{saved.low:.0%}, {saved.high:.0%}]",
            f"{lost.mean:.3f} [{lost.low:.3f}, {lost.high:.3f}]{mark(lost)}",
            f"{_interval(of_method, lambda row: row.steps).mean:.1f}",
        )
    console.print(table)


def _interval(rows: Sequence[Replayed], value: Callable[[Replayed], float]) -> Interval:
    """Return the interval over recordings and seeds."""
    values: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    recordings = {}
    for row in rows:
        values[row.signal][row.seed].append(value(row))
        recordings[row.signal] = row.recording
    means = [{s: float(np.mean(v)) for s, v in by_seed.items()} for by_seed in values.values()]
    return mean_interval(means, [recordings[signal] for signal in values])


@cache
def _maps(results: str, recordings: str | None) -> list[ReplayMap]:
    return replay_maps(results, recordings)


def _searches_of(results: str, recordings: str | None, number: int) -> list[Replayed]:
    """Return all searches of one map, in a worker."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return list(searches(_maps(results, recordings)[number]))


if __name__ == "__main__":
    raise SystemExit(main())
