"""Do optima move when a sound or the width changes? Compare landscapes from studies/rule_check.py.

    python -m analysis.variants_report results
    python -m analysis.variants_report results --widths 52 104 222

The sounds are those of `python -m analysis.variants`, which are known by their names. There is a
table for each experiment and a figure for each original. All numbers go to
RESULTS/_rules/variants.parquet, or widths.parquet with --widths. With --to the rows are added to
another folder, from which `python -m analysis.findings` reads them.
"""

import argparse
import math
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import matplotlib
from rich.console import Console
from rich.table import Table

from analysis.experiments.equal_psi import REFERENCE
from analysis.experiments.pairs import (
    Array,
    Optimum,
    Pair,
    ridge,
    variant_pairs,
    width_pairs,
)
from analysis.experiments.stored import write_rows
from analysis.reporting.commands import parser, run
from analysis.reporting.report import file_name
from analysis.reporting.style import INK, one_panel, styled, to_svg
from analysis.reporting.tables import wide_table
from analysis.statistics.intervals import mapped_interval
from analysis.surfaces.stored import stored_surfaces
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError
from search_spaces.rules import Target
from studies.engine.store.folder import Folder

COMMAND = "analysis.variants_report"

SHOWN = {"psi": "psi", "centroid_power": "power", "rolloff_99": "99 %", "low_pass_40": "40 dB"}
"""The descriptors in a table, and the heads of their columns."""

SAME = ("experiment", "original", "width_original", "variant", "width_variant")
"""The columns that identify a row."""

LEGEND = (
    "psi, power (centroid), 99 % (roll-off), 40 dB (low_pass_40): shares of its own Nyquist. "
    "K: the optimum's bandwidth, a share of the original's Nyquist; g: its gain; dB: its PSNR. "
    "lost: dB by which the original's (K, g) lies below the variant's optimum on the variant's "
    "surface, never below 0; noise: the deviation of fits from that surface in dB."
)
ABOUT: Mapping[str, str] = {
    "phases": "Same |FFT|, other phases: if optima move, no spectral descriptor suffices.",
    "two surrogates": "Both with random phases: this is what chance alone loses.",
    "noise": "White noise at a level below the clip.",
    "twice": "Upsampled: descriptors are shares of Nyquist and halve; K should stay.",
    "equal psi": "The same psi: if optima move, psi does not suffice.",
    "width": "The same signal; the first width is the original.",
}


def pair_table(pairs: Sequence[Pair]) -> Table:
    """Return the table of one experiment, with every variant below its original.

    The caption has the mean with its 95 % interval over originals, if there are enough of them.
    """
    interval = mapped_interval([p.regret for p in pairs], [p.original for p in pairs])
    bounds = ""
    if math.isfinite(interval.low):
        bounds = f" [{interval.low:.2f}, {interval.high:.2f}]".replace("-0.00", "0.00")
    noise = statistics.fmean(p.noise for p in pairs)
    caption = f"mean lost {interval.mean:.2f} dB{bounds}, with a noise of {noise:.2f} dB"
    experiment = pairs[0].experiment
    for original, group in groupby(pairs, lambda p: p.original):
        if not math.isnan(shared := next(group).shared):
            psi = original.removesuffix(f"_{REFERENCE}")
            caption += f"\n{psi}: any single (K, g) loses {shared:.2f} dB or more in the mean"
    table = wide_table(
        caption,
        f"{experiment}. {ABOUT[experiment]}",
        named="signal",
        numbers=(*SHOWN.values(), "K", "g", "dB", "lost", "noise"),
    )
    for _, group in groupby(pairs, lambda p: p.original):
        variants = list(group)
        first = variants[0]
        table.add_row(*_cells(first.original, first.original_target, first.original_optimum, first))
        for p in variants:
            # At another width the name is the same, and leaving it out makes room for the width.
            name = "" if experiment == "width" else p.variant
            cells = _cells(f"  {name}", p.variant_target, p.variant_optimum, p)
            table.add_row(*cells, f"{p.regret:.2f}", f"{p.noise:.2f}")
    return table


def _cells(name: str, target: Target, at: Optimum, pair: Pair) -> list[str]:
    return [
        f"{name} x{target.width}" if pair.experiment == "width" else name,
        *(f"{target.descriptors[d]:.3f}" if d in target.descriptors else "-" for d in SHOWN),
        f"{at.bandwidth / pair.original_target.nyquist:.3f}",
        f"{at.gain:.1f}",
        f"{at.psnr:.1f}",
    ]


def pair_rows(pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    """Return a row for each pair: K in rad per unit, PSNR and regret in dB."""
    return [
        {
            "experiment": p.experiment,
            "regret_db": p.regret,
            "noise_db": p.noise,
            "shared_db": p.shared,
            **_side("original", p.original, p.original_target, p.original_optimum),
            **_side("variant", p.variant, p.variant_target, p.variant_optimum),
        }
        for p in pairs
    ]


def _side(side: str, name: str, target: Target, best: Optimum) -> dict[str, Any]:
    """Return the columns of one signal of a pair."""
    columns = {
        "sha256": target.sha256,
        "n": target.num_samples,
        "width": target.width,
        "bandwidth": best.bandwidth,
        "gain": best.gain,
        "psnr": best.psnr,
        "share": best.bandwidth / target.nyquist,
        **{descriptor: target.descriptors.get(descriptor) for descriptor in SHOWN},
    }
    return {side: name, **{f"{column}_{side}": value for column, value in columns.items()}}


@styled
def ridges(lines: Mapping[str, tuple[Array, Array]], nyquist: float) -> str:
    """Draw PSNR over K, averaged over gains, as SVG; the first line is black and broad.

    Args:
        lines: (K in rad per unit, PSNR in dB) by label.
        nyquist: of the original, in rad per unit.
    """
    figure, axes = one_panel(5.4, 3.4)
    colors = matplotlib.colormaps["viridis"].resampled(len(lines) + 1)
    for i, (name, (k, psnr)) in enumerate(lines.items()):
        axes.plot(
            k / nyquist, psnr, label=name.replace("_", " "), lw=1.4 if i else 2.6,
            color=colors(i) if i else INK,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlabel("K / Nyquist of the original")
    axes.set_ylabel("peak PSNR, mean over g (dB)")
    axes.legend(frameon=False, fontsize=8)
    return to_svg(figure)


def figures(pairs: Sequence[Pair], of_widths: Sequence[Surfaces]) -> dict[str, str]:
    """Return the ridges of every original and its variants as SVG, by a name for the file.

    Args:
        pairs: The pairs of an original and a variant.
        of_widths: The surfaces at each width, or one element.
    """
    place = {(t.sha256, t.width): (s, i) for s in of_widths for i, t in enumerate(s.targets)}
    lines: dict[str, dict[str, tuple[Array, Array]]] = defaultdict(dict)
    nyquist = {}
    for p in pairs:
        name = file_name(p.original, p.original_target.sha256)
        nyquist[name] = p.original_target.nyquist
        width = p.experiment == "width"
        for label, target in ((p.original, p.original_target), (p.variant, p.variant_target)):
            label = f"width {target.width}" if width else label
            lines[name][label] = ridge(*place[target.sha256, target.width])
    return {name: ridges(of_original, nyquist[name]) for name, of_original in lines.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser(COMMAND, __doc__, "a results folder with landscapes of originals and variants")
    options.add_argument(
        "--widths", nargs="+", type=int, metavar="N", help="compare widths instead of variants"
    )
    options.add_argument("--to", metavar="FOLDER", help="add the rows to another folder as well")
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    console = Console(highlight=False, markup=False)
    kind = "widths" if arguments.widths else "variants"
    name, to = f"{kind}.parquet", arguments.to
    pairs, of_widths, missing = _compared(arguments.results, arguments.widths)
    path = write_rows(pair_rows(pairs), COMMAND, arguments.results, name, to=to, same=SAME)
    for _, group in groupby(pairs, lambda p: p.experiment):
        console.print(pair_table(list(group)))
    console.print(LEGEND, width=80)
    folder = Folder(arguments.results)
    for name, svg in figures(pairs, of_widths).items():
        folder.write_bytes(f"_rules/{kind}-{name}.svg", svg.encode())
    for sentence in missing:
        console.print(f"left out {sentence}", soft_wrap=True)
    console.print(f"numbers  {path}", soft_wrap=True)


def _compared(
    results: str, widths: Sequence[int] | None
) -> tuple[list[Pair], list[Surfaces], list[str]]:
    """Return the pairs, their surfaces, and a sentence for each variant without an original."""
    if not widths:
        surfaces = stored_surfaces(results, other={"n": None})
        pairs, missing = variant_pairs(surfaces)
        if not pairs:
            raise InputError.at(
                "too-few",
                results,
                "no variant has landscapes together with its original; make variants "
                "with `python -m analysis.variants` and fit them with studies/rule_check.py.",
            )
        return pairs, [surfaces], missing
    of_widths = []
    for width in widths:
        try:
            of_widths.append(stored_surfaces(results, other={"hp_width": width}))
        except InputError as error:
            raise error.within(f"--widths {width}") from None
    pairs = width_pairs(of_widths)
    if not pairs:
        raise InputError.at(
            "too-few",
            results,
            f"no signal has landscapes at width {widths[0]} and at another; fit some "
            "with studies/rule_check.py run --width.",
        )
    return pairs, of_widths, []
