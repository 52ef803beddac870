"""Does a rule hold at other lengths, widths, depths, learning rates, epochs, and on images?

    python studies/rule_check.py run --signals my_clips/*.wav             # where it was fitted
    python studies/rule_check.py run --signals my_clips/*.wav --depth 2   # --width, --epochs, ...
    python -m analysis.transfer_report results

There is a line for every setting in which the results have landscapes of two signals or more. All
numbers go to RESULTS/_rules/transfer.parquet. What a zero output bias gains at every point, if it
was fitted as well, goes to RESULTS/_rules/zero_output_bias.parquet. With --to the rows are added to
another folder, from which `python -m analysis.findings` reads them.
"""

import argparse
import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from analysis.experiments.stored import write_rows
from analysis.experiments.transfer import BiasPair, Moved, transfer, zero_output_bias
from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.tables import add_numbers, wide_table
from analysis.statistics.intervals import SURE, UNKNOWN, Interval, holm, mapped_interval, p_value
from search_spaces.rules import EVEN_LAW, RULES, rule_json, rule_name

COMMAND = "analysis.transfer_report"
FILE, BIAS_FILE = "transfer.parquet", "zero_output_bias.parquet"

SHARES = (0.0, 0.05, 0.2, 0.5, math.inf)
"""Bounds of the ranges of K, as shares of Nyquist, for the gains of a zero output bias."""

CLEAR_DB = 1.0
"""A regret whose interval lies above this is large."""

LEGEND = (
    "num: signals; n/p: samples / parameters of the network; regret: dB below the optimum of the "
    "setting's own smooth surfaces, the mean with its 95 % interval; more: by how much it exceeds "
    "that in the setting of most fits, on the same signals, cells and seeds; p: of this, after "
    "Holm's correction for the number of settings; Eqn. 11: scaled in length and width. K, g: the "
    "ratio of the optimum's to the rule's, geometric means."
)


class Setting(NamedTuple):
    """A setting and its signals.

    Attributes:
        name: what the setting changes, in words.
        signals: those with a landscape in this setting.
        regret: of the rule, in dB.
        more: how much more it loses than in the usual setting, on the same signals, cells and
            seeds.
        p_value: of `more`, after Holm's correction for the number of settings.
        eqn11: regret of Eqn. 11, scaled in length and width.
        share, gain: geometric mean ratios of the optimum's K and g to the rule's.
    """

    name: str
    signals: Sequence[Moved]
    regret: Interval
    more: Interval
    p_value: float
    eqn11: Interval
    share: Interval
    gain: Interval

    @property
    def has_another_rule(self) -> bool:
        """Whether another rule was measured, or an earlier fit of the recommended one."""
        today = rule_json(RULES[EVEN_LAW])
        return any(one.constants != today for one in self.signals)

    @property
    def label(self) -> str:
        """The name, with a mark if it has another rule."""
        return f"{self.name} †" if self.has_another_rule else self.name

    @property
    def is_worse(self) -> bool:
        """Whether the rule surely loses more than usual."""
        return self.p_value < SURE and self.more.sign > 0

    @property
    def is_clearly_bad(self) -> bool:
        """Whether the regret is large, where no usual landscapes exist to compare with."""
        return math.isnan(self.more.mean) and self.regret.low > CLEAR_DB


def settings(moved: Sequence[Moved]) -> list[Setting]:
    """Return the settings in their order, with means over recordings."""
    names = dict.fromkeys(one.setting for one in moved)
    one_by_one = [_setting(name, [m for m in moved if m.setting == name]) for name in names]
    adjusted = holm([setting.p_value for setting in one_by_one])
    return [s._replace(p_value=p) for s, p in zip(one_by_one, adjusted, strict=True)]


def _setting(name: str, signals: Sequence[Moved]) -> Setting:
    def mean(value: Callable[[Moved], float]) -> Interval:
        known = [one for one in signals if math.isfinite(value(one))]
        if not known:
            return UNKNOWN
        return mapped_interval([value(one) for one in known], [m.recording for m in known])

    def ratio(log: Callable[[Moved], float]) -> Interval:
        return mean(log).exp()

    more = mean(lambda m: m.alike_regret_db - m.usual_regret_db)
    return Setting(
        name=name,
        signals=signals,
        regret=mean(lambda m: m.regret_db),
        more=more,
        p_value=p_value(more),
        eqn11=mean(lambda m: m.eqn11_regret_db),
        share=ratio(lambda m: math.log(m.share_optimum / m.share_rule)),
        gain=ratio(lambda m: math.log(m.gain_optimum / m.gain_rule)),
    )


def transfer_table(moved: Sequence[Moved], name: str) -> Table:
    """Return a table with a row for each setting.

    Args:
        moved: The signals in other settings.
        name: The rule's name.
    """
    table = wide_table(LEGEND, f"{name} where it was not fitted")
    table.add_column("setting", ratio=1)
    add_numbers(table, "num", "n/p", "regret", "95 % interval", "more", "p", "Eqn. 11", "K", "g")
    for setting in settings(moved):
        regret = setting.regret
        others = (setting.eqn11, setting.share, setting.gain)
        table.add_row(
            setting.name,
            str(len(setting.signals)),
            f"{setting.signals[0].values_per_parameter:.2g}",
            two_digits(regret.mean),
            "-" if math.isnan(regret.low) else f"[{regret.low:.2f}, {regret.high:.2f}]",
            two_digits(setting.more.mean),
            two_digits(setting.p_value),
            *(two_digits(interval.mean) for interval in others),
        )
    return table


def two_digits(value: float) -> str:
    """Format a number with two digits, NaN as a dash.

    Example:
        >>> two_digits(0.567), two_digits(math.nan)
        ('0.57', '-')
    """
    return "-" if math.isnan(value) else f"{value:.2f}"


def bias_gains(pairs: Sequence[BiasPair]) -> dict[str, Interval]:
    """Return the gain in dB of a zero output bias over signals, by range of K/Nyquist."""
    gains_of = {}
    for low, high in pairwise(SHARES):
        of_signals: dict[str, list[float]] = defaultdict(list)
        for pair in pairs:
            if low <= pair.share < high:
                of_signals[pair.signal].append(pair.psnr_zero_bias - pair.psnr)
        if of_signals:
            name = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} and more"
            means = [statistics.fmean(gains) for gains in of_signals.values()]
            gains_of[name] = mapped_interval(means, list(of_signals))
    return gains_of


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = surfaces_parser(COMMAND, __doc__)
    parser.add_argument("--rule", default=EVEN_LAW, help="a name or a file (%(default)s)")
    parser.add_argument("--to", metavar="FOLDER", help="add the rows to another folder as well")
    return run(_report, parser, argv)


def _report(arguments: argparse.Namespace) -> None:
    moved = transfer(arguments.results, arguments.rule, arguments.recordings)
    pairs = zero_output_bias(arguments.results)
    where = (COMMAND, arguments.results)
    rows = [m._asdict() for m in moved]
    path = write_rows(rows, *where, FILE, to=arguments.to, same=("rule", "setting", "signal"))
    if pairs:
        rows = [p._asdict() for p in pairs]
        write_rows(rows, *where, BIAS_FILE, to=arguments.to, same=("signal",))
    console = Console(highlight=False, markup=False)
    console.print(transfer_table(moved, rule_name(arguments.rule)))
    if pairs:
        console.print("Gains of a zero output bias, averaged over points and signals:")
        for share, gain in bias_gains(pairs).items():
            known = "" if math.isnan(gain.low) else f" [{gain.low:+.2f}, {gain.high:+.2f}]"
            console.print(f"  K/Nyquist {share}: {gain.mean:+.2f} dB{known}")
    console.print(f"numbers  {path}", soft_wrap=True)
