"""Do optima move when a sound is changed, or the width? Of what rule_check has mapped.

    python -m analysis.variants_report results
    python -m analysis.variants_report results --widths 52 104 222

Sounds are those of `variants`, told by their names. One table an experiment; all numbers
in RESULTS/_rules/variants.parquet (with --widths: widths.parquet), and for every original a figure.
With --to the numbers are added to those of a folder from which findings are told.
"""

import argparse
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from analysis.experiments.equal_psi import REFERENCE
from analysis.experiments.paired_optima import (
    Array,
    Optimum,
    Pair,
    ridge,
    variant_pairs,
    width_pairs,
)
from analysis.experiments.rows import leave
from analysis.grid.plots import INK, STYLE, to_svg
from analysis.reporting.report import file_name
from analysis.reporting.tables import wide_table
from analysis.statistics.intervals import recordings_interval
from analysis.surfaces.stored import stored_surfaces
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError
from search_spaces.rules import Target
from studies.engine.store.folder import Folder

COMMAND = "analysis.variants_report"

SHOWN = {"psi": "psi", "centroid_power": "power", "rolloff_99": "99 %", "low_pass_40": "40 dB"}
"""Descriptors and their columns' heads."""

SAME = ("experiment", "original", "width_original", "variant", "width_variant")
"""The columns that tell rows apart."""

LEGEND = (
    "psi, power (centroid), 99 % (roll-off), 40 dB (low_pass_40): shares of its own Nyquist. "
    "K: the optimum's bandwidth, a share of the original's; g: its gain; dB: its PSNR. lost: dB "
    "that the original's (K, g) lies below the variant's optimum, on the variant's surface, 0 or "
    "more by its nature; noise: dB that fits deviate from there."
)
ABOUT: Mapping[str, str] = {
    "phases": "Same |FFT|, other phases: if optima move, no spectral descriptor suffices.",
    "two surrogates": "Both with random phases: what chance alone loses.",
    "noise": "White noise so many dB below the clip.",
    "twice": "Upsampled: its descriptors halve, being shares of its Nyquist; K should stay.",
    "equal psi": "One psi: if optima move, psi does not suffice.",
    "width": "The same signal; the first width is the original.",
}


def pair_table(pairs: Sequence[Pair]) -> Table:
    """One experiment: every variant under its original, and the mean with its 95 % interval over
    originals, where there are enough of them.
    """
    interval = recordings_interval([p.regret for p in pairs], [p.original for p in pairs])
    known = (
        f" [{interval.low:.2f}, {interval.high:.2f}]".replace("-0.00", "0.00")
        if math.isfinite(interval.low)
        else ""
    )
    mean = f"mean lost {interval.mean:.2f} dB{known}, beside a noise of "
    mean += f"{statistics.fmean(p.noise for p in pairs):.2f} dB"
    experiment = pairs[0].experiment
    for original, group in groupby(pairs, lambda p: p.original):
        if not math.isnan(shared := next(group).shared):
            psi = original.removesuffix(f"_{REFERENCE}")
            mean += f"\n{psi}: one (K, g) for all loses {shared:.2f} dB in the mean, at the least"
    table = wide_table(mean, f"{experiment}. {ABOUT[experiment]}")
    table.add_column("signal", no_wrap=True, ratio=1, overflow="ellipsis")
    for name in (*SHOWN.values(), "K", "g", "dB", "lost", "noise"):
        table.add_column(name, justify="right", no_wrap=True)
    for _, group in groupby(pairs, lambda p: p.original):
        mine = list(group)
        first = mine[0]
        table.add_row(*_cells(first.original, first.original_target, first.original_optimum, first))
        for p in mine:
            # At another width the name is the same, and the width must be seen.
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
    """The same numbers and more, a row a pair: K in rad/unit, PSNR and regret in dB."""
    rows = []
    for p in pairs:
        row: dict[str, Any] = {"experiment": p.experiment, "regret_db": p.regret}
        row |= {"noise_db": p.noise, "shared_db": p.shared}
        for side, name, target, at in (
            ("original", p.original, p.original_target, p.original_optimum),
            ("variant", p.variant, p.variant_target, p.variant_optimum),
        ):
            row |= {side: name, f"sha256_{side}": target.sha256, f"n_{side}": target.num_samples}
            row |= {f"width_{side}": target.width, f"bandwidth_{side}": at.bandwidth}
            row |= {f"gain_{side}": at.gain, f"psnr_{side}": at.psnr}
            row[f"share_{side}"] = at.bandwidth / target.nyquist
            row |= {f"{d}_{side}": target.descriptors.get(d) for d in SHOWN}
        rows.append(row)
    return rows


def ridges(lines: Mapping[str, tuple[Array, Array]], nyquist: float) -> str:
    """PSNR over K, in the mean over gains, the first line black and broad below the others; SVG.

    `lines` are (K in rad per unit, PSNR in dB), `nyquist` the original's.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.4), layout="constrained")
        axes = figure.add_subplot()
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
    """The ridges of every original and its variants, by a name for the file."""
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
    return {name: ridges(mine, nyquist[name]) for name, mine in lines.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", help="a results folder with maps, of studies/rule_check.py say")
    parser.add_argument("--widths", nargs="+", type=int, metavar="N", help="compare widths instead")
    parser.add_argument("--to", metavar="FOLDER", help="add the rows to another folder's, too")
    arguments = parser.parse_args(argv)
    console = Console(highlight=False, markup=False)
    kind = "widths" if arguments.widths else "variants"
    name, to = f"{kind}.parquet", arguments.to
    try:
        pairs, of_widths, missing = _found(arguments.results, arguments.widths)
        path = leave(pair_rows(pairs), COMMAND, arguments.results, name, to=to, same=SAME)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for _, group in groupby(pairs, lambda p: p.experiment):
        console.print(pair_table(list(group)))
    console.print(LEGEND, width=80)
    folder = Folder(arguments.results)
    for name, svg in figures(pairs, of_widths).items():
        folder.write_bytes(f"_rules/{kind}-{name}.svg", svg.encode())
    for sentence in missing:
        console.print(f"left out {sentence}", soft_wrap=True)
    console.print(f"numbers  {path}", soft_wrap=True)
    return 0


def _found(
    results: str, widths: Sequence[int] | None
) -> tuple[list[Pair], list[Surfaces], list[str]]:
    """Pairs, the surfaces that they are of, and what lacks an original."""
    if not widths:
        made = stored_surfaces(results, other={"n": None}).surfaces
        pairs, missing = variant_pairs(made)
        if not pairs:
            raise InputError(
                "too-few",
                results,
                f"{results}: no variant is mapped beside its original; make some with "
                "analysis.variants and map them with studies/rule_check.py.",
            )
        return pairs, [made], missing
    of_widths = []
    for width in widths:
        try:
            of_widths.append(stored_surfaces(results, other={"hp_width": width}).surfaces)
        except InputError as error:
            raise error.within(f"--widths {width}") from None
    pairs = width_pairs(of_widths)
    if not pairs:
        raise InputError(
            "too-few", results, f"{results}: no signal is mapped at width {widths[0]} and another."
        )
    return pairs, of_widths, []
