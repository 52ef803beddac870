"""Draw rules and descriptors, for notebooks and FINDINGS.md."""

from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from analysis.regret.regret import NEAR_DB
from analysis.regret.stored import RuleRegret
from analysis.reporting.style import (
    INK,
    MUTED,
    OUTLINE,
    RULE,
    name_rows,
    one_panel,
    scale_regrets,
    styled,
)
from analysis.rules.sufficiency import Sufficiency
from analysis.statistics.intervals import mean_interval
from analysis.surfaces.plots import COLORS


@styled
def regrets_by_rule(regrets: Sequence[RuleRegret]) -> Figure:
    """Draw each rule's regrets, their mean with its 95 % interval, and the shares near the optimum.

    A dot is a signal. The intervals are over recordings and seeds.

    Example:
        >>> from analysis.regret.stored import on_surfaces
        >>> figure = regrets_by_rule(on_surfaces(surfaces, ["eqn11", "constant"]))
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['eqn11', 'constant']
    """
    shown = list(regrets)[::-1]
    jitter = np.random.default_rng(0)
    figure, axes = one_panel(8.4, 0.9 + 0.4 * len(shown))
    axes.axvline(0, color=MUTED, lw=1)
    for y, one in enumerate(shown):
        color = COLORS.get(one.rule.removeprefix("held_out_"), INK)
        heights = y + jitter.uniform(-0.24, 0.24, len(one.regret))
        axes.plot(one.regret, heights, "o", ms=3, mew=0, color=color, alpha=0.35)
        i = mean_interval(one.by_seed, one.recordings)
        axes.plot([i.low, i.high], [y, y], color=color, lw=2.2)
        axes.plot(i.mean, y, "D", ms=6, color=color, path_effects=OUTLINE)
        near = "/".join(f"{100 * (one.regret <= db).mean():.0f}" for db in NEAR_DB)
        dead = "" if one.dead is None else f", {one.dead} dead"
        axes.annotate(
            f"{i.mean:.2f} dB   {near} %{dead}", (1.01, y), ha="left", va="center",
            xycoords=("axes fraction", "data"), color=color, fontsize=8, annotation_clip=False,
        )  # fmt: skip
    name_rows(axes, [one.rule for one in shown])
    scale_regrets(axes)
    near = " and ".join(f"{db:g}" for db in NEAR_DB)
    axes.set_xlabel(f"regret (dB); at the right mean and share of signals within {near} dB")
    return figure


@styled
def regret_over_psi(regrets: Sequence[RuleRegret]) -> Figure:
    """Draw regret over psi: a dot for each signal, and the mean over neighbours in psi.

    Example:
        >>> from analysis.regret.stored import on_surfaces
        >>> regret_over_psi(on_surfaces(surfaces, ["eqn11"])).axes[0].get_xlabel()
        'psi'
    """
    figure, axes = one_panel(8.4, 3.6)
    axes.axhline(0, color=MUTED, lw=1)
    for number, one in enumerate(regrets):
        color = COLORS.get(one.rule.removeprefix("held_out_"), (INK, MUTED)[number % 2])
        order = np.argsort(one.psi, kind="stable")
        psi, regret = one.psi[order], one.regret[order]
        axes.plot(psi, regret, "o", ms=4, mew=0, color=color, alpha=0.5)
        # A Gaussian kernel over log psi weighs the neighbours.
        nearness = np.exp(-((np.log(psi[:, None] / psi[None]) / 0.35) ** 2) / 2)
        mean = nearness @ regret / nearness.sum(axis=1)
        axes.plot(psi, mean, color=color, lw=2.2, path_effects=OUTLINE, label=one.rule)
    axes.set(xscale="log", xlabel="psi", ylabel="regret (dB)")
    axes.set_xticks(
        [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1], ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1"]
    )
    axes.set_xlim(0.9 * min(one.psi.min() for one in regrets), 1)
    figure.legend(loc="outside upper center", ncols=len(regrets), frameon=False)
    return figure


@styled
def shares_within(regrets: Sequence[RuleRegret]) -> Figure:
    """Draw the share of signals whose regret is at most x dB, with a line for each rule.

    Example:
        >>> from analysis.regret.stored import on_surfaces
        >>> shares_within(on_surfaces(surfaces, ["eqn11"])).axes[0].get_ylabel()
        'share of signals'
    """
    figure, axes = one_panel(8.4, 3.6)
    for number, one in enumerate(regrets):
        color = COLORS.get(one.rule.removeprefix("held_out_"))
        ordered = np.sort(np.maximum(one.regret, 0))
        axes.step(
            [0, *ordered], np.arange(len(ordered) + 1) / len(ordered), where="post",
            color=color or matplotlib.colormaps["cividis"](number / len(regrets)),
            lw=2.4 if color else 1.2, label=one.rule,
        )  # fmt: skip
    for db in NEAR_DB:
        axes.axvline(db, color=MUTED, lw=0.8, ls=(0, (2, 2)))
    axes.set(xlim=(0, 6), ylim=(0, 1), xlabel="regret (dB)", ylabel="share of signals")
    figure.legend(loc="outside right center", frameon=False)
    return figure


@styled
def sufficiency_bars(sufficiency: Sufficiency, most: int = 15) -> Figure:
    """Draw what descriptors save beside psi, with 95 % intervals. Sure gains are red."""
    shown = sufficiency.gains[:most][::-1]
    figure, axes = one_panel(7.2, 0.9 + 0.28 * len(shown))
    axes.axvline(0, color=MUTED, lw=1)
    for y, gain in enumerate(shown):
        color = RULE if gain.is_sure else INK
        axes.barh(y, gain.interval.mean, height=0.62, color=color, alpha=0.25)
        axes.plot([gain.interval.low, gain.interval.high], [y, y], color=color, lw=1.8)
        axes.plot(gain.interval.mean, y, "o", ms=5, color=color)
        axes.annotate(
            f"p {gain.p_value:.3f}", (1.01, y), xycoords=("axes fraction", "data"),
            va="center", color=color, fontsize=8, annotation_clip=False,
        )  # fmt: skip
    name_rows(axes, [gain.descriptor for gain in shown])
    axes.set_xlabel("regret saved beside psi (dB), on left-out recordings")
    return figure


@styled
def correlations(descriptors: Mapping[str, np.ndarray]) -> Figure:
    """Draw the absolute rank correlations of descriptors, with similar ones side by side.

    Example:
        >>> len(correlations({"psi": np.arange(9.0), "entropy": np.arange(9.0)}).axes)
        2
    """
    names = [d for d, values in descriptors.items() if np.isfinite(values).all()]
    names = [d for d in names if np.ptp(descriptors[d]) > 0]
    ranks = np.array([np.argsort(np.argsort(descriptors[d], kind="stable")) for d in names])
    matrix = np.abs(np.corrcoef(ranks))
    order = [int(np.argmax(matrix.sum(axis=0)))]
    while len(order) < len(names):  # the most similar one comes next
        left = [i for i in range(len(names)) if i not in order]
        order.append(max(left, key=lambda i: matrix[order[-1], i]))
    figure, axes = one_panel(8.4, 7.2)
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
