"""Measure the paper's Theorem 3.1, Proposition 1 and Proposition 2 on drawn networks.

    python -m analysis.propositions
    python -m analysis.propositions --scales 0 0.05 0.5 --widths 128 2048 --to out

The first table sets the standard deviation of layer 2's phases beside Theorem 3.1, without the
biases, which the theorem leaves out, and with them. The second has Proposition 1: how the power
grows with the weights of layer 1. The third compares noise on layer 2 with a larger omega of that
layer (Proposition 2). The figure draws the distributions in the manner of the paper's Fig. 5, and
what the first and the third table say. Nothing is trained.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import files_to_write
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.tables import short, wide_table
from analysis.theory.noise_and_omega import Equivalence, equivalences
from analysis.theory.propositions import Deviation, Power, powers, theorem_3_1
from analysis.theory.propositions_figure import propositions_figure
from inr_models.checks import check_between, check_whole

COMMAND = "analysis.propositions"

SCALES = (0.0, 0.03, 0.1, 0.3, 1.0)
WIDTHS = (64, 256, 1024)

MOST_SCALE = 1000
MOST_WIDTH = 4096

FACTORS = (3.0, 10.0, 30.0, 100.0)
"""How many times as large the weights of Proposition 1 are. The paper scales inputs by 100."""

WIDTH_OF_LAYER_1 = 64

SCHEMA = pa.schema(
    [
        ("statement", pa.string()),
        ("quantity", pa.string()),
        ("s1", pa.float64()),
        ("width", pa.int64()),
        ("has_biases", pa.bool_()),
        ("factor", pa.float64()),
        ("measured", pa.float64()),
        ("theory", pa.float64()),
        ("tolerance", pa.float64()),
    ]
)


class Measured(NamedTuple):
    """Holds what was measured of each statement.

    Attributes:
        deviations: of Theorem 3.1, by width, s1 and biases.
        powers: of Proposition 1, by factor.
        equivalences: of Proposition 2, by width, s1 and biases.
    """

    deviations: list[Deviation]
    powers: list[Power]
    equivalences: list[Equivalence]


def measured(scales: Sequence[float], widths: Sequence[int], seed: int = 0) -> Measured:
    """Return what is measured of all three statements.

    Args:
        scales: Values of s1.
        widths: Features of a layer.
        seed: Seed of all networks.

    Example:
        >>> results = measured([0.0, 0.3], [64])
        >>> len(results.deviations), len(results.powers), len(results.equivalences)
        (4, 4, 4)
    """
    return Measured(
        list(theorem_3_1(scales, widths, seed=seed)),
        list(powers(FACTORS, width=WIDTH_OF_LAYER_1, seed=seed)),
        list(equivalences(scales, widths, seed=seed)),
    )


def deviation_table(deviations: Sequence[Deviation]) -> Table:
    """Return the table of Theorem 3.1: a row for each width and s1."""
    furthest = {has_biases: 0.0 for has_biases in (False, True)}
    for result in deviations:
        furthest[result.has_biases] = max(furthest[result.has_biases], result.distance)
    caption = (
        "The deviation of layer 2's phases; within: five standard deviations (±). The\n"
        "theorem leaves biases out; they add omega² / (3 width) to the variance.\n"
        "Cumulative distributions differ from the theory's Gaussian by at most\n"
        f"{furthest[False]:.3f} without biases, {furthest[True]:.3f} with them."
    )
    table = wide_table(
        caption,
        "Theorem 3.1",
        numbers=("width", "s1", "no biases", "theory", "within", "biases", "theory", "within"),
    )
    for width, group in groupby(deviations, lambda result: result.width):
        results = list(group)
        for without, biases in zip(results[::2], results[1::2], strict=True):
            cells = [f"{width:,}" if without is results[0] else "", short(without.s1)]
            for result in (without, biases):
                theory = f"{result.theory:.3f} ± {result.tolerance:.3f}"
                cells += [f"{result.measured:.3f}", theory, "yes" if result.is_within else "no"]
            table.add_row(*cells)
        table.add_section()
    return table


def power_table(all_powers: Sequence[Power]) -> Table:
    """Return the table of Proposition 1: a row for each factor on the weights."""
    caption = "The power of layer 1's phases, where it is farthest from the theory."
    table = wide_table(
        caption,
        "Proposition 1",
        numbers=("factor on weights", "factor on power", "theory", "within"),
    )
    for power in all_powers:
        cells = f"{power.measured:,.6f}", f"{power.theory:,.0f}"
        table.add_row(short(power.factor), *cells, "yes" if power.is_within else "no")
    return table


def equivalence_table(compared: Sequence[Equivalence]) -> Table:
    """Return the table of Proposition 2: a row for each width and s1."""
    caption = (
        "Ratio of deviations of layer 2's phases, a larger omega over noise: 1 by the\n"
        "proposition, which neglects biases. The theory has them. The rest is with\n"
        "biases. KS: largest difference of the phases' cumulative distributions.\n"
        "Layer 2, output: mean frequency, a share of Nyquist, noise > larger omega."
    )
    table = wide_table(
        caption,
        "Proposition 2",
        numbers=("width", "s1", "no biases", "biases", "theory", "KS", "layer 2", "output"),
    )
    for width, group in groupby(compared, lambda result: result.width):
        results = list(group)
        for without, biases in zip(results[::2], results[1::2], strict=True):
            table.add_row(
                f"{width:,}" if without is results[0] else "", short(without.s1),
                f"{without.ratio:.2f}", f"{biases.ratio:.2f}", f"{biases.theory:.2f}",
                f"{biases.distance:.3f}", _pair(biases.layer_2), _pair(biases.output),
            )  # fmt: skip
        table.add_section()
    return table


def _pair(centroids: tuple[float, float]) -> str:
    noise, omega = centroids
    return f"{noise:.3f} > {omega:.3f}"


def rows_of(results: Measured) -> Iterator[dict[str, Any]]:
    """Yield the rows of the Parquet file. A column that a row lacks is null in it."""
    for result in results.deviations:
        key = {
            "statement": "theorem_3_1",
            "s1": result.s1,
            "width": result.width,
            "has_biases": result.has_biases,
        }
        yield key | {
            "quantity": "deviation",
            "measured": result.measured,
            "theory": result.theory,
            "tolerance": result.tolerance,
        }
        yield key | {"quantity": "distance_from_gaussian", "measured": result.distance}
    for power in results.powers:
        yield {
            "statement": "proposition_1",
            "quantity": "ratio_of_powers",
            "width": WIDTH_OF_LAYER_1,
            "factor": power.factor,
            "measured": power.measured,
            "theory": power.theory,
            "tolerance": power.tolerance,
        }
    for result in results.equivalences:
        key = {
            "statement": "proposition_2",
            "s1": result.s1,
            "width": result.width,
            "has_biases": result.has_biases,
        }
        ratio = {"measured": result.ratio, "theory": result.theory}
        yield key | {"quantity": "ratio_of_deviations"} | ratio
        yield key | {"quantity": "distance", "measured": result.distance}
        for place, centroids in (("layer_2", result.layer_2), ("output", result.output)):
            for kind, centroid in zip(("noise", "omega"), centroids, strict=True):
                yield key | {"quantity": f"centroid_{place}_{kind}", "measured": centroid}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    options.add_argument(
        "--scales", nargs="+", type=float, default=SCALES, metavar="S", help="values of s1 "
        f"(default: {' '.join(map(short, SCALES))})",
    )  # fmt: skip
    options.add_argument(
        "--widths", nargs="+", type=int, default=WIDTHS, metavar="W", help="features of a layer "
        f"(default: {' '.join(map(str, WIDTHS))})",
    )  # fmt: skip
    options.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    options.add_argument("--to", metavar="FOLDER", help="where to write numbers and figure")
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    files = files_to_write(arguments.to, *FILES)
    for s1 in arguments.scales:
        check_between("--scales", s1, 0, MOST_SCALE)
    for width in arguments.widths:
        check_whole("--widths", width, 1, MOST_WIDTH)
    check_whole("--seed", arguments.seed, 0, 2**64 - 1)
    scales, widths = sorted(set(arguments.scales)), sorted(set(arguments.widths))
    results = measured(scales, widths, arguments.seed)
    console = Console(width=80, markup=False, emoji=False)
    console.print(deviation_table(results.deviations))
    console.print(power_table(results.powers))
    console.print(equivalence_table(results.equivalences))
    if not files:
        return
    numbers, figure = files
    numbers.write_bytes(parquet_bytes(list(rows_of(results)), SCHEMA))
    figure.write_text(propositions_figure(results.deviations, results.equivalences, arguments.seed))
    print(f"numbers  {numbers}\nfigure   {figure}")


FILES = ("propositions.parquet", "propositions.svg")
