"""Measure what a suggestion of a search costs the driver, compared with bare Optuna.

    python -m benchmarks.search [--signals 20] [--points 2000] [--trials 16]

Every signal knows `--points` points already. The time is that of all the driver's work for a
suggestion: asking, the journal, the schedule, recording rows, and telling. Fits cost nothing here.
The reference is Optuna's TPE in memory over as many points.
"""

import logging
import tempfile
import time
from pathlib import Path

import numpy as np
import optuna

from analysis.reporting.commands import parser
from benchmarks.large_store import make_signals
from search_spaces.rules import NoiseScales
from studies.audio_search import STUDY
from studies.engine.outcomes.signal_state import SignalState, search_point
from studies.engine.planning.points import PlannedFit, trial_of
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import Run
from studies.engine.running.schedule import Schedule
from studies.engine.search.journal import add_known, open_journal
from studies.engine.search.signal_search import SignalSearch
from studies.engine.search.space import space
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import HEADLINE
from studies.engine.store.rows import Row
from studies.engine.store.store import Store
from studies.questions import Search


def main() -> None:
    """Run the command."""
    options = parser("benchmarks.search", __doc__)
    options.add_argument("--signals", type=int, default=20)
    options.add_argument("--points", type=int, default=2000)
    options.add_argument("--trials", type=int, default=16)
    arguments = options.parse_args()
    logging.disable(logging.WARNING)
    signals = make_signals(arguments.signals, num_samples=8192)
    run = resolve(STUDY, "small", signals, changes={"trials": arguments.trials})
    with tempfile.TemporaryDirectory() as folder:
        start, each = _search(run, signals, arguments.points, Path(folder))
    bare = _bare_optuna(run, signals[0], arguments.points, arguments.trials)
    print(
        f"{arguments.points:,} points, {arguments.signals} signals: a suggestion costs "
        f"{each * 1e3:.0f} ms, bare Optuna in memory {bare * 1e3:.0f} ms: {each / bare:.1f}x; "
        f"start, once: {start:.0f} s"
    )


def _search(run: Run, signals: list[Signal], points: int, folder: Path) -> tuple[float, float]:
    """Return the seconds until the first suggestion, and the seconds for each suggestion."""
    question = run.question
    assert isinstance(question, Search)
    store, storage = Store(str(folder)), open_journal(folder / "journal")
    states = [SignalState(run, s, _known_rows(run, s, points)) for s in signals]
    searches = [SignalSearch(state, question.settings, storage, store) for state in states]
    started = time.perf_counter()
    pairs = zip(states, searches, strict=True)
    steps = [(question.steps_of(state, search), state.rows) for state, search in pairs]
    schedule = Schedule(steps, lambda _: 5.0, num_workers=8)
    while (batch := schedule.next()) and batch.fits[0].stage == 0:
        for fit in batch.fits:
            schedule.record(_row(fit, 30.0))
    ready = time.perf_counter()
    # The first rounds are asked but not told yet, and the last ones will not be told. Both are
    # equally many, so the numbers of asked and told suggestions in between agree.
    asked_before = sum(len(search.study.get_trials(deepcopy=False)) for search in searches)
    last = question.settings.trials // question.settings.together
    while batch is not None and batch.fits[0].stage <= last:
        for fit in batch.fits:
            schedule.record(_row(fit, 30.0))
        batch = schedule.next()
    seconds = time.perf_counter() - ready
    asked = sum(len(search.study.get_trials(deepcopy=False)) for search in searches)
    return ready - started, seconds / (asked - asked_before)


def _bare_optuna(run: Run, signal: Signal, points: int, trials: int) -> float:
    rng = np.random.default_rng(0)
    study = optuna.create_study(direction="maximize")
    bounds = space(run, signal)
    add_known(study, bounds, ((_draw(run, signal, rng), rng.normal()) for _ in range(points)))
    study.sampler = optuna.samplers.TPESampler(seed=0, multivariate=True, constant_liar=True)
    started = time.perf_counter()
    for _ in range(trials):
        study.tell(study.ask(dict(bounds)), 30.0)
    return (time.perf_counter() - started) / trials


def _known_rows(run: Run, signal: Signal, points: int) -> dict[str, Row]:
    rng = np.random.default_rng(0)
    rows = {}
    for _ in range(points):
        point = search_point(run, _draw(run, signal, rng))
        for seed in range(run.scale.seeds):
            trial = trial_of(run.scale, signal, point, seed)
            fit = PlannedFit(signal=signal, point=point, trial=trial, stage=0)
            rows[trial.key] = _row(fit, float(rng.normal(30, 5)))
    return rows


def _draw(run: Run, signal: Signal, rng: np.random.Generator) -> NoiseScales:
    s0, s1 = run.grid.bounds(signal.num_samples)
    return NoiseScales(float(np.exp(rng.uniform(*np.log(s0)))), float(rng.uniform(*s1)))


def _row(fit: PlannedFit, psnr: float) -> Row:
    scales = fit.point.scales
    assert scales
    return {
        "key": fit.trial.key,
        "sha256": fit.signal.sha256,
        "network": "siren2",
        "hp_s0": scales.s0,
        "hp_s1": scales.s1,
        "seed": fit.trial.seed,
        "status": "ok",
        HEADLINE.column: psnr,
    }


if __name__ == "__main__":
    main()
