"""Make the terminal's tables of a search or a rule check, at most 80 columns wide."""

import math
import shutil
import statistics
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from analysis.regret.proxy import Proxy
from analysis.regret.regret import Regret, RuleSummary
from analysis.reporting.tables import number, short, wide_table
from analysis.statistics.intervals import DIRECTION_ONLY, Interval, mark
from inr_models.shown import count
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal

MOST_RULES = 10
"""The number of rules that fit beside each other into 80 columns."""

RULE_WIDTH = 6
"""The columns that a further rule takes."""


def regrets_table(
    run: Run,
    signals: Sequence[Signal],
    by_signal: Sequence[Sequence[Regret]],
    scoring_seeds: Sequence[int],
) -> Table:
    """Return the table of the first rule against the optimum, a row a signal."""
    rule = run.scale.rules[0]
    named = rule if run.first_rule == rule else f"{run.first_rule} ({rule})"
    table = wide_table(
        f"Peak PSNR in dB. {named} and the optimum are means over "
        f"{run.confirming_text(scoring_seeds)}, which did not choose the optimum. "
        "regret: mean of the paired differences, with its 95 % interval (Student's t). "
        "*: at the rim of the searched space, so that a better point may lie beyond. "
        "-: not known, or the rule's point is the optimum itself.",
        named=run.noun,
        numbers=("psi", run.first_rule, "opti-\nmum", "at s0, s1", "regret", "95 % interval"),
    )
    for signal, regrets in zip(signals, by_signal, strict=True):
        first = next((r for r in regrets if r.rule == rule), None)
        cells = ["-"] * 5
        if first and (at := first.optimum.scales):
            cells = [
                number(first.at_rule.mean),
                number(first.at_optimum.mean),
                f"{short(at.s0)}, {short(at.s1)}{'*' if first.at_rim else ''}",
                "-" if first.is_optimum else number(first.interval.mean, "+.1f"),
                "-" if first.is_optimum else interval(first.interval),
            ]
        table.add_row(signal.name, f"{signal.descriptors['psi']:.3f}", *cells)
    return table


def rules_table(run: Run, totals: Sequence[RuleSummary]) -> Table:
    """Return the table of every rule over all signals."""
    number_of = {rule: number for number, rule in enumerate(run.scale.rules, start=1)}
    num = max(total.num_signals for total in totals)
    table = wide_table(
        f"Regret in dB over {count(num, run.noun)}. mean: its interval is over recordings "
        "(_recordings.csv in the results says which clips share one) and over seeds that all "
        f"{run.noun}s share. p: of no regret, from the interval. near: percent of {run.noun}s "
        "where the rule is within 0.5 and within 1 dB. dead: fits less than 1 dB above the best "
        "constant."
        + (f" {DIRECTION_ONLY}" if any(t.interval.is_direction_only for t in totals) else ""),
        named="rule",
        numbers=("mean", "95 % interval", "median", "worst", "p", "near", "dead"),
    )
    for total in totals:
        table.add_row(
            # Rich would break it after the number rather than cut the name.
            Text(f"{number_of[total.rule]} {total.rule}", no_wrap=True, overflow="ellipsis"),
            f"{total.interval.mean:+.2f}",
            interval(total.interval),
            number(total.median, "+.1f"),
            number(total.worst, "+.1f"),
            "-" if math.isnan(total.p_value) else f"{total.p_value:.2g}",
            "/".join(f"{100 * share:.0f}" for share in total.shares),
            str(total.dead),
        )
    return table


def by_rule_table(
    run: Run, signals: Sequence[Signal], by_signal: Sequence[Sequence[Regret]]
) -> Table:
    """Return the table of the first rules' regrets on every signal, a column a rule."""
    further = max(shutil.get_terminal_size().columns - 80, 0) // RULE_WIDTH
    rules = run.scale.rules[: MOST_RULES + further]
    caption = "Regret in dB of each rule, by its number above. -: its point is the optimum itself."
    if num_left := len(run.scale.rules) - len(rules):
        caption += (
            f" {count(num_left, 'rule')} left out here: see a wider window, or regret.parquet."
        )
    table = wide_table(caption, named=run.noun, numbers=("psi",))
    for column in range(1, len(rules) + 1):
        table.add_column(str(column), justify="right", no_wrap=True)
    for signal, regrets in zip(signals, by_signal, strict=True):
        by_rule = {r.rule: "-" if r.is_optimum else number(r.interval.mean) for r in regrets}
        cells = [by_rule.get(rule, "-") for rule in rules]
        table.add_row(signal.name, f"{signal.descriptors['psi']:.3f}", *cells)
    return table


def proxy_table(run: Run, budgets: Sequence[Proxy], *, stopped: bool) -> Table:
    """Return the table of how well short budgets rank the points of a signal.

    `stopped` says whether points are left out because one of their fits was stopped early.
    """
    caption = (
        f"Rank correlation (Spearman) of points' PSNR after so many epochs with that after all "
        f"{run.scale.fit.epochs:,}, and what the point that leads by then lacks in the end."
    )
    if stopped:
        caption += " Points that were stopped early are left out."
    table = wide_table(
        caption,
        numbers=("epochs", f"{run.noun}s", "rank corr., mean", "least", "dB lost, mean", "most"),
    )
    for proxy in budgets:
        table.add_row(
            f"{proxy.epochs:,}",
            str(len(proxy.lost)),
            f"{statistics.fmean(proxy.correlations):.2f}",
            f"{min(proxy.correlations):.2f}",
            number(statistics.fmean(proxy.lost)),
            number(max(proxy.lost)),
        )
    return table


def interval(value: Interval) -> str:
    """Return "[low, high]", or a dash where there is no interval."""
    if math.isnan(value.low):
        return "-"
    return f"[{number(value.low, '+.1f')}, {number(value.high, '+.1f')}]{mark(value)}"
