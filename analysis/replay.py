"""What a search may be replayed from, fitting nothing: landscapes as a table and for Optuna."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import optuna
import pyarrow as pa
import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]

from analysis.stored_surfaces import usual_setting
from studies.engine.store import Store

REPLAYED = (20, 40, 80, 160, 300)
"""Epochs after which a replay knows the best PSNR so far, the last one the whole fit's."""


def replay_table(store: Store) -> pa.Table:
    """A row for each signal, point and seed: the best PSNR in dB after so many epochs."""
    setting = usual_setting(store)
    columns = ("signal", "sha256", "hp_s0", "hp_s1", "seed", "metric_psnr_zero")
    fits = store.fits(columns=columns, where={"network": "siren2", **setting}).to_pylist()
    best: dict[str, dict[int, float]] = defaultdict(dict)
    for row in store.curves([fit["key"] for fit in fits]).to_pylist():
        for epoch in REPLAYED:
            if row["epoch"] <= epoch:
                so_far = best[row["key"]].get(epoch, -float("inf"))
                best[row["key"]][epoch] = max(so_far, row["psnr"])
    return pa.Table.from_pylist(
        [
            {
                "signal": fit["signal"],
                "sha256": fit["sha256"],
                "s0": fit["hp_s0"],
                "s1": fit["hp_s1"],
                "seed": fit["seed"],
                "psnr_zero": fit["metric_psnr_zero"],
                **{f"psnr_{epoch}": best[fit["key"]].get(epoch) for epoch in REPLAYED},
            }
            for fit in fits
        ]
    )


def to_optuna(table: pa.Table, storage: str) -> int:
    """A study for each signal, a trial for each point: its mean over seeds at the full budget and,
    as intermediate values, at the shorter ones. How many studies these are.
    """
    points: dict[str, dict[tuple[float, float], list[Mapping[str, Any]]]] = defaultdict(dict)
    for row in table.to_pylist():
        points[row["signal"]].setdefault((row["s0"], row["s1"]), []).append(row)
    axes = {name: pc.min_max(table[name]).as_py() for name in ("s0", "s1")}  # pyright: ignore
    spaces: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.FloatDistribution(ends["min"], ends["max"])
        for name, ends in axes.items()
    }
    for signal, of_signal in points.items():
        study = optuna.create_study(study_name=signal, storage=storage, direction="maximize")
        for (s0, s1), rows in of_signal.items():
            means = {e: sum(row[f"psnr_{e}"] for row in rows) / len(rows) for e in REPLAYED}
            study.add_trial(
                optuna.trial.create_trial(
                    params={"s0": s0, "s1": s1},
                    distributions=spaces,
                    value=means[REPLAYED[-1]],
                    intermediate_values=means,
                    user_attrs={"seeds": [row["seed"] for row in rows]},
                )
            )
    return len(points)
