"""Signals, runs and rows with known numbers, as the engine makes them."""

import hashlib

from studies.audio_grid import STUDY
from studies.engine.planning.points import all_seeds, points, trial_of
from studies.engine.planning.resolving import resolve
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal


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
        descriptors={"psi": psi},
    )


def make_run(*signals: Signal, seeds: int = 1) -> Run:
    return resolve(STUDY, "small", signals, changes={"seeds": seeds})


def every_key(run, signal) -> list:
    """(point, seed, key) of all points on all seeds."""
    return [
        (point, seed, trial_of(run, signal, point, seed).key)
        for point in points(run, signal)
        for seed in all_seeds(run)
    ]


def rows_for(run: Run, signal: Signal, score) -> dict[str, dict]:
    """A store's rows with metric_psnr_peak = score(point, seed)."""
    return {
        key: {
            "key": key,
            "sha256": signal.sha256,
            "network": point.network.network,
            "hp_s0": point.scales.s0 if point.scales else None,
            "hp_s1": point.scales.s1 if point.scales else None,
            "seed": seed,
            "status": "ok",
            "metric_psnr_peak": score(point, seed),
            "versions": "test",
            "commit": None,
        }
        for point, seed, key in every_key(run, signal)
    }


def stored_row(key: str, **values: object) -> dict[str, object]:
    """A row of fits that a store takes, with `values` changed."""
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
