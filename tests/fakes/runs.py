"""Signals, runs and rows with known numbers, as the engine makes them."""

import dataclasses
import hashlib
from collections.abc import Callable, Sequence

from studies import audio_architectures, audio_grid, audio_search
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import PlannedFit, Point
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import Run
from studies.engine.planning.scale import ScaleName
from studies.engine.planning.study import Study
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row

Score = Callable[[Point, int], float]
"""The PSNR in dB of a point on a seed."""


def make_signal(name: str = "clip", psi: float = 0.3, n: int = 8192) -> Signal:
    return Signal(
        name=name,
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        source=f"{name}.wav",
        shape=(n,),
        channels=1,
        sample_rate=8000.0,
        file_samples=n,
        crop="loudest",
        crop_start=0,
        peak=1.0,
        psnr_zero=10.0,
        descriptors={"psi": psi, "low_pass_40": 0.4},
    )


SOUND = make_signal()
IMAGE = dataclasses.replace(
    make_signal("picture", n=96 * 96),
    shape=(96, 96),
    sample_rate=None,
    channels=3,
    crop="busiest",
    descriptors={"psi": 0.2, "centroid": 0.4, "low_pass_40": 0.3},
)
SCORES = {"siren": 30.0, "siren2": 45.0, "finer_pp": 40.0, "wire": 10.4}
"""The PSNR of each network in `by_case`, on seed 0."""


def make_run(*signals: Signal, seeds: int = 1) -> Run:
    """Return a grid run at its small scale."""
    return resolve(audio_grid.STUDY, "small", signals, changes={"seeds": seeds})


def make_search(signals: Sequence[Signal], **changes: object) -> Run:
    """Return a search run at its small scale."""
    return resolve(audio_search.STUDY, "small", signals, changes=changes)


def make_comparison(
    study: Study = audio_architectures.STUDY,
    signal: Signal = SOUND,
    scale: ScaleName = "small",
    **changes: object,
) -> Run:
    """Return a run that compares networks on one signal."""
    return resolve(study, scale, [signal], changes=changes)


def four(**changes: object) -> Run:
    """Return a comparison of the four networks of `SCORES` on two seeds."""
    return make_comparison(networks=list(SCORES), seeds=2, **changes)


def by_case(point: Point, seed: int) -> float:
    """Return the PSNR of `SCORES`, one dB more for each seed."""
    return SCORES[point.case] + seed


def points(run: Run, signal: Signal) -> list[Point]:
    """Return every point of a signal that has a name before anything is fitted."""
    return run.question.points(run, signal)


def plan(run: Run, signals: Sequence[Signal]) -> list[PlannedFit]:
    """Return the fits of every signal's first step, in the order of their stages."""
    fits = []
    for signal in signals:
        fits += next(run.question.steps(SignalState(run, signal))).fits
    return sorted(fits, key=lambda fit: fit.stage)


def every_key(run: Run, signal: Signal) -> list[tuple[Point, int, str]]:
    """Return (point, seed, key) of all points on all seeds."""
    state = SignalState(run, signal)
    return [
        (point, seed, state.trial(point, seed).key) for point in state.points for seed in run.seeds
    ]


def stored_row(key: str, **values: object) -> Row:
    """Return a row of fits that a store takes, with `values` changed."""
    base = {
        "key": key,
        "study": "test",
        "signal": "clip",
        "sha256": "ab",
        "n": 256,
        "network": "siren2",
        "seed": 0,
        "status": "ok",
        "metric_psnr_peak": 30.0,
    }
    return base | values


def curve_points(key: str, *epochs: int) -> list[dict[str, object]]:
    """Return a curve of a fit that gains 1 dB with every epoch, from 20 dB on."""
    return [{"key": key, "epoch": epoch, "psnr": 20.0 + epoch} for epoch in epochs]


def scored_row(key: str, signal: Signal, psnr: float, **values: object) -> Row:
    """Return the row of a fit of `signal` to `psnr`, with `values` changed."""
    return stored_row(
        key,
        **{
            "signal": signal.name,
            "sha256": signal.sha256,
            "n": signal.num_samples,
            "metric_psnr_peak": psnr,
            "metric_psnr_zero": signal.psnr_zero,
            "error": None,
            "versions": "test",
            "commit": None,
            **values,
        },
    )


def compared_row(key: str, signal: Signal, psnr: float) -> Row:
    """Return a row with costs, dead where `psnr` is near that of zero output."""
    return scored_row(
        key,
        signal,
        psnr,
        network="?",
        status="ok" if psnr > signal.psnr_zero + 1 else "dead",
        parameters=8_425,
        seconds_per_epoch=0.01,
        flops_per_epoch=4e8,
        num_epochs=160,
    )


def fit_row(fit: PlannedFit, psnr: float, status: str = "ok") -> Row:
    """Return what the driver knows of a fit of SIREN² that ended."""
    scales = fit.point.scales
    assert scales
    return scored_row(
        fit.trial.key,
        fit.signal,
        psnr,
        hp_s0=scales.s0,
        hp_s1=scales.s1,
        seed=fit.trial.seed,
        status=status,
        num_epochs=fit.trial.fit.epochs,
        seconds=1.0,
    )


def rows_for(run: Run, signal: Signal, score: Score) -> dict[str, Row]:
    """Return the rows of all points on all seeds by key, with their scores."""
    return {
        key: scored_row(
            key,
            signal,
            score(point, seed),
            network=point.network.network,
            hp_s0=point.scales.s0 if point.scales else None,
            hp_s1=point.scales.s1 if point.scales else None,
            seed=seed,
        )
        for point, seed, key in every_key(run, signal)
    }


def rows_of(run: Run, signal: Signal, score: Score) -> dict[str, Row]:
    """Return the rows of a whole comparison by key, with their scores."""
    return {
        fit.trial.key: compared_row(fit.trial.key, signal, score(fit.point, fit.trial.seed))
        for fit in plan(run, [signal])
    }
