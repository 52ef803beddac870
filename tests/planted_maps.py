"""Stores of coarse maps whose optima are planted in (log K, log g)."""

import math
from dataclasses import replace
from pathlib import Path

from search_spaces.bandwidth import bandwidth, gain
from studies.engine.planning.resolving import resolve
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from tests.made import make_signal
from tests.planted_rules import MAP_ALONE


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
                "metric_psnr_peak": 50 - height(k / best_k) - height(g / best_g),
                "hp_width": width, "hp_depth": run.scale.depth,
                "hp_zero_output_bias": run.scale.zero_output_bias,
                "hp_s0": s0, "hp_s1": s1,
                **{f"fit_{name}": value for name, value in vars(run.scale.fit).items()},
            }
        )  # fmt: skip
    return rows


def height(ratio: float) -> float:
    """dB below a planted optimum."""
    return 3 * math.log(ratio) ** 2
