"""Figures of rules and landscapes over bandwidth and gain, for notebooks and FINDINGS.md.

Axes of arrays: s signal, k bandwidth, g gain, as in `analysis.surfaces`.
"""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter, SymmetricalLogLocator
from scipy.stats import spearmanr

from analysis.intervals import recordings_interval
from analysis.plots import BEST, INK, MUTED, OUTLINE, RULE, STYLE
from analysis.regret import NEAR_DB
from analysis.stored_regrets import RuleRegret
from analysis.sufficiency import Sufficiency
from analysis.surfaces import GAINS, SHARES, Surfaces, share_and_gain
from inr_models import InputError
from search_spaces.rules import RECOMMENDED, RULES

NEW = "#1f7a8c"
"""The recommended rule, beside Eqn. 11 in RULE's red."""

PAPER = "eqn11_length_width"
COLORS = {PAPER: RULE, RECOMMENDED: NEW}
NEAR = 0.5
"""dB below the optimum, within which a ridge is flat."""


def landscapes(surfaces: Surfaces, num: int = 12, columns: int = 4) -> Figure:
    """Surfaces of `num` signals from the lowest psi to the highest, as far as points were fitted.

    Red cross: Eqn. 11, scaled; teal cross: the recommended rule; circle: the optimum.
    """
    order = np.argsort(surfaces.descriptors["psi"], kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, num).round().astype(int))]
    rows = math.ceil(len(chosen) / columns)
    with matplotlib.rc_context(STYLE):
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


def landscape(surfaces: Surfaces, name: str) -> Figure:
    """One signal's surface, with PSNR in dB.

    Raises:
        InputError: there is no signal of this name.
    """
    if name not in surfaces.names:
        raise InputError(f"{name}: there is no such signal; give {', '.join(surfaces.names)}.")
    index = surfaces.names.index(name)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 4.6), layout="constrained")
        axes = figure.add_subplot()
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
    best = np.unravel_index(np.nanargmax(psnr), psnr.shape)
    at = (SHARES[best[0]], GAINS[best[1]])
    axes.plot(*at, "o", ms=11, mew=2, mfc="none", mec="white", zorder=4)
    axes.plot(*at, "o", ms=13, mew=1, mfc="none", mec=BEST, zorder=4, label="optimum")
    target = surfaces.targets[index]
    for name, label in ((PAPER, "Eqn. 11, scaled"), (RECOMMENDED, RECOMMENDED)):
        share, gain = share_and_gain(target, RULES[name](target))
        # A point beyond the axes is marked at their end.
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


def ridges(surfaces: Surfaces, descriptors: Sequence[str] = ("psi", "low_pass_40")) -> Figure:
    """Regret at the best gain over bandwidth, a column a signal, in the order of a descriptor.

    The better the descriptor, the straighter the bright ridge. Points: the optima.
    """
    best = np.clip(np.nanmin(_relative(surfaces), axis=2), 0, 10)
    with matplotlib.rc_context(STYLE):
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
    """[s, k, g] regret, where a bandwidth was fitted at any gain NaN elsewhere."""
    fitted = np.isfinite(surfaces.psnr).any(axis=2, keepdims=True)
    return np.where(np.isfinite(surfaces.psnr) | ~fitted, surfaces.regret, np.inf)


def regrets_by_rule(found: Sequence[RuleRegret]) -> Figure:
    """A dot a signal; the mean with its 95 % interval over recordings; shares near the optimum."""
    shown = list(found)[::-1]
    jitter = np.random.default_rng(0)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 0.9 + 0.4 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=MUTED, lw=1)
        for y, each in enumerate(shown):
            color = COLORS.get(each.rule.removeprefix("held_out_"), INK)
            heights = y + jitter.uniform(-0.24, 0.24, len(each.regret))
            axes.plot(each.regret, heights, "o", ms=3, mew=0, color=color, alpha=0.35)
            i = recordings_interval(each.regret.tolist(), each.recordings)
            axes.plot([i.low, i.high], [y, y], color=color, lw=2.2)
            axes.plot(i.mean, y, "D", ms=6, color=color, path_effects=OUTLINE)
            near = "/".join(f"{100 * (each.regret <= db).mean():.0f}" for db in NEAR_DB)
            dead = "" if each.dead is None else f", {each.dead} dead"
            axes.annotate(
                f"{i.mean:.2f} dB   {near} %{dead}", (1.01, y), ha="left", va="center",
                xycoords=("axes fraction", "data"), color=color, fontsize=8, annotation_clip=False,
            )  # fmt: skip
        axes.set_yticks(range(len(shown)), [each.rule for each in shown], parse_math=False)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_xscale("symlog", linthresh=4, subs=(2, 3, 4, 5, 6, 7, 8, 9))
        axes.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=4, subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter("")
        axes.spines["left"].set_visible(False)
        near = " and ".join(f"{db:g}" for db in NEAR_DB)
        axes.set_xlabel(f"regret (dB); at the right mean and share of signals within {near} dB")
        return figure


def regret_over_psi(found: Sequence[RuleRegret]) -> Figure:
    """A dot a signal, and the mean of neighbours in psi, a colour a rule."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color=MUTED, lw=1)
        for number, each in enumerate(found):
            color = COLORS.get(each.rule.removeprefix("held_out_"), (INK, MUTED)[number % 2])
            order = np.argsort(each.psi, kind="stable")
            psi, regret = each.psi[order], each.regret[order]
            axes.plot(psi, regret, "o", ms=4, mew=0, color=color, alpha=0.5)
            nearness = np.exp(-((np.log(psi[:, None] / psi[None]) / 0.35) ** 2) / 2)
            mean = nearness @ regret / nearness.sum(axis=1)
            axes.plot(psi, mean, color=color, lw=2.2, path_effects=OUTLINE, label=each.rule)
        axes.set(xscale="log", xlabel="psi", ylabel="regret (dB)")
        axes.set_xticks(
            [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]
        )
        axes.set_xlim(0.9 * min(each.psi.min() for each in found), 1)
        figure.legend(loc="outside upper center", ncols=len(found), frameon=False)
        return figure


def shares_within(found: Sequence[RuleRegret]) -> Figure:
    """The share of signals whose regret is at most so many dB, a line a rule."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        for number, each in enumerate(found):
            color = COLORS.get(each.rule.removeprefix("held_out_"))
            ordered = np.sort(np.maximum(each.regret, 0))
            axes.step(
                [0, *ordered], np.arange(len(ordered) + 1) / len(ordered), where="post",
                color=color or matplotlib.colormaps["cividis"](number / len(found)),
                lw=2.4 if color else 1.2, label=each.rule,
            )  # fmt: skip
        for db in NEAR_DB:
            axes.axvline(db, color=MUTED, lw=0.8, ls=(0, (2, 2)))
        axes.set(xlim=(0, 6), ylim=(0, 1), xlabel="regret (dB)", ylabel="share of signals")
        figure.legend(loc="outside right center", frameon=False)
        return figure


def optima(surfaces: Surfaces, descriptors: Sequence[str]) -> Figure:
    """The optimum's K over descriptors; bars reach as far as the ridge stays within 0.5 dB.

    Line: the one factor for all that has the least deviation of log K.
    """
    regret = np.nanmin(_relative(surfaces), axis=2)
    best = SHARES[regret.argmin(axis=1)]
    flat = [SHARES[np.flatnonzero(row <= NEAR)[[0, -1]]] for row in regret]
    bars = np.abs(np.array(flat).T - best)
    descriptors = [d for d in descriptors if (surfaces.descriptors[d] > 0).sum() > 1]
    columns = max(1, min(4, len(descriptors)))
    rows = max(1, math.ceil(len(descriptors) / columns))
    with matplotlib.rc_context(STYLE):
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
            rank = float(np.asarray(spearmanr(values[known], best[known]))[0])
            axes.set_title(
                f"rank correlation {rank:.2f}, spread x{math.exp(float(factors.std())):.1f}",
                fontsize=8, color=INK,
            )  # fmt: skip
        for axes in grid[:, 0]:
            axes.set_ylabel("K / Nyquist at the optimum")
        return figure


def sufficiency_bars(found: Sufficiency, most: int = 15) -> Figure:
    """What descriptors save beside psi, with 95 % intervals; red: p below 0.05."""
    shown = found.gains[:most][::-1]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 0.9 + 0.28 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=MUTED, lw=1)
        for y, gain in enumerate(shown):
            color = RULE if gain.p_value < 0.05 else INK
            axes.barh(y, gain.interval.mean, height=0.62, color=color, alpha=0.25)
            axes.plot([gain.interval.low, gain.interval.high], [y, y], color=color, lw=1.8)
            axes.plot(gain.interval.mean, y, "o", ms=5, color=color)
            axes.annotate(
                f"p {gain.p_value:.2f}", (1.01, y), xycoords=("axes fraction", "data"),
                va="center", color=color, fontsize=8, annotation_clip=False,
            )  # fmt: skip
        axes.set_yticks(range(len(shown)), [gain.descriptor for gain in shown], parse_math=False)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("regret saved beside psi (dB), on recordings that are left out")
        return figure


def correlations(descriptors: Mapping[str, np.ndarray]) -> Figure:
    """Rank correlations of descriptors, signs left out, like ones side by side."""
    names = [d for d, values in descriptors.items() if np.isfinite(values).all()]
    names = [d for d in names if np.ptp(descriptors[d]) > 0]
    ranks = np.array([np.argsort(np.argsort(descriptors[d], kind="stable")) for d in names])
    matrix = np.abs(np.corrcoef(ranks))
    order = [int(np.argmax(matrix.sum(axis=0)))]
    while len(order) < len(names):  # next to each the one that is most like it
        left = [i for i in range(len(names)) if i not in order]
        order.append(max(left, key=lambda i: matrix[order[-1], i]))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8.4, 7.2), layout="constrained")
        axes = figure.add_subplot()
        drawn = axes.imshow(matrix[np.ix_(order, order)], cmap="viridis", vmin=0, vmax=1)
        labels = [names[i] for i in order]
        axes.set_xticks(range(len(names)), labels, rotation=90, fontsize=7, parse_math=False)
        axes.set_yticks(range(len(names)), labels, fontsize=7, parse_math=False)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        bar = figure.colorbar(drawn, ax=axes, pad=0.02)
        bar.outline.set_visible(False)  # type: ignore[operator]
        bar.set_label("absolute rank correlation")
        return figure
