"""Export a results folder's landscapes as a benchmark that is small enough to commit and to replay.

    python -m analysis.benchmark results --to analysis/data
    python -m analysis.benchmark analysis/data --optuna landscapes.db --replay landscapes.parquet

The benchmark is a results folder too, and holds only numbers: fits and curves of SIREN² in the
setting that most fits have, and their signals, without samples and without paths. Curves on the
first seed are whole; other curves keep the points that a replay needs. A second export adds a slice
with the new fits, and the studies' `regret.parquet`.
"""

import argparse
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
import pyarrow as pa
import pyarrow.compute as pc  # pyright: ignore[reportMissingTypeStubs]
import pyarrow.parquet as pq
from rich.console import Console

from analysis.benchmark.replay import budgets, replay_table, to_optuna
from analysis.regret.parquet import SCHEMA
from analysis.regret.stored import EXPORTED, trained
from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import file_to_write
from analysis.reporting.parquet import parquet_bytes
from analysis.statistics.curves import best_up_to
from analysis.statistics.recordings import read_recordings, write_recordings
from analysis.surfaces.stored import SEED, SETTING, WHOLE, usual_setting
from inr_models import InputError
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.store import Store


def export(source: Store, target: Store, *, confirming: bool = False) -> int:
    """Add to `target` the finished SIREN² fits of `source` that it lacks, and return their number.

    Args:
        source: a store with landscapes.
        target: the benchmark.
        confirming: add only fits on the seeds that choose and score, which no rule is fitted to.

    Raises:
        InputError: `source` has no fits of SIREN².
    """
    setting, first = usual_setting(source), FIRST_CHOOSING_SEED if confirming else 0
    fits = source.fits(where={"network": "siren2", **setting})
    table = _new_in(fits, target, lambda row: row["seed"] >= first)
    if table.num_rows:
        keys = table["key"].to_pylist()
        whole = table.filter(pc.field("seed") == SEED)["key"].to_pylist()
        curves = source.curves(whole)
        if others := sorted(set(keys) - set(whole)):
            curves = pa.concat_tables(
                [curves, thinned(source.curves(others), budgets(setting["fit_epochs"]))]
            )
        target.write_table("_curves", curves)
    return _add_fits(source, target, table)


def export_elsewhere(source: Store, target: Store) -> int:
    """Add to `target` the maps of `source` in other settings than that of most fits of `target`.

    `analysis.transfer_report` measures rules on them. They come without curves, because a replay
    needs those of the usual setting alone.

    Args:
        source: The store to read.
        target: The store to add to.

    Returns:
        The number of fits that were added.
    """
    usual = usual_setting(target)

    def is_elsewhere(row: Mapping[str, Any]) -> bool:
        is_usual = all(row[name] == value for name, value in usual.items())
        return row["seed"] < FIRST_CHOOSING_SEED and not is_usual

    fits = source.fits(where={"network": "siren2"})
    return _add_fits(source, target, _new_in(fits, target, is_elsewhere))


def export_all(source: Store, target: Store) -> int:
    """Add to `target` all whole fits of `source` that it lacks, with their curves and runs.

    Args:
        source: The store to read.
        target: The store to add to.

    Returns:
        The number of fits that were added.
    """
    table = _new_in(source.fits(objective=None), target, lambda row: True)
    if table.num_rows:
        target.write_table("_curves", source.curves(table["key"].to_pylist()))
    _add_runs(source, target)
    return _add_fits(source, target, table)


def _new_in(
    fits: pa.Table, target: Store, is_wanted: Callable[[Mapping[str, Any]], bool]
) -> pa.Table:
    """Return the whole fits that the target lacks and that are wanted."""
    known = set(target.fits(columns=["key"], objective=None)["key"].to_pylist())
    is_new = [
        row["status"] in WHOLE and row["key"] not in known and is_wanted(row)
        for row in fits.select(["key", "status", "seed", *SETTING]).to_pylist()
    ]
    return fits.filter(pa.array(is_new, pa.bool_()))


def _add_fits(source: Store, target: Store, table: pa.Table) -> int:
    """Add fits and their signals to `target`, and return the number of fits."""
    if table.num_rows:
        target.write_table("fits", table)
    _add_signals(source, target, set(table["sha256"].to_pylist()))
    return table.num_rows


def _add_runs(source: Store, target: Store) -> None:
    """Copy what was run, without the paths of the user's files."""
    for folder in source.names("_studies"):
        path = f"_studies/{folder}/study.json"
        if content := source.read_bytes(path):
            try:
                run = json.loads(content)
                run["sources"] = [Path(file).name for file in run["sources"]]
            except (ValueError, TypeError, KeyError) as error:
                where = f"{source.results}/{path}"
                why = "it is damaged; restore it, or remove its folder."
                raise InputError.at("unreadable", where, why) from error
            run["skipped"], run["notes"] = [], []
            target.write_bytes(path, json.dumps(run, indent=1).encode())


def _add_signals(source: Store, target: Store, fitted: Collection[str]) -> None:
    """Add the signals with these sha256, and their recordings, to `target`."""
    signals = source.signals().to_pylist()
    paths = {row["source"] for row in signals}
    times = Counter(Path(path).name for path in paths)
    signals = [row for row in signals if row["sha256"] in fitted]
    added = []
    for row in signals:
        # A value that an older source lacks stays as the target has it.
        columns = {name: value for name, value in row.items() if value is not None}
        del columns["written_at"]
        added.append({**columns, "source": _without_folders(row["source"], times)})
    target.add_signals(added)
    before, new = read_recordings(target), read_recordings(source)
    new = {row["name"]: new[row["name"]] for row in signals if row["name"] in new}
    if not new.items() <= before.items():
        write_recordings(target, before | new)


def _without_folders(path: str, times: Mapping[str, int]) -> str:
    """Return a file's name, with a hash of its path if a file in another folder has the same name.

    Signals with the same source count as one recording, so two files must not share a name.
    """
    name = Path(path).name
    return name if times[name] == 1 else f"{hashlib.sha256(path.encode()).hexdigest()[:8]}-{name}"


def thinned(curves: pa.Table, epochs: Sequence[int]) -> pa.Table:
    """Keep the best point of each curve up to each of `epochs`: a replay needs no more.

    Args:
        curves: The columns key, epoch and psnr.
        epochs: The epochs that a replay asks for.
    """
    rows = {best.row for best in best_up_to(curves, epochs).values()}
    return curves.take(pa.array(sorted(rows), pa.int64()))


def export_regrets(source: Store, target: Store) -> int:
    """Copy the regrets of trained rules to `target`, and return their number.

    A row replaces the target's own row of the same signal and rule. Only points are copied whose
    fits on the scoring seeds `target` has. Rows that were stored before they named their seeds
    are left out.

    Args:
        source: The store to read.
        target: The store to write to.
    """
    seeds: dict[tuple[str, float, float], set[int]] = defaultdict(set)
    where = {"network": "siren2", **usual_setting(target)}
    for fit in target.fits(columns=["sha256", "hp_s0", "hp_s1", "seed"], where=where).to_pylist():
        seeds[fit["sha256"], fit["hp_s0"], fit["hp_s1"]].add(fit["seed"])

    def has(row: Mapping[str, Any], point: str) -> bool:
        fitted = seeds[row["sha256"], row[f"s0_{point}"], row[f"s1_{point}"]]
        return bool(row["scoring_seeds"]) and fitted.issuperset(row["scoring_seeds"])

    known = trained(target.location)
    rows = {
        of: row
        for of, row in trained(source.location).items()
        if has(row, "rule") and has(row, "optimum") and known.get(of) != row
    }
    if rows:
        # Sorted, so that a commit shows only what is new.
        merged = sorted((known | rows).values(), key=lambda row: (row["signal"], row["rule"]))
        target.write_bytes(EXPORTED, parquet_bytes(merged, SCHEMA))
    return len(rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser("analysis.benchmark", __doc__, "a results folder with landscapes")
    options.add_argument("--to", metavar="FOLDER", help="the benchmark to create or to add to")
    kinds = options.add_mutually_exclusive_group()
    kinds.add_argument(
        "--confirming", action="store_true",
        help="with --to: add only fits on the seeds that choose and score, so that training the "
        "points of rules does not change the rules",
    )  # fmt: skip
    kinds.add_argument(
        "--elsewhere", action="store_true",
        help="with --to: add the maps of other settings instead, such as another width",
    )  # fmt: skip
    kinds.add_argument(
        "--all", action="store_true",
        help="with --to: add the fits of all networks and settings, with whole curves",
    )  # fmt: skip
    options.add_argument("--replay", metavar="FILE", help="a Parquet file to replay searches from")
    options.add_argument("--optuna", metavar="FILE", help="an SQLite file with Optuna studies")
    return run(_write, options, argv)


def _write(arguments: argparse.Namespace) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    for flag in ("confirming", "elsewhere", "all"):
        if getattr(arguments, flag) and not arguments.to:
            raise InputError.at("missing", f"--{flag}", "it limits what --to adds; give --to too.")
    if arguments.optuna and Path(arguments.optuna).exists():
        raise InputError.of_value(
            "taken", "--optuna", arguments.optuna, "it exists already; name another file."
        )
    if arguments.replay:
        file_to_write("--replay", arguments.replay)
    if arguments.optuna:
        file_to_write("--optuna", arguments.optuna)
    store = Store(arguments.results, create=False)
    if arguments.to:
        target = Store(arguments.to)
        if arguments.elsewhere:
            num = export_elsewhere(store, target)
        elif arguments.all:
            num = export_all(store, target)
        else:
            num = export(store, target, confirming=arguments.confirming)
        console.print(f"{num:,} fits added to {arguments.to}")
        if not arguments.all and (num := export_regrets(store, target)):
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
