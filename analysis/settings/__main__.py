"""Fit the rule that knows the setting, and measure it beside others in every setting.

    python -m analysis.settings analysis/data
    python -m analysis.settings results --to my_rule.json

It writes RESULTS/_rules/settings.parquet, which the page of findings reads, and the rule. Every
setting with two maps or more counts: lengths, widths, depths, trainings, sounds and images. Each
fit's PSNR is capped at 60 dB. Recordings and settings are left out in turn.
"""

import argparse
import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.output_paths import file_to_write
from analysis.reporting.tables import wide_table
from analysis.settings import stored
from analysis.settings.family import fit_regimes
from analysis.settings.maps import setting_surfaces
from analysis.settings.measured import measure
from analysis.settings.stored import BANDS, Measured
from search_spaces.rules import EVEN_LAW, RULES, rule_json
from search_spaces.rules.power_law import PowerLaw


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = surfaces_parser("analysis.settings", __doc__)
    options.add_argument("--to", metavar="FILE", help="write the fitted rule here, JSON")
    return run(_write, options, argv)


def _write(arguments: argparse.Namespace) -> None:
    to = file_to_write("--to", arguments.to) if arguments.to else None
    console = Console(highlight=False, markup=False)
    surfaces = setting_surfaces(arguments.results, arguments.recordings, progress=True)
    even = RULES[EVEN_LAW]
    assert isinstance(even, PowerLaw)
    rule = fit_regimes(surfaces, even).rule
    console.print(rule.formula, soft_wrap=True)
    if to:
        to.write_text(f"{rule_json(rule)}\n", encoding="utf-8")
    with console.status("leaving out recordings and settings"):
        rows = measure(surfaces)
    path = stored.write(rows, arguments.results)
    console.print(bands_table(Measured(tuple(rows))))
    console.print(path)


def bands_table(measured: Measured) -> Table:
    """Return the table of every rule's mean capped regret in every range of n/p."""
    table = wide_table(
        f"Capped regret in dB on {measured.num_maps} landscapes of {measured.num_recordings} "
        f"recordings in {measured.num_settings} settings, by about n/p values for each parameter. "
        "mean: of the columns. All maps share one seed. Recordings are left out in turn."
    )
    table.add_column("rule", no_wrap=True, ratio=1, overflow="ellipsis")
    for band in (*BANDS, "mean"):
        table.add_column(band, justify="right", no_wrap=True)
    for rule in measured.rules:
        means = [measured.mean(rule, band).mean for band in BANDS]
        shown = [*means, measured.equal_mean(rule)]
        table.add_row(rule, *("-" if math.isnan(mean) else f"{mean:.2f}" for mean in shown))
    return table


if __name__ == "__main__":
    raise SystemExit(main())
