"""Draw the figures of a search or a rule check beside its maps."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import MaxNLocator

from analysis.regret.regret import Regret, RuleSummary
from analysis.reporting.drawing import Drawing, Hint, drawing_of
from analysis.reporting.style import (
    BAND,
    BEST,
    INK,
    MUTED,
    RECOMMENDED_COLOR,
    RULE,
    label,
    name_rows,
    one_panel,
    scale_regrets,
    styled,
)
from analysis.statistics.intervals import Interval
from search_spaces.rules import RECOMMENDED
from studies.engine.outcomes.signal_state import Suggestion


@styled
def history(suggestions: Sequence[Suggestion], rule: float, name: str) -> Drawing:
    """Draw the mean PSNR of each suggestion in turn, and the best so far.

    Points that were known before are at 0.

    Args:
        suggestions: The suggestions.
        rule: The mean PSNR of the first rule in dB, NaN if it is not known.
        name: What the figure calls this rule.
    """
    warm = [s.value for s in suggestions if s.warm and s.value is not None]
    suggested = [s for s in suggestions if not s.warm]
    figure, axes = one_panel(5.4, 3.6)
    if math.isfinite(rule):
        axes.axhline(rule, color=RULE, lw=1.5, ls=(0, (4, 2)))
        axes.annotate(
            name, (0.995, rule), xycoords=("axes fraction", "data"), ha="right",
            xytext=(0, 3), textcoords="offset points", color=RULE, fontsize=8,
        )  # fmt: skip
    best = max(warm, default=math.nan)
    axes.plot([0] * len(warm), warm, "o", ms=4, color=MUTED, alpha=0.6, clip_on=False)
    line, hints = [best], []
    for number, s in enumerate(suggested, start=1):
        if s.value is not None:
            axes.plot(number, s.value, "o", ms=4.5, color=INK, alpha=0.75)
            at = f"s0 {s.scales.s0:.4g}, s1 {s.scales.s1:.3g}"
            hints.append(Hint(axes, number, s.value, f"{number}: {at}: {s.value:.2f} dB"))
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
    return drawing_of(figure, hints)


@styled
def forest(regrets: Sequence[Regret], total: RuleSummary, name: str) -> Drawing:
    """Draw a rule's regret on every signal with its 95 % interval, and the mean below.

    Args:
        regrets: The rule's regret on each signal.
        total: The rule over all signals.
        name: What the figure calls the rule.
    """
    shown = sorted(regrets, key=lambda r: r.interval.mean)
    rows = [(r.signal.name, r.interval) for r in shown]
    figure, axes = one_panel(7, 1.3 + 0.3 * len(rows))
    axes.axvline(0, color=RULE, lw=1.5)
    hints = []
    for y, (clip, i) in enumerate(rows, start=1):
        hints.append(Hint(axes, i.mean, y, f"{clip}: {_interval_text(i)}"))
        axes.plot([i.low, i.high], [y, y], color=MUTED, lw=1.6)
        axes.plot(i.mean, y, "o", ms=6, color=INK)
    i = total.interval
    hints.append(Hint(axes, i.mean, 0, f"mean of all: {_interval_text(i)}"))
    axes.plot([i.low, i.high], [0, 0], color=RULE, lw=2.2)
    axes.plot(i.mean, 0, "D", ms=7, color=RULE)
    names = ["mean of all", *(label(clip) for clip, _ in rows)]
    name_rows(axes, names)
    axes.set_ylim(-0.7, len(rows) + 0.6)
    axes.set_xlabel(f"optimum minus {name} on the same seeds (dB), 95 % interval")
    return drawing_of(figure, hints)


@styled
def rules(by_signal: Sequence[Sequence[Regret]], totals: Sequence[RuleSummary]) -> Drawing:
    """Draw every rule's regret, least first: a dot a signal, the mean with its 95 % interval."""
    shown = sorted(totals, key=lambda total: total.interval.mean, reverse=True)
    figure, axes = one_panel(7, 1.0 + 0.42 * len(shown))
    axes.axvline(0, color=MUTED, lw=1)
    jitter, hints = np.random.default_rng(0), []
    for y, total in enumerate(shown):
        of_rule = [r for own in by_signal for r in own if r.rule == total.rule]
        means = [r.interval.mean for r in of_rule]
        heights = y + jitter.uniform(-0.22, 0.22, len(means))
        for r, height in zip(of_rule, heights, strict=True):
            hints.append(
                Hint(
                    axes,
                    r.interval.mean,
                    height,
                    f"{r.signal.name}: {_interval_text(r.interval)}",
                )
            )
        axes.plot(means, heights, "o", ms=3.5, mew=0, color=MUTED, alpha=0.55)
        i = total.interval
        color = RECOMMENDED_COLOR if total.rule == RECOMMENDED else RULE
        hints.append(Hint(axes, i.mean, y, f"{total.rule}: {_interval_text(i)}"))
        axes.plot([i.low, i.high], [y, y], color=color, lw=2.2)
        axes.plot(i.mean, y, "D", ms=6, color=color)
        axes.annotate(
            f"{i.mean:.1f}", (i.mean, y), xytext=(0, 6), textcoords="offset points",
            ha="center", color=color, fontsize=8,
        )  # fmt: skip
    names = [f"{t.rule} (recommended)" if t.rule == RECOMMENDED else t.rule for t in shown]
    name_rows(axes, names)
    scale_regrets(axes)
    axes.set_xlabel("regret (dB) on the same seeds, 95 % interval")
    return drawing_of(figure, hints)


@styled
def importances(shares: Mapping[str, Mapping[str, float]]) -> Drawing:
    """Draw the share of the variance of PSNR that s0 and s1 explain, a bar for each signal."""
    figure, axes = one_panel(7, 1.0 + 0.3 * len(shares))
    for y, parts in enumerate(shares.values()):
        axes.barh(y, parts["s0"], height=0.6, color="#3b6e8f", label="s0" if not y else None)
        axes.barh(
            y, parts["s1"], left=parts["s0"], height=0.6, color=BAND,
            label="s1" if not y else None,
        )  # fmt: skip
    name_rows(axes, [label(name) for name in shares])
    axes.set_xlim(0, 1)
    axes.set_xlabel("importance: share of the variance of PSNR over the tried points")
    figure.legend(loc="outside upper right", ncols=2, frameon=False, labelcolor=INK)
    return drawing_of(figure)


def _interval_text(interval: Interval) -> str:
    text = f"regret {interval.mean:+.2f} dB"
    if math.isnan(interval.low):
        return text
    return f"{text}, 95 % interval {interval.low:+.2f} to {interval.high:+.2f} dB"
