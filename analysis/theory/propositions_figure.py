"""Draw what Theorem 3.1 and Proposition 2 say beside what was measured."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.reporting.style import INK, MUTED, line_colors, set_title, styled, to_svg
from analysis.theory.densities import density, gaussian
from analysis.theory.noise_and_omega import Equivalence
from analysis.theory.propositions import Deviation, phases_of_layer_2
from search_spaces.bandwidth import gain

NUM_BINS = 121

MOST_TICKS = 8

NOISY = "#3b6fb6"

DASHES = (0, (4, 2))


@styled
def propositions_figure(
    deviations: Sequence[Deviation], compared: Sequence[Equivalence], seed: int = 0
) -> str:
    """Draw Fig. 5 of the paper, Theorem 3.1 and Proposition 2 as SVG text, a panel for each.

    Args:
        deviations: What was measured of Theorem 3.1.
        compared: What was measured of Proposition 2, at the same widths and scales.
        seed: The seed of the network of the first panel.
    """
    widths = sorted({result.width for result in deviations})
    scales = sorted({result.s1 for result in deviations})
    colors = line_colors(len(widths))
    color_of = dict(zip(widths, colors, strict=True))
    figure = Figure(figsize=(11.4, 3.9), layout="constrained")
    first, second, third = figure.subplots(1, 3)
    _draw_distributions(first, widths[-1], _scale_to_draw(scales), seed)
    _draw_deviations(second, deviations, color_of, scales)
    _draw_ratios(third, compared, color_of, scales)
    handles = [Line2D([], [], color=color_of[w], lw=3, label=f"width {w:,}") for w in widths]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False, fontsize=8)
    return to_svg(figure)


def _scale_to_draw(scales: Sequence[float]) -> float:
    """Return the middle of the scales above 0, whose distribution is neither flat nor SIREN's."""
    positive = [s1 for s1 in scales if s1 > 0] or [0.0]
    return positive[(len(positive) - 1) // 2]


def _draw_distributions(axes: Axes, width: int, s1: float, seed: int) -> None:
    bound = 4 * gain(s1, width=width)
    edges = np.linspace(-bound, bound, NUM_BINS + 1)
    centers = (edges[1:] + edges[:-1]) / 2
    for scale in sorted({0.0, s1}):
        phases, _ = phases_of_layer_2(scale, width, seed=seed)
        counts, _ = np.histogram(phases, edges)
        heights = counts / (phases.size * np.diff(edges))
        deviation = gain(scale, width=width)
        axes.stairs(
            heights, edges, fill=True, color=NOISY if scale else MUTED, alpha=0.45, lw=0,
            label=f"s1 = {scale:g}, g = {deviation:.3g}",
        )  # fmt: skip
        law = density(gaussian(deviation), edges)
        axes.plot(centers, law, color=INK, lw=1.2, ls=DASHES)
    axes.plot([], [], color=INK, lw=1.2, ls=DASHES, label="Theorem 3.1")
    top = axes.get_ylim()[1]
    axes.set_ylim(0, 1.5 * top)  # room for the legend
    axes.set(xlabel="phase omega W h", ylabel="density")
    set_title(axes, f"layer 2 of width {width:,} (Fig. 5)")
    axes.legend(loc="upper left", frameon=False, fontsize=8)


def _draw_deviations(
    axes: Axes, deviations: Sequence[Deviation], color_of: dict[int, Any], scales: Sequence[float]
) -> None:
    places = {s1: place for place, s1 in enumerate(scales)}
    # The markers of one s1 stand side by side.
    offsets = np.linspace(-0.3, 0.3, 2 * len(color_of))
    axes.axhline(1, color=MUTED, lw=1)
    for number, (width, has_biases) in enumerate(
        (width, has_biases) for width in color_of for has_biases in (False, True)
    ):
        for result in deviations:
            if (result.width, result.has_biases) == (width, has_biases):
                color = color_of[width]
                axes.errorbar(
                    places[result.s1] + offsets[number], result.measured / result.theory,
                    yerr=result.tolerance / result.theory, fmt="o", ms=4, color=color, lw=1,
                    mfc="white" if has_biases else color,
                )  # fmt: skip
    _s1_axis(axes, scales)
    axes.set_ylabel("deviation, measured over theory")
    set_title(axes, "Theorem 3.1 and its tolerance")
    kinds = [
        Line2D([], [], color=INK, marker="o", ms=4, ls="", mfc=face, label=label)
        for face, label in ((INK, "without biases"), ("white", "with biases"))
    ]
    _legend_above(axes, kinds)


def _draw_ratios(
    axes: Axes, compared: Sequence[Equivalence], color_of: dict[int, Any], scales: Sequence[float]
) -> None:
    axes.axhline(1, color=MUTED, lw=1)
    looks = {"deviation of layer 2": ("o", "-"), "mean frequency of output": ("s", DASHES)}
    for width, color in color_of.items():
        results = [result for result in compared if result.width == width and result.has_biases]
        places = range(len(results))
        ratios = (
            [result.ratio for result in results],
            [result.output[1] / result.output[0] for result in results],
        )
        for values, (marker, dashes) in zip(ratios, looks.values(), strict=True):
            axes.plot(places, values, marker=marker, ms=4, ls=dashes, color=color, lw=1.4)
    _s1_axis(axes, scales)
    axes.set_ylabel("larger omega over noise")
    set_title(axes, "Proposition 2, with biases")
    kinds = [
        Line2D([], [], color=INK, marker=marker, ms=4, ls=dashes, lw=1.4, label=label)
        for label, (marker, dashes) in looks.items()
    ]
    _legend_above(axes, kinds)


def _s1_axis(axes: Axes, scales: Sequence[float]) -> None:
    step = math.ceil(len(scales) / MOST_TICKS)
    axes.set_xticks(range(0, len(scales), step), [f"{s1:g}" for s1 in scales[::step]])
    axes.set_xlim(-0.5, len(scales) - 0.5)
    axes.set_xlabel("s1")


def _legend_above(axes: Axes, handles: Sequence[Line2D]) -> None:
    """Put a legend into a third of the panel above what is drawn."""
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + 0.35 * (top - bottom))
    axes.legend(handles=handles, loc="upper left", frameon=False, fontsize=8)
