"""Draw the figures of a comparison of networks."""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from analysis.comparison.standings import Comparison, Standing
from analysis.reporting.drawing import Drawing, Hint, drawing_of
from analysis.reporting.style import BAND, INK, MUTED, RULE, SIREN, STYLE, name_rows, plain

Line = tuple[Sequence[int], Sequence[float], float]
"""Epochs, PSNR in dB at these, and seconds an epoch."""

_COLORS = ("#d1495b", "#00798c", "#edae49", "#30638e", "#6a994e", "#7b2d8b", "#8d99ae", "#1d2733")
_DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))


def standings(comparison: Comparison) -> Drawing:
    """Draw the peak PSNR of every network, a dot a seed.

    Zero output is a line, the paper's figure a diamond.
    """
    shown = [s for s in reversed(comparison.standings) if any(map(math.isfinite, s.peaks))]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 1.0 + 0.26 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        zero = comparison.signal.psnr_zero
        axes.axvline(zero, color=RULE, lw=1.2, ls=(0, (2, 2)))
        axes.annotate(
            "zero output", (zero, 1), xycoords=("data", "axes fraction"), xytext=(3, 2),
            textcoords="offset points", color=RULE, fontsize=8,
        )  # fmt: skip
        hints = []
        for y, s in enumerate(shown):
            color = INK if s.is_ranked else MUTED
            finite = [peak for peak in s.peaks if math.isfinite(peak)]
            axes.plot([zero, float(np.mean(finite))], [y, y], color=BAND, lw=4, zorder=1)
            axes.plot(finite, [y] * len(finite), "o", ms=4.5, color=color, alpha=0.8)
            hints += [Hint(axes, peak, y, f"{s.point.name}: {peak:.2f} dB") for peak in finite]
            if s.paper:
                axes.plot(s.paper.psnr, y, "D", ms=5, mfc="none", mec=SIREN)
                text = f"{s.point.name}: {s.paper.psnr:.1f} dB in the paper"
                hints.append(Hint(axes, s.paper.psnr, y, text))
        name_rows(axes, [_label(s) for s in shown])
        axes.set_ylim(-0.6, len(shown) - 0.4)
        axes.set_xlabel("peak PSNR (dB), a dot for each seed")
        return drawing_of(figure, hints)


def _label(standing: Standing) -> str:
    words = [word for word in ("dead", "empty") if standing.statuses[word]]
    return f"{standing.point.name} ({words[0]})" if words else standing.point.name


def histories(lines: Mapping[str, Line], zero: float) -> Drawing:
    """Draw PSNR over epochs and over seconds of training, in the order of `lines`.

    Args:
        lines: Epochs, PSNR in dB and seconds an epoch, by network.
        zero: The PSNR in dB of an all-zero output.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        by_epoch, by_second = figure.subplots(1, 2, sharey=True)
        for number, (name, (epochs, psnr, seconds)) in enumerate(lines.items()):
            style = {
                "color": _COLORS[number % len(_COLORS)],
                "ls": _DASHES[number // len(_COLORS) % len(_DASHES)],
                "lw": 1.6,
            }
            at = np.maximum(epochs, 0.8)  # a logarithmic axis has no place for epoch 0
            by_epoch.plot(at, psnr, **style)
            by_second.plot(at * seconds, psnr, label=plain(name), **style)
        for axes in (by_epoch, by_second):
            axes.axhline(zero, color=MUTED, lw=1, ls=(0, (2, 2)))
            axes.set_xscale("log")
        by_epoch.annotate(
            "zero output", (0.015, zero), xycoords=("axes fraction", "data"), xytext=(0, -2),
            textcoords="offset points", va="top", color=MUTED, fontsize=8,
        )  # fmt: skip
        by_epoch.margins(y=0.1)  # curves begin at zero output, and its label lies below them
        by_epoch.set_ylabel("PSNR (dB)")
        by_epoch.set_xlabel("epoch (log)")
        by_second.set_xlabel("seconds of training (log)")
        figure.legend(loc="outside right center", frameon=False, fontsize=8, labelcolor=INK)
        return drawing_of(figure)
