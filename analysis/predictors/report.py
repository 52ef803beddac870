"""Compare predictors of the best noise scales that need no training, or very little.

    python -m analysis.contest analysis/data --signals my_clips/*.wav
    python -m analysis.contest analysis/data --signals my_clips --to out

A predictor scores every point of a signal's map, and chooses the one with the highest score. The
first table has its regret on the map, with 95 % intervals over recordings and seeds. The second
has what a point costs on one core of this machine, and the regret beside that of FreSh's
spectrum_distance. Signals are matched to maps by their samples, whatever the files are called.
Nothing is kept on disk but the files of `--to`.
"""

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.progress import track

from analysis.predictors.contest import (
    REFERENCE,
    Entry,
    contest,
    excess,
    held_out_rule,
    regrets_of,
    standings,
)
from analysis.predictors.maps import Maps, contest_maps, maps_of_most_signals
from analysis.predictors.predictors import PREDICTORS
from analysis.predictors.scores import scores_of
from analysis.predictors.tables import FRESH, TITLES, cost_table, regret_table
from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.output_paths import files_to_write
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.style import to_svg
from analysis.rules.plots import regrets_by_rule
from inr_models import InputError
from inr_models.shown import shown
from studies.engine.signals.reading import find_files, read_all

COMMAND = "analysis.contest"

FILES = ("predictors.parquet", "predictors.svg")

SCHEMA = pa.schema(
    [
        ("predictor", pa.string()),
        ("form", pa.string()),
        ("signal", pa.string()),
        ("sha256", pa.string()),
        ("recording", pa.string()),
        ("seed", pa.int64()),
        ("s0", pa.float64()),
        ("s1", pa.float64()),
        ("regret_db", pa.float64()),
        ("rank_correlation", pa.float64()),
        ("weight_db", pa.float64()),
        ("seconds_a_point", pa.float64()),
    ]
)


def verdict(entries: Sequence[Entry], maps: Maps) -> str:
    """Return a sentence that says which predictors could be a rule.

    They need no training, have less regret than `FRESH` in the same form, and not more than the
    recommended rule. An interval that does not hold 0 decides.

    Args:
        entries: All entries.
        maps: The maps that they chose on.
    """
    by_form = {entry.form: entry for entry in entries if entry.predictor == FRESH}
    (reference,) = (entry for entry in entries if entry.predictor == REFERENCE)
    winners = []
    for entry in entries:
        rival = by_form.get(entry.form)
        known = PREDICTORS.get(entry.predictor)
        if rival is None or entry is rival or known is None or known.is_trained:
            continue
        is_better = excess(entry, rival, maps).sign < 0
        if is_better and excess(entry, reference, maps).sign <= 0:
            winners.append(f"{entry.predictor} ({TITLES[entry.form]})")
    return (
        f"Untrained, better than {FRESH}, not worse than the recommended rule: "
        f"{', '.join(winners) or 'none'}."
    )


def rows_of(entries: Sequence[Entry], maps: Maps) -> Iterator[dict[str, Any]]:
    """Yield the rows of the Parquet file. What an entry does not have is null in it.

    Args:
        entries: All entries.
        maps: The maps that they chose on.
    """
    for entry in entries:
        for s, signal in enumerate(maps.signals):
            for k, seed in enumerate(maps.seeds):
                scales = maps.points[entry.chosen[s, k]]
                yield {
                    "predictor": entry.predictor,
                    "form": entry.form,
                    "signal": signal.name,
                    "sha256": signal.sha256,
                    "recording": maps.recordings[s],
                    "seed": seed,
                    "s0": scales.s0,
                    "s1": scales.s1,
                    "regret_db": float(entry.regret[s, k]),
                    "rank_correlation": _null_if_nan(entry.correlation[s, k]),
                    "weight_db": _null_if_nan(entry.weights[s, k]),
                    "seconds_a_point": _null_if_nan(entry.seconds),
                }


def _null_if_nan(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = surfaces_parser(COMMAND, __doc__)
    options.add_argument(
        "--signals", nargs="+", required=True, metavar="FILE",
        help="the sounds that were fitted: files, folders or globs",
    )  # fmt: skip
    options.add_argument("--to", metavar="FOLDER", help="where to write numbers and figure")
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    files = files_to_write(arguments.to, *FILES)
    group = maps_of_most_signals(arguments.results, arguments.recordings)
    held_out = held_out_rule(arguments.results)
    signals, problems = read_all(find_files(arguments.signals), group.setting["n"])
    if not signals:
        raise InputError.of(problems)
    maps = contest_maps(arguments.results, group, signals)
    for name in maps.without_file:
        print(f"left out {shown(name)}: its file is not among these", file=sys.stderr)
    for problem in problems:
        print(f"skipped {shown(problem.sentence)}", file=sys.stderr)
    bar = Console(stderr=True)
    scores = scores_of(
        maps, PREDICTORS, lambda points: track(points, "points", console=bar, transient=True)
    )
    entries = contest(scores, maps, held_out)
    console = Console(width=80, highlight=False)
    console.print(
        f"{len(maps.signals)} signals of {len(set(maps.recordings))} recordings, "
        f"{len(maps.points)} points, judged on {len(maps.seeds)} seeds."
    )
    all_standings = standings(entries, maps)
    console.print(regret_table(all_standings))
    console.print(cost_table(entries, maps))
    console.print(verdict(entries, maps))
    if not files:
        return
    numbers, figure = files
    numbers.write_bytes(parquet_bytes(list(rows_of(entries, maps)), SCHEMA))
    drawn = [regrets_of(standing.entry, maps) for standing in all_standings]
    figure.write_text(to_svg(regrets_by_rule(drawn)))
    print(f"numbers  {numbers}\nfigure   {figure}")
