"""How good is the answer of a search after few fits? Replay searches on stored landscapes.

    python -m benchmarks.anytime [analysis/data] [--to FOLDER]

The rule alone, the prior, and Optuna's TPE, GP and random search begin at the rule's point, which
was fitted without the signal's recording, as the prior was. All choose among the points of the
signal's map: a suggestion counts as the nearest one that is new. One seed
is observed, others choose the optimum, and another scores. The prior knows nothing of the scoring
seed. The rows go to FOLDER/_rules/anytime.parquet, where the page of findings reads them.
"""

import argparse
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import optuna
from optuna.samplers import GPSampler, RandomSampler, TPESampler
from rich.console import Console
from rich.progress import track
from threadpoolctl import threadpool_limits

from analysis.anytime.maps import Priors, ReplayMap, replay_maps
from analysis.anytime.measures import (
    RACED,
    hand_rows,
    other_sizes,
    own_seeds,
    race_rows,
    short_rows,
)
from analysis.anytime.plots import figure
from analysis.anytime.replay import (
    Trace,
    answered_by,
    best_observed,
    regrets,
    splits,
    with_prior,
)
from analysis.anytime.stored import BESIDE_GP, FITS, Row, averaged, row_of, write
from analysis.anytime.tables import terminal_tables
from analysis.reporting.commands import add_recordings, parser, run
from analysis.reporting.style import to_svg
from analysis.surfaces.stored import BENCHMARK
from benchmarks.optuna_studies import space_of, study_by

SHORT = 80
"""Epochs of short fits, about a quarter of a fit."""

GP_FITS, GP_SEEDS = 20, 2
"""A suggestion of the GP costs a hundred times as much as one of the others, so it has fewer fits
and observes fewer seeds."""

SAMPLERS = {
    "tpe": lambda seed: TPESampler(seed=seed, multivariate=True, constant_liar=True),
    "gp": lambda seed: GPSampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = parser("benchmarks.anytime", __doc__)
    options.add_argument("results", nargs="?", default=BENCHMARK, help="a folder with landscapes")
    add_recordings(options)
    options.add_argument("--workers", type=int, default=2, metavar="N", help="processes")
    options.add_argument("--to", metavar="FOLDER", help="where to write (default: RESULTS)")
    return run(_measure, options, argv)


def _measure(arguments: argparse.Namespace) -> None:
    """Replay all maps, and write and show what was measured."""
    started = time.perf_counter()
    _be_quiet()
    console = Console(highlight=False, markup=False)
    rows: list[Row] = []
    given = (arguments.results, arguments.recordings)
    num_maps = len(_loaded(*given)[0])
    with ProcessPoolExecutor(arguments.workers, mp_context=get_context("spawn")) as pool:
        parts = pool.map(partial(_of_map, *given), range(num_maps))
        for part in track(parts, "replaying", num_maps, console=console, transient=True):
            rows += part
    with threadpool_limits(1, "blas"):
        rows += other_sizes(_loaded(*given)[1])
        rows += own_seeds(*given)
    to = arguments.to or arguments.results
    path = write(rows, to)
    for table in terminal_tables(rows):
        console.print(table)
    figures = Path(to).parent / "figures"
    figures.mkdir(exist_ok=True)
    (figures / "anytime.svg").write_text(to_svg(figure(rows)), encoding="utf-8")
    console.print(f"{len(rows):,} rows in {path}, {time.perf_counter() - started:.0f} s")


@cache
def _loaded(results: str, recordings: str | None) -> tuple[list[ReplayMap], Priors]:
    return replay_maps(results, recordings), Priors(results, recordings)


def _of_map(results: str, recordings: str | None, number: int) -> list[Row]:
    """Return all that one map gives, in a worker."""
    _be_quiet()
    maps, priors = _loaded(results, recordings)
    one = maps[number]
    with threadpool_limits(1, "blas"):
        rows = [*_rows(one, priors), *hand_rows(one, priors), *short_rows(one)]
    return averaged(rows)


def _be_quiet() -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


def _rows(one: ReplayMap, priors: Priors) -> Iterator[Row]:
    """Yield the regret of every method after every number of fits, on every split."""
    num_epochs = 300
    for observed in range(len(one.seeds)):
        values = one.psnr[:, observed]
        short = one.short[SHORT][:, observed]
        names = [name for name in SAMPLERS if name != "gp" or observed < GP_SEEDS]
        traces = {name: with_optuna(one, name, values) for name in names}
        tpe_short = with_optuna(one, "tpe", short)
        for split in splits(len(one.seeds)):
            if split.observed != observed:
                continue
            recording = one.landscape.recording
            prior = priors.without(recording, one.seeds[split.scoring])
            noise = prior.noise_of(one.landscape.target)
            by_prior = with_prior(one, prior, values, GP_FITS)
            for method, tried in (("prior", by_prior.tried), ("tpe", traces["tpe"].tried)):
                yield from race_rows(one, split, method, tried[:RACED], noise)
            answers = {
                "rule": [one.start] * (FITS[-1] + 1),
                "prior": by_prior.answers,
                "prior, in rounds of 4": with_prior(
                    one, prior, values, GP_FITS, together=4
                ).answers,
                **{name: trace.answers for name, trace in traces.items()},
                "tpe, answered by the prior": answered_by(
                    one, prior, values, traces["tpe"].tried[:GP_FITS]
                ),
            }
            shorts = {
                "prior, short fits": with_prior(one, prior, short, FITS[-1]).answers,
                "tpe, short fits": tpe_short.answers,
            }
            for epochs, group in ((num_epochs, answers), (SHORT, shorts)):
                for method, of_method in group.items():
                    lost = regrets(one, split, of_method)
                    measures = ["regret"]
                    if "gp" in names and method in ("prior", "gp"):
                        measures.append(BESIDE_GP)
                    for measure in measures:
                        for fits in FITS:
                            if fits < len(lost):
                                value = lost[fits]
                                yield row_of(
                                    one, measure, method, split, value, fits=fits, epochs=epochs
                                )


def with_optuna(one: ReplayMap, name: str, values: np.ndarray) -> Trace:
    """Replay a search by one of Optuna's samplers, from the rule's point on.

    Args:
        one: The map.
        name: A key of `SAMPLERS`.
        values: [p] the PSNR in dB that the search observes.
    """
    space = space_of(one)
    study = study_by(SAMPLERS[name](int(np.abs(values).sum() * 1e3) % 2**32), space)
    s0, s1 = one.landscape.scales[one.start].tolist()
    study.enqueue_trial({"s0": s0, "s1": s1})
    tried: list[int] = []
    fits = GP_FITS if name == "gp" else FITS[-1]
    for _ in range(min(fits, len(values))):
        trial = study.ask(space)
        scales = np.array([trial.params["s0"], trial.params["s1"]])
        tried.append(one.nearest(scales, tried))
        study.tell(trial, float(values[tried[-1]]))
    return Trace(tried, best_observed(one, values, tried))


if __name__ == "__main__":
    raise SystemExit(main())
