"""Write landscapes as a table and for Optuna, so that a search can be replayed without fitting."""

import statistics
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import optuna
import pyarrow as pa
import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]

from analysis.statistics.curves import best_up_to
from analysis.surfaces.stored import WHOLE, common_seeds, usual_setting
from search_spaces.rules import NoiseScales
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.metrics import ZERO_OUTPUT
from studies.engine.store.store import Store

FIRST_BUDGET = 20


def budgets(epochs: int) -> tuple[int, ...]:
    """Return the epochs at which a replay knows the best PSNR so far.

    They double from FIRST_BUDGET on; the last is the end of the fit.

    Example:
        >>> budgets(100)
        (20, 40, 80, 100)
    """
    doubled = [FIRST_BUDGET]
    while doubled[-1] < epochs:
        doubled.append(2 * doubled[-1])
    return (*doubled[:-1], epochs)


def replay_table(store: Store) -> pa.Table:
    """Return a row for each signal, point and seed, with the best PSNR in dB up to each budget.

    From where a fit diverged, the PSNR is that of zero output.
    """
    setting = usual_setting(store)
    epochs = budgets(setting["fit_epochs"])
    columns = (
        "signal", "sha256", "hp_s0", "hp_s1", "seed", "status", "num_epochs", ZERO_OUTPUT,
    )  # fmt: skip
    where = {"network": "siren2", **setting}
    fits = [
        fit
        for fit in store.fits(columns=columns, where=where).to_pylist()
        if fit["status"] in WHOLE
    ]
    best = best_up_to(store.curves([fit["key"] for fit in fits]), epochs)

    def after(fit: Mapping[str, Any], epoch: int) -> float | None:
        if fit["status"] == "diverged" and fit["num_epochs"] < epoch:
            return fit[ZERO_OUTPUT]
        so_far = best.get((fit["key"], epoch))
        return so_far.psnr if so_far else None

    return pa.Table.from_pylist(
        [
            {
                "signal": fit["signal"],
                "sha256": fit["sha256"],
                "s0": fit["hp_s0"],
                "s1": fit["hp_s1"],
                "seed": fit["seed"],
                "status": fit["status"],
                "psnr_zero": fit[ZERO_OUTPUT],
                **{f"psnr_{epoch}": after(fit, epoch) for epoch in epochs},
            }
            for fit in fits
        ]
    )


def to_optuna(table: pa.Table, storage: str) -> int:
    """Write an Optuna study for each signal, and return their number.

    A trial is a point of the landscape. Its value is the mean PSNR at the full budget over the
    seeds that most points have, and its intermediate values are those at the shorter budgets.

    Args:
        table: of `replay_table`.
        storage: a URL of Optuna's.
    """
    after = [name.removeprefix("psnr_") for name in table.column_names]
    epochs = [int(name) for name in after if name.isdigit()]
    landscapes: dict[str, dict[NoiseScales, dict[int, Mapping[str, Any]]]] = {}
    for row in table.to_pylist():
        if row["seed"] < FIRST_CHOOSING_SEED:
            of_signal = landscapes.setdefault(row["signal"], defaultdict(dict))
            of_signal[NoiseScales(row["s0"], row["s1"])][row["seed"]] = row
    axes = {name: pc.min_max(table[name]).as_py() for name in ("s0", "s1")}  # pyright: ignore
    spaces: dict[str, optuna.distributions.BaseDistribution] = {
        name: optuna.distributions.FloatDistribution(ends["min"], ends["max"])
        for name, ends in axes.items()
    }
    for signal, points in landscapes.items():
        study = optuna.create_study(study_name=signal, storage=storage, direction="maximize")
        seeds = common_seeds(points)
        for (s0, s1), rows in points.items():
            if not seeds <= rows.keys():
                continue
            means = {e: statistics.fmean(rows[s][f"psnr_{e}"] for s in seeds) for e in epochs}
            study.add_trial(
                optuna.trial.create_trial(
                    params={"s0": s0, "s1": s1},
                    distributions=spaces,
                    value=means[epochs[-1]],
                    intermediate_values=means,
                    user_attrs={"seeds": sorted(seeds)},
                )
            )
    return len(landscapes)
