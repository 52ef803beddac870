"""The tabular benchmark: a results folder's landscapes, small enough to commit and to replay.

    python -m analysis.benchmark results --to analysis/data
    python -m analysis.benchmark analysis/data --optuna landscapes.db --replay landscapes.parquet

What is written is a results folder itself, with numbers alone: fits and curves of SIREN² in the
setting that most fits have, and their signals, without samples and without anybody's paths. Of
curves on other seeds than the first there are the points that a replay asks for. A second export
adds a slice with what is new, and brings the studies' `regret.parquet` along.
"""

import argparse
import hashlib
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pyarrow as pa
import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet as pq
from rich.console import Console

from analysis.benchmark.replay import budgets, replay_table, to_optuna
from analysis.regret.parquet import regrets_parquet
from analysis.regret.stored import EXPORTED, trained
from analysis.reporting.output_paths import file_to_write
from analysis.statistics.recordings import read_recordings, write_recordings
from analysis.surfaces.stored import SEED, WHOLE, usual_setting
from inr_models import InputError
from studies.engine.planning.scale import FIRST_CHOOSING_SEED, FIRST_SCORING_SEED
from studies.engine.store.store import Store


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
        row["status"] in WHOLE and row["seed"] >= first and row["key"] not in known
        for row in table.select(["key", "status", "seed"]).to_pylist()
    ]
    table = table.filter(pa.array(wanted, pa.bool_()))
    if table.num_rows:
        keys = table["key"].to_pylist()
        whole = table.filter(pc.field("seed") == SEED)["key"].to_pylist()
        curves = source.curves(whole)
        if others := sorted(set(keys) - set(whole)):
            curves = pa.concat_tables(
                [curves, thinned(source.curves(others), budgets(setting["fit_epochs"]))]
            )
        target.write_table("_curves", curves, "slice")
        target.write_table("fits", table, "slice")
    fitted = set(table["sha256"].to_pylist())
    signals = source.signals().to_pylist()
    paths = {row["source"] for row in signals}
    times = Counter(Path(path).name for path in paths)
    mine = [row for row in signals if row["sha256"] in fitted]
    target.add_signals(
        {k: v for k, v in row.items() if k != "written_at"}
        | {"source": _without_folders(row["source"], times)}
        for row in mine
    )
    there, new = read_recordings(target), read_recordings(source)
    new = {row["name"]: new[row["name"]] for row in mine if row["name"] in new}
    if not new.items() <= there.items():
        write_recordings(target, there | new)
    return table.num_rows


def _without_folders(path: str, times: Mapping[str, int]) -> str:
    """A file's name, told apart from another folder's of that name: who shares a source is of one
    recording.
    """
    name = Path(path).name
    return name if times[name] == 1 else f"{hashlib.sha256(path.encode()).hexdigest()[:8]}-{name}"


def thinned(curves: pa.Table, epochs: Sequence[int]) -> pa.Table:
    """Of each curve where it is best up to each of `epochs`: all that a replay asks."""
    best: dict[tuple[str, int], tuple[float, int]] = {}
    rows = curves.to_pylist()
    for i, row in enumerate(rows):
        for epoch in epochs:
            if row["epoch"] <= epoch:
                at = (row["key"], epoch)
                best[at] = max(best.get(at, (-float("inf"), 0)), (row["psnr"], i))
    return curves.take(pa.array(sorted({i for _, i in best.values()}), pa.int64()))


def export_regrets(source: Store, target: Store) -> int:
    """Bring what trained rules lose to `target`, in place of its own of the same signal and rule;
    of points alone whose fits `target` has. How many rows these are.
    """
    seeds: dict[tuple[str, float, float], set[int]] = defaultdict(set)
    where = {"network": "siren2", **usual_setting(target)}
    for fit in target.fits(columns=["sha256", "hp_s0", "hp_s1", "seed"], where=where).to_pylist():
        if fit["seed"] >= FIRST_SCORING_SEED:
            seeds[fit["sha256"], fit["hp_s0"], fit["hp_s1"]].add(fit["seed"])

    def has(row: Mapping[str, Any], point: str) -> bool:
        return len(seeds[row["sha256"], row[f"s0_{point}"], row[f"s1_{point}"]]) >= row["num_seeds"]

    known = trained(target.location)
    rows = {
        of: row
        for of, row in trained(source.location).items()
        if has(row, "rule") and has(row, "optimum") and known.get(of) != row
    }
    if rows:
        # In one order, whatever came first: a commit shows what is new.
        merged = sorted((known | rows).values(), key=lambda row: (row["signal"], row["rule"]))
        target.write_bytes(EXPORTED, regrets_parquet(merged))
    return len(rows)


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
            raise InputError(
                "missing", "--to", "--confirming: says what --to adds; give --to as well."
            )
        if arguments.optuna and Path(arguments.optuna).exists():
            raise InputError(
                "taken",
                "--optuna",
                f"--optuna {arguments.optuna}: it is there already; name another.",
            )
        for flag in ("replay", "optuna"):
            if given := getattr(arguments, flag):
                file_to_write(f"--{flag}", given)
        store = Store(arguments.results, create=False)
        if arguments.to:
            target = Store(arguments.to)
            num = export(store, target, confirming=arguments.confirming)
            console.print(f"{num:,} fits added to {arguments.to}")
            if num := export_regrets(store, target):
                console.print(f"{num:,} regrets of rules added or renewed there")
        if arguments.replay or arguments.optuna:
            with console.status("reading landscapes, and writing them"):
                table = replay_table(store)
                if arguments.replay:
                    pq.write_table(table, arguments.replay, compression="zstd")
                    console.print(f"{table.num_rows:,} rows in {arguments.replay}")
                if arguments.optuna:
                    num = to_optuna(table, f"sqlite:///{arguments.optuna}")
                    console.print(f"{num} studies in {arguments.optuna}")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0
