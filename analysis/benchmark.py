"""The tabular benchmark: a results folder's landscapes, small enough to commit and to replay.

    python -m analysis.benchmark results --to analysis/data
    python -m analysis.benchmark analysis/data --optuna landscapes.db --replay landscapes.parquet

What is written is a results folder itself, with numbers alone: fits and curves of SIREN² in the
setting that most fits have, and their signals, without samples and without anybody's paths. Of
curves on other seeds than the first there are the points that a replay asks for. A second export
adds a slice with what is new.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pyarrow as pa
import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet as pq
from rich.console import Console

from analysis.stored_surfaces import SEED, usual_setting
from inr_models import InputError
from studies.engine.store import Store
from studies.engine.study import FIRST_CHOOSING_SEED

REPLAYED = (20, 40, 80, 160, 300)
"""Epochs after which a replay knows the best PSNR so far, the last one the whole fit's."""


def export(source: Store, target: Store, *, confirming: bool = False) -> int:
    """Add to `target` the finished SIREN² fits of `source` that it lacks; how many these are.

    Args:
        confirming: only those on seeds that choose and score, which no rule is fitted to.

    Raises:
        InputError: there are none at all.
    """
    setting = usual_setting(source)
    known = set(target.fits(columns=["key"])["key"].to_pylist())
    table = source.fits(where={"network": "siren2", **setting})
    first = FIRST_CHOOSING_SEED if confirming else 0
    wanted = [
        row["status"] in ("ok", "dead", "diverged")
        and row["seed"] >= first
        and row["key"] not in known
        for row in table.select(["key", "status", "seed"]).to_pylist()
    ]
    table = table.filter(pa.array(wanted, pa.bool_()))
    if table.num_rows:
        keys = table["key"].to_pylist()
        whole = table.filter(pc.field("seed") == SEED)["key"].to_pylist()
        curves = source.curves(whole)
        if others := sorted(set(keys) - set(whole)):
            curves = pa.concat_tables([curves, thinned(source.curves(others))])
        target.write_table("_curves", curves, "slice")
        target.write_table("fits", table, "slice")
    fitted = set(table["sha256"].to_pylist())
    signals = [row for row in source.signals().to_pylist() if row["sha256"] in fitted]
    if content := source.read_bytes("recordings.csv"):
        target.write_bytes("recordings.csv", content)
    target.add_signals(
        {k: v for k, v in row.items() if k != "written_at"} | {"source": Path(row["source"]).name}
        for row in signals
    )
    return table.num_rows


def thinned(curves: pa.Table) -> pa.Table:
    """Of each curve where it is best up to each epoch of `REPLAYED`: all that a replay asks."""
    best: dict[tuple[str, int], tuple[float, int]] = {}
    rows = curves.to_pylist()
    for i, row in enumerate(rows):
        for epoch in REPLAYED:
            if row["epoch"] <= epoch:
                at = (row["key"], epoch)
                best[at] = max(best.get(at, (-float("inf"), 0)), (row["psnr"], i))
    return curves.take(pa.array(sorted({i for _, i in best.values()}), pa.int64()))


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


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code."""
    parser = argparse.ArgumentParser(prog="analysis.benchmark", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", help="a results folder with landscapes")
    parser.add_argument("--to", metavar="FOLDER", help="the benchmark to begin or to add to")
    parser.add_argument(
        "--confirming", action="store_true",
        help="with --to: only fits on the seeds that choose and score, so that training the "
        "points of rules does not move the rules",
    )  # fmt: skip
    parser.add_argument("--replay", metavar="FILE", help="a Parquet file to replay searches from")
    parser.add_argument("--optuna", metavar="FILE", help="an SQLite file with Optuna studies")
    arguments = parser.parse_args(argv)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        if arguments.confirming and not arguments.to:
            raise InputError("--confirming: says what --to adds; give --to as well.")
        store = Store(arguments.results, create=False)
        if arguments.to:
            num = export(store, Store(arguments.to), confirming=arguments.confirming)
            console.print(f"{num:,} fits added to {arguments.to}")
        if arguments.replay:
            table = replay_table(store)
            pq.write_table(table, arguments.replay, compression="zstd")
            console.print(f"{table.num_rows:,} rows in {arguments.replay}")
        if arguments.optuna:
            if Path(arguments.optuna).exists():
                raise InputError(f"{arguments.optuna}: it is there already; name another file.")
            num = to_optuna(replay_table(store), f"sqlite:///{arguments.optuna}")
            console.print(f"{num} studies in {arguments.optuna}")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
