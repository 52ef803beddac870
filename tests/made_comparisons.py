"""Comparisons of networks, and rows with known scores for them."""

import dataclasses

from studies import audio_architectures
from studies.engine.planning.points import Point, plan
from studies.engine.planning.resolving import resolve
from studies.engine.planning.study import Run
from studies.engine.signals.signal import Signal
from tests.made import make_signal

SOUND = make_signal()
IMAGE = dataclasses.replace(
    make_signal("picture", n=96 * 96),
    shape=(96, 96), sample_rate=None, channels=3, crop="busiest",
    descriptors={"psi": 0.2, "centroid": 0.4},
)  # fmt: skip
SCORES = {"siren": 30.0, "siren2": 45.0, "finer_pp": 40.0, "wire": 10.4}


def make_run(study=audio_architectures.STUDY, signal: Signal = SOUND, scale="small", **changes):
    return resolve(study, scale, [signal], changes=changes)


def four(**changes) -> Run:
    return make_run(networks=["siren", "siren2", "finer_pp", "wire"], seeds=2, **changes)


def rows_of(run: Run, signal: Signal, score) -> dict[str, dict]:
    """A store's rows with metric_psnr_peak = score(point, seed), dead where that is near zero."""
    found = {}
    for fit in plan(run, [signal]):
        peak = score(fit.point, fit.trial.seed)
        found[fit.trial.key] = row(fit.trial.key, signal, peak)
    return found


def row(key: str, signal: Signal, peak: float) -> dict:
    return {
        "key": key, "sha256": signal.sha256, "signal": signal.name, "network": "?", "error": None,
        "status": "ok" if peak > signal.psnr_zero + 1 else "dead", "metric_psnr_peak": peak,
        "parameters": 8_425, "seconds_per_epoch": 0.01, "flops_per_epoch": 4e8, "num_epochs": 160,
        "versions": "test", "commit": None,
    }  # fmt: skip


def by_case(point: Point, seed: int) -> float:
    return SCORES[point.case] + seed
