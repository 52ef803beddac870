"""Draw surfaces over bandwidth and gain, for notebooks and FINDINGS.md.

Axes of arrays: s signal, k bandwidth, g gain, as in `analysis.surfaces.surfaces`.
"""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from analysis.reporting.style import BEST, INK, MUTED, OUTLINE, RULE, one_panel, styled
from analysis.statistics.ranks import rank_correlation
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces, share_and_gain
from inr_models import InputError
from search_spaces.rules import EQN11_SCALED, EVEN_LAW, RULES

TEAL = "#1f7a8c"

COLORS = {EQN11_SCALED: RULE, EVEN_LAW: TEAL}
NEAR = 0.5
"""A ridge counts as flat where it is at most so many dB below the optimum."""


@styled
def landscapes(surfaces: Surfaces, num: int = 12, columns: int = 4) -> Figure:
    """Draw the surfaces of `num` signals, from the lowest psi to the highest.

    A red cross marks Eqn. 11, scaled; a teal cross `EVEN_LAW`; a circle the optimum.

    Args:
        surfaces: The surfaces of all signals.
        num: The number of panels.
        columns: Panels in a row.

    Example:
        >>> len(landscapes(surfaces, num=2, columns=2).axes)
        2
    """
    order = np.argsort(surfaces.descriptors["psi"], kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, num).round().astype(int))]
    rows = math.ceil(len(chosen) / columns)
    figure = Figure(figsize=(9.6, 0.6 + 2.2 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(chosen) :]:
        axes.set_axis_off()
    for axes, index in zip(grid.flat, chosen, strict=False):
        _surface(axes, surfaces, index)
        psi = surfaces.descriptors["psi"][index]
        name = surfaces.names[index]
        short = name if len(name) <= 22 else f"{name[:21]}…"
        axes.set_title(f"{short}, psi {psi:.3f}", fontsize=8, color=INK, parse_math=False)
    figure.supxlabel("K / Nyquist", fontsize=9, color=INK)
    figure.supylabel("gain g", fontsize=9, color=INK)
    return figure


@styled
def landscape(surfaces: Surfaces, name: str) -> Figure:
    """Draw the surface of one signal, with PSNR in dB.

    Args:
        surfaces: The surfaces of all signals.
        name: The signal's name.

    Raises:
        InputError: no signal has this name.

    Example:
        >>> landscape(surfaces, "clip0").axes[0].get_xlabel()
        'K / Nyquist'
    """
    if name not in surfaces.names:
        raise InputError.at(
            "unknown-name", name, f"there is no such signal; give {', '.join(surfaces.names)}."
        )
    index = surfaces.names.index(name)
    figure, axes = one_panel(7.2, 4.6)
    drawn = _surface(axes, surfaces, index, levels=24)
    axes.set_xlabel("K / Nyquist")
    axes.set_ylabel("gain g")
    descriptors = (f"{d} {surfaces.descriptors[d][index]:.3g}" for d in ("psi", "low_pass_40"))
    axes.set_title(f"{name}: {', '.join(descriptors)}", color=INK, parse_math=False)
    bar = figure.colorbar(drawn, ax=axes, pad=0.02)
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.ax.yaxis.set_major_formatter("{x:.1f}")
    bar.set_label("peak PSNR (dB), smoothed")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def _surface(axes: Axes, surfaces: Surfaces, index: int, levels: int = 12):
    psnr = surfaces.psnr[index]
    top = np.nanmax(psnr)
    drawn = axes.contourf(
        SHARES, GAINS, psnr.T, levels=np.linspace(top - 12, top, levels + 1), cmap="viridis",
        extend="min",
    )  # fmt: skip
    k, g = surfaces.best(index)
    at = (SHARES[k], GAINS[g])
    axes.plot(*at, "o", ms=11, mew=2, mfc="none", mec="white", zorder=4)
    axes.plot(*at, "o", ms=13, mew=1, mfc="none", mec=BEST, zorder=4, label="optimum")
    target = surfaces.targets[index]
    for name, label in ((EQN11_SCALED, "Eqn. 11, scaled"), (EVEN_LAW, EVEN_LAW)):
        share, gain = share_and_gain(target, RULES[name](target))
        # A point outside the axes is marked at their end.
        share = min(max(share, SHARES[0]), SHARES[-1])
        axes.plot(
            share, min(gain, GAINS[-1]), "x", ms=8, mew=2.4, color=COLORS[name],
            path_effects=OUTLINE, zorder=5, clip_on=False, label=label, ls="none",
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=SHARES[[0, -1]], ylim=GAINS[[0, -1]])
    axes.set_xticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
    axes.set_yticks([1, 2, 4, 8, 16], ["1", "2", "4", "8", "16"])
    axes.minorticks_off()
    return drawn


@styled
def ridges(surfaces: Surfaces, descriptors: Sequence[str] = ("psi", "low_pass_40")) -> Figure:
    """Draw the regret at the best gain over bandwidth, with one column for each signal.

    The columns follow the order of a descriptor: the better the descriptor, the straighter the
    bright ridge. Points mark the optima.

    Args:
        surfaces: The surfaces of all signals.
        descriptors: The descriptors, a row of panels for each.

    Example:
        >>> len(ridges(surfaces).axes)
        3
    """
    best = np.clip(np.nanmin(_relative(surfaces), axis=2), 0, 10)
    figure = Figure(figsize=(9.6, 3.4), layout="constrained")
    grid = figure.subplots(1, len(descriptors), sharey=True, squeeze=False)[0]
    drawn = None
    for axes, descriptor in zip(grid, descriptors, strict=True):
        order = np.argsort(surfaces.descriptors[descriptor], kind="stable")
        ranks = np.arange(len(order))
        drawn = axes.pcolormesh(
            ranks, SHARES, best[order].T, cmap="viridis_r", vmax=10, shading="nearest",
            rasterized=True,
        )  # fmt: skip
        axes.plot(ranks, SHARES[best[order].argmin(axis=1)], ".", ms=4, color=RULE)
        axes.set(yscale="log", xlabel=f"signals, by {descriptor}")
        axes.yaxis.set_major_formatter(ScalarFormatter())
    grid[0].set_ylabel("K / Nyquist")
    bar = figure.colorbar(drawn, ax=grid, pad=0.02)  # type: ignore[arg-type]
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label("dB below the optimum, at the best gain")
    return figure


def _relative(surfaces: Surfaces) -> np.ndarray:
    """Return the regret [s, k, g], with inf where a bandwidth was fitted, but not at this gain."""
    fitted = np.isfinite(surfaces.psnr).any(axis=2, keepdims=True)
    return np.where(np.isfinite(surfaces.psnr) | ~fitted, surfaces.regret, np.inf)


@styled
def optima(surfaces: Surfaces, descriptors: Sequence[str]) -> Figure:
    """Draw the optimum's K over descriptors; bars span the ridge within 0.5 dB of the optimum.

    The line is one factor for all signals: the median of K over the descriptor.

    Args:
        surfaces: The surfaces of all signals.
        descriptors: The descriptors, a panel for each.

    Example:
        >>> len(optima(surfaces, ["psi", "low_pass_40"]).axes)
        2
    """
    regret = np.nanmin(_relative(surfaces), axis=2)
    best = SHARES[regret.argmin(axis=1)]
    flat = [SHARES[np.flatnonzero(row <= NEAR)[[0, -1]]] for row in regret]
    bars = np.abs(np.array(flat).T - best)
    descriptors = [d for d in descriptors if (surfaces.descriptors[d] > 0).sum() > 1]
    columns = max(1, min(4, len(descriptors)))
    rows = max(1, math.ceil(len(descriptors) / columns))
    figure = Figure(figsize=(9.6, 0.4 + 2.6 * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for axes, descriptor in zip(grid.flat, descriptors, strict=False):
        values = surfaces.descriptors[descriptor]
        known = values > 0
        axes.errorbar(
            values[known], best[known], bars[:, known], fmt="o", ms=4, mew=0, color=INK,
            ecolor=MUTED, elinewidth=0.8, alpha=0.65,
        )  # fmt: skip
        factors = np.log(best[known] / values[known])
        ends = np.array([values[known].min(), values[known].max()])
        axes.plot(ends, math.exp(float(np.median(factors))) * ends, color=RULE, lw=1.6)
        axes.set(xscale="log", yscale="log", xlabel=descriptor, ylim=SHARES[[0, -1]])
        rank = rank_correlation(values[known], best[known])
        axes.set_title(
            f"rank correlation {rank:.2f}, spread x{math.exp(float(factors.std())):.1f}",
            fontsize=8, color=INK,
        )  # fmt: skip
    for axes in grid[:, 0]:
        axes.set_ylabel("K / Nyquist at the optimum")
    return figure
