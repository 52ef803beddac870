"""Set the paper's claims beside what was measured: the ledger, docs/paper.md.

    python -m analysis.claims --to docs/paper.md
    python -m analysis.claims my_results --to my_ledger.md

The numbers come from the committed tables, and from results folders of studies/bottleneck.py,
audio_architectures.py, audio_training.py, image_architectures.py, image_grid.py, shape_fitting.py
and tensor_train.py. Fits at the paper's scale count before those at the small scale.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from analysis.claims.ledger import SECTIONS
from analysis.claims.page import COUNTED, counts_of, entries_of, page
from analysis.claims.reading import read
from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import file_to_write

COMMAND = "analysis.claims"

TABLES = Path(__file__).parents[1] / "paper"
LANDSCAPES = Path(__file__).parents[1] / "data"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    options.add_argument("results", nargs="*", help="results folders whose fits are added")
    options.add_argument(
        "--tables", default=str(TABLES), metavar="FOLDER", help="(default: analysis/paper)"
    )
    options.add_argument(
        "--landscapes", default=str(LANDSCAPES), metavar="FOLDER",
        help="results with landscapes and regrets of rules (default: analysis/data)",
    )  # fmt: skip
    options.add_argument("--to", metavar="FILE", required=True, help="the page, Markdown")
    return run(_write, options, argv)


def _write(arguments: argparse.Namespace) -> None:
    to = file_to_write("--to", arguments.to)
    data = read(arguments.tables, arguments.landscapes, arguments.results)
    entries = entries_of(SECTIONS, data)
    to.write_text(page(entries, data.diagnoses), encoding="utf-8")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for verdict, num in counts_of(entries).items():
        console.print(f"{num:4} {COUNTED[verdict]}")
    console.print(f"ledger {to}")


if __name__ == "__main__":
    raise SystemExit(main())
