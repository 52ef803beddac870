"""Write one page of findings from a results folder with landscapes.

    python -m analysis.findings analysis/data --to analysis/FINDINGS.md
    python -m analysis.findings analysis/data --confirm other_recordings --to FINDINGS.md

The figures go to `figures` beside the page. All numbers are computed, and every claim follows from
an interval. A second run without new data changes nothing: it keeps the measured costs of a rule as
long as all else on the page stays the same.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from analysis.findings.collect import find
from analysis.findings.page import write
from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.output_paths import file_to_write
from analysis.rules.sufficiency import SHUFFLES
from inr_models import InputError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = surfaces_parser("analysis.findings", __doc__)
    parser.add_argument("--to", metavar="FILE", required=True, help="the page, Markdown")
    parser.add_argument(
        "--confirm",
        metavar="RESULTS",
        help="results of recordings that nothing was fitted to; claims are tested on them",
    )
    parser.add_argument(
        "--held-out",
        metavar="RESULTS",
        help="results of runs with --hold-out, which say what lies between the samples",
    )
    parser.add_argument("--shuffles", type=int, default=SHUFFLES, help="of the permutation test")
    return run(_write, parser, argv)


def _write(arguments: argparse.Namespace) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if arguments.shuffles < 1:
        raise InputError.of_value(
            "out-of-range", "--shuffles", arguments.shuffles, "give 1 or more."
        )
    to = file_to_write("--to", arguments.to)
    with console.status("leaving out every recording in turn: minutes"):
        findings = find(
            arguments.results,
            arguments.recordings,
            confirm=arguments.confirm,
            held_out=arguments.held_out,
            shuffles=arguments.shuffles,
        )
    write(findings, to, Path(arguments.results).name)
    console.print(f"findings {arguments.to}")


if __name__ == "__main__":
    raise SystemExit(main())
