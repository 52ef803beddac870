"""Draw the figures of a search or a rule check, as SVG text."""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, ScalarFormatter, SymmetricalLogLocator
from matplotlib.tri import Triangulation

from analysis.grid.plots import BEST, INK, MUTED, OUTLINE, RULE, STYLE, label, to_svg
from analysis.regret.regret import Regret, RuleSummary
from search_spaces.rules import NoiseScales
from studies.engine.outcomes.signal_state import Suggestion
from studies.engine.planning.points import Point

BAND = "#d5dbe3"


def surface(
    values: Mapping[Point, float], rules: Sequence[NoiseScales], optimum: NoiseScales | None
) -> str:
    """Draw the mean PSNR at every known point over (s0, s1), interpolated linearly between them.

    Dots are a search's points, squares a grid's cells. The red cross is the first rule, grey
    crosses are the others, the circle is the optimum.
    """
    # The axis of s0 is logarithmic, so a point at s0 = 0 has no place.
    points = [(p.scales, p.kind, v) for p, v in values.items() if p.scales and p.scales.s0 > 0]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        s0 = np.array([at.s0 for at, _, _ in points])
        s1 = np.array([at.s1 for at, _, _ in points])
        psnr = np.array([value for *_, value in points])
        levels = MaxNLocator(12).tick_values(psnr.min(), psnr.max())
        norm = Normalize(levels[0], levels[-1])
        if len(points) >= 4 and np.ptp(s1) > 0 and np.ptp(s0) > 0:
            # The triangles join neighbours on the page, where s0 is logarithmic.
            triangles = Triangulation(s1 / np.ptp(s1), np.log(s0) / np.ptp(np.log(s0))).triangles
            axes.tricontourf(
                Triangulation(s1, s0, triangles), psnr, levels=levels, cmap="viridis", norm=norm,
                alpha=0.85,
            )  # fmt: skip
        for kind, marker, size in (("grid", "s", 5), ("search", "o", 5), ("rule", "o", 5)):
            chosen = [i for i, (_, its_kind, _) in enumerate(points) if its_kind == kind]
            axes.scatter(
                s1[chosen], s0[chosen], c=psnr[chosen], s=size**2, marker=marker, cmap="viridis",
                norm=norm, edgecolors="white", linewidths=0.8, zorder=3,
            )  # fmt: skip
        if optimum:
            for size, width, color in ((15, 2, "white"), (18, 1, INK)):
                axes.plot(
                    optimum.s1, optimum.s0, "o", ms=size, mew=width, mfc="none", mec=color,
                    zorder=4, clip_on=False,
                )  # fmt: skip
        for number, at in reversed(list(enumerate(rules))):
            size, color = (10, RULE) if number == 0 else (7, MUTED)
            axes.plot(
                at.s1, at.s0, "x", ms=size, mew=2.4, color=color, path_effects=OUTLINE,
                zorder=5, clip_on=False,
            )  # fmt: skip
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_major_formatter(ScalarFormatter())
        axes.yaxis.set_minor_formatter("")
        axes.set_xlabel("s1, noise on layer 2")
        axes.set_ylabel("s0, noise on layer 1 (rad/unit)")
        mappable = ScalarMappable(norm, "viridis")
        bar = figure.colorbar(mappable, ax=axes, pad=0.02)
        bar.outline.set_visible(False)  # type: ignore[operator]
        bar.set_label("mean peak PSNR (dB)")
        return to_svg(figure)


def history(suggestions: Sequence[Suggestion], rule: float, name: str) -> str:
    """Draw the mean PSNR of each suggestion in turn, and the best so far.

    Points that were known before are at 0.

    Args:
        suggestions: The suggestions.
        rule: The mean PSNR of the first rule in dB, NaN if it is not known.
        name: What the figure calls this rule.
    """
    warm = [s.value for s in suggestions if s.warm and s.value is not None]
    suggested = [s for s in suggestions if not s.warm]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.6), layout="constrained")
        axes = figure.add_subplot()
        if math.isfinite(rule):
            axes.axhline(rule, color=RULE, lw=1.5, ls=(0, (4, 2)))
            axes.annotate(
                name, (0.995, rule), xycoords=("axes fraction", "data"), ha="right",
                xytext=(0, 3), textcoords="offset points", color=RULE, fontsize=8,
            )  # fmt: skip
        best = max(warm, default=math.nan)
        axes.plot([0] * len(warm), warm, "o", ms=4, color=MUTED, alpha=0.6, clip_on=False)
        line = [best]
        for number, s in enumerate(suggested, start=1):
            if s.value is not None:
                axes.plot(number, s.value, "o", ms=4.5, color=INK, alpha=0.75)
            best = np.nanmax([best, math.nan if s.value is None else s.value])
            line.append(best)
        stopped = [n for n, s in enumerate(suggested, start=1) if s.stopped]
        axes.plot(
            stopped, [0.02] * len(stopped), "|", color=MUTED, transform=axes.get_xaxis_transform()
        )
        axes.plot(range(len(line)), line, color=BEST, lw=1.6, drawstyle="steps-post")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("suggestion (0: known before)")
        axes.set_ylabel("mean peak PSNR (dB)")
        return to_svg(figure)


def forest(regrets: Sequence[Regret], total: RuleSummary, name: str) -> str:
    """Draw a rule's regret on every signal with its 95 % interval, and the mean below.

    Args:
        regrets: The rule's regret on each signal.
        total: The rule over all signals.
        name: What the figure calls the rule.
    """
    shown = sorted(regrets, key=lambda r: r.interval.mean)
    rows = [(label(r.signal.name), r.interval) for r in shown]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 1.3 + 0.3 * len(rows)), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=RULE, lw=1.5)
        for y, (_, i) in enumerate(rows, start=1):
            axes.plot([i.low, i.high], [y, y], color=MUTED, lw=1.6)
            axes.plot(i.mean, y, "o", ms=6, color=INK)
        i = total.interval
        axes.plot([i.low, i.high], [0, 0], color=RULE, lw=2.2)
        axes.plot(i.mean, 0, "D", ms=7, color=RULE)
        names = ["mean of all", *(name for name, _ in rows)]
        axes.set_yticks(range(len(names)), names, parse_math=False)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(-0.7, len(rows) + 0.6)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"regret (dB): optimum minus {name} on the same seeds, 95 % interval")
        return to_svg(figure)


def rules(by_signal: Sequence[Sequence[Regret]], totals: Sequence[RuleSummary]) -> str:
    """Draw every rule's regret, least first: a dot a signal, the mean with its 95 % interval."""
    shown = sorted(totals, key=lambda total: total.interval.mean, reverse=True)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 1.0 + 0.42 * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        axes.axvline(0, color=MUTED, lw=1)
        jitter = np.random.default_rng(0)
        for y, total in enumerate(shown):
            means = [r.interval.mean for own in by_signal for r in own if r.rule == total.rule]
            heights = y + jitter.uniform(-0.22, 0.22, len(means))
            axes.plot(means, heights, "o", ms=3.5, mew=0, color=MUTED, alpha=0.55)
            i = total.interval
            axes.plot([i.low, i.high], [y, y], color=RULE, lw=2.2)
            axes.plot(i.mean, y, "D", ms=6, color=RULE)
            axes.annotate(
                f"{i.mean:.1f}", (i.mean, y), xytext=(0, 6), textcoords="offset points",
                ha="center", color=RULE, fontsize=8,
            )  # fmt: skip
        axes.set_yticks(range(len(shown)), [t.rule for t in shown], parse_math=False)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        # Rules differ near 0. A dead fit lies tens of dB away.
        axes.set_xscale("symlog", linthresh=4, subs=(2, 3, 4, 5, 6, 7, 8, 9))
        axes.xaxis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=4, subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter("")
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("regret (dB): optimum minus rule on the same seeds, mean and 95 % interval")
        return to_svg(figure)


def importances(shares: Mapping[str, Mapping[str, float]]) -> str:
    """Draw the share of the variance of PSNR that s0 and s1 explain, a bar a signal."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7, 1.0 + 0.3 * len(shares)), layout="constrained")
        axes = figure.add_subplot()
        for y, parts in enumerate(shares.values()):
            axes.barh(y, parts["s0"], height=0.6, color="#3b6e8f", label="s0" if not y else None)
            axes.barh(
                y, parts["s1"], left=parts["s0"], height=0.6, color=BAND,
                label="s1" if not y else None,
            )  # fmt: skip
        axes.set_yticks(range(len(shares)), [label(name) for name in shares], parse_math=False)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_xlim(0, 1)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("importance: share of the variance of PSNR over the tried points")
        figure.legend(loc="outside upper right", ncols=2, frameon=False)
        return to_svg(figure)
