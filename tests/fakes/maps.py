"""Stores of maps, and populations of signals, whose optima are planted in (log K, log g)."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.benchmark.export import export
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces, share_and_gain
from inr_models import FitResult
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.grids import AUDIO_GRID_COARSE
from search_spaces.rules import Target
from studies.engine.planning.points import trial_of
from studies.engine.planning.resolving import resolve
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import Scored
from studies.engine.store.rows import curve_rows, finished_row, signal_row
from studies.engine.store.store import Store
from studies.rule_check import STUDY
from tests.fakes.runs import make_signal

Array = NDArray[np.float64]
MAP_ALONE = replace(
    STUDY, small=replace(STUDY.small, rules=("eqn11_length_width",), grid=AUDIO_GRID_COARSE)
)
"""rule_check on the benchmark's grid, without the rules that need more of a signal than made-up
ones have."""

FACTOR, GAIN = 0.3, 2.0
ZERO_DB = 10.0


def height(share: float | Array, gain: float | Array, best: float | Array) -> Any:
    """dB: a paraboloid over (log K, log g) with its top of 50 dB at `best` Nyquist and GAIN."""
    return 50 - 4 * np.log(share / best) ** 2 - 6 * np.log(gain / GAIN) ** 2


def population(
    num: int = 24,
    *,
    best: Callable[[Mapping[str, Array]], Array] = lambda d: FACTOR * d["low_pass_40"],
    clips: int = 1,
    seed: int = 0,
) -> Surfaces:
    """`num` recordings of `clips` signals each; psi, low_pass_40 and a third descriptor differ."""
    rng = np.random.default_rng(seed)
    total = num * clips
    descriptors = {
        "psi": np.exp(rng.uniform(np.log(0.03), np.log(0.9), total)),
        "low_pass_40": np.exp(rng.uniform(np.log(0.05), 0, total)),
        "centroid_power": np.exp(rng.uniform(np.log(0.01), 0, total)),
        "entropy": rng.uniform(0.1, 1, total),
    }
    top = best(descriptors)
    psnr = height(SHARES[None, :, None], GAINS[None, None, :], top[:, None, None])
    targets = [
        Target(
            descriptors={name: float(values[i]) for name, values in descriptors.items()},
            shape=(8192,),
            width=52,
            sha256=f"{i:064}",
        )
        for i in range(total)
    ]
    return Surfaces(
        tuple(targets),
        tuple(f"clip{i}" for i in range(total)),
        tuple(f"recording{i // clips}" for i in range(total)),
        descriptors,
        psnr,
        psnr.max(axis=(1, 2), keepdims=True) - psnr,
        np.zeros(total),
        tuple({0: np.zeros(psnr.shape[1:])} for _ in range(total)),
    )


def planted_signal(name: str, psi: float, low_pass: float) -> Signal:
    signal = make_signal(name, psi=psi)
    signal.descriptors["low_pass_40"] = low_pass
    signal.descriptors["centroid_power"] = low_pass**2
    return signal


def planted_signals(num: int) -> list[Signal]:
    rng = np.random.default_rng(1)
    values = np.exp(rng.uniform(np.log(0.05), np.log(0.9), (num, 2)))
    return [planted_signal(f"clip{i}", *map(float, v)) for i, v in enumerate(values)]


def fill(folder: Path, signals: list[Signal], *, seed: int = 0, noise: float = 0.0) -> Store:
    """What rule_check's map leaves behind, with rows as the engine writes them."""
    store = Store(str(folder))
    run = resolve(MAP_ALONE, "small", signals)
    rng = np.random.default_rng(seed)
    rows, curves = [], []
    for signal in signals:
        best = FACTOR * signal.descriptors["low_pass_40"]
        for point in run.question.points(run, signal):
            if point.kind != "grid":
                continue
            trial = trial_of(run.scale, signal, point, seed)
            assert point.scales
            network = cast(Any, trial.network)
            at = share_and_gain(signal.target(network.width, network.depth), point.scales)
            peak = max(ZERO_DB, float(height(*at, best)) + rng.normal(0, noise))
            epochs = np.array([0, 20, 40, 80, 160, 300])
            mse = 10 ** (-peak / 10)
            result = FitResult(
                best_errors={"mse": mse},
                mse_best=mse,
                psnr_peak=peak,
                epoch_of_peak=300,
                psnr_final=peak,
                epochs=epochs,
                psnr=peak * (np.maximum(epochs, 1) / 300) ** 0.1,
                diverged=False,
                stopped=False,
                num_epochs=300,
                best_weights={},
                seconds=1.0,
                updates=300,
                stack=1,
                path="blocked",
                curves={"mse": np.full(len(epochs), mse)},
                snapshots={},
            )
            fit = Scored(signal, result, partial(np.zeros, (signal.num_samples, 1), np.float32))
            rows.append(finished_row("rule_check", trial, fit, torch.device("cpu")))
            curves += curve_rows(trial, result)
    store.append(rows, curves)
    store.add_signals(signal_row(signal) for signal in signals)
    return store


def within(value: float, wanted: float, share: float) -> bool:
    return abs(math.log(value / wanted)) < math.log(1 + share)


def exported_benchmark(folder: Path) -> tuple[Store, Store]:
    """A store of two signals' maps, and a benchmark that all of it was exported to."""
    source = fill(folder / "results", planted_signals(2))
    target = Store(str(folder / "data"))
    assert export(source, target) == source.fits().num_rows
    return source, target


def plant(folder: Path, optima: dict[str, tuple[float, float, int]], widths=(52,)) -> str:
    """A store of coarse maps, paraboloids in (log K, log g) of 50 dB with (K/Nyquist, g, n)."""
    store = Store(str(folder / "results"))
    for width in widths:
        for name, (share, g, n) in optima.items():
            signal = replace(make_signal(name, n=n), sha256=name.encode().hex().ljust(64, "0"))
            run = resolve(MAP_ALONE, "small", [signal], changes={"width": width})
            store.add_signals([signal_row(signal)])
            store.append(planted_rows(run, signal, share * math.pi * n / 2, g))
    return store.results


def planted_rows(run, signal: Signal, best_k: float, best_g: float) -> list[dict[str, object]]:
    rows = []
    width = run.scale.width
    for cell, (s0, s1) in run.grid.cells(signal.num_samples):
        k, g = bandwidth(s0, s1, width=width), gain(s1, width=width)
        rows.append(
            {
                "key": f"{signal.name} x{width} {cell}", "study": "test", "seed": 0,
                "signal": signal.name, "sha256": signal.sha256, "n": signal.num_samples,
                "network": "siren2", "status": "ok", "metric_psnr_zero": signal.psnr_zero,
                "metric_psnr_peak": 50 - db_below(k / best_k) - db_below(g / best_g),
                "hp_width": width, "hp_depth": run.scale.depth,
                "hp_zero_output_bias": run.scale.zero_output_bias,
                "hp_s0": s0, "hp_s1": s1,
                **{f"fit_{name}": value for name, value in vars(run.scale.fit).items()},
            }
        )  # fmt: skip
    return rows


def db_below(ratio: float) -> float:
    """dB below a planted optimum."""
    return 3 * math.log(ratio) ** 2
