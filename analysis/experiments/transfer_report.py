"""Does a rule hold at other lengths, widths, depths, learning rates, epochs, and on images?

    python studies/rule_check.py run --signals my_clips/*.wav             # where it was fitted
    python studies/rule_check.py run --signals my_clips/*.wav --depth 2   # --width, --epochs, ...
    python -m analysis.transfer_report results

A line for every setting that the results have maps of, from two signals on. All numbers are in
RESULTS/_rules/transfer.parquet; where a zero output bias was mapped as well, what it gains at every
point is in RESULTS/_rules/zero_output_bias.parquet. With --to they are added to those of a folder
from which findings are told.
"""

import argparse
import math
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table

from analysis.experiments.rows import leave
from analysis.experiments.transfer import BiasPair, Moved, transfer, zero_output_bias
from analysis.reporting.tables import wide_table
from analysis.statistics.intervals import Interval, recordings_interval
from inr_models import InputError
from search_spaces.rules import RECOMMENDED, rule_name

COMMAND = "analysis.transfer_report"
FILE, BIAS_FILE = "transfer.parquet", "zero_output_bias.parquet"

SHARES = (0.0, 0.05, 0.2, 0.5, math.inf)
"""Bounds of K as a share of Nyquist, between which a zero output bias is told of."""

LEGEND = (
    "num: signals; n/p: samples by the network's parameters; regret: dB below the optimum of the "
    "setting's own smooth surfaces, the mean with its 95 % interval; usual: of the same signals in "
    "the setting of most fits; Eqn. 11: scaled in length and width. K, g: the optimum's by the "
    "rule's, geometric means."
)


def by_setting(moved: Sequence[Moved]) -> dict[str, list[Moved]]:
    """In the order in which they come."""
    found: dict[str, list[Moved]] = defaultdict(list)
    for each in moved:
        found[each.setting].append(each)
    return dict(found)


def mean(values: Sequence[float], moved: Sequence[Moved | BiasPair]) -> Interval:
    """Over recordings, or signals where these are not known; of the finite values alone."""
    kept = [(v, getattr(m, "recording", m.signal)) for v, m in zip(values, moved, strict=True)]
    kept = [pair for pair in kept if math.isfinite(pair[0])]
    if not kept:
        return Interval(math.nan, math.nan, math.nan)
    return recordings_interval(*map(list, zip(*kept, strict=True)))


def ratio(moved: Sequence[Moved], name: str) -> Interval:
    """Of the optimum's K or g by the rule's: a geometric mean."""
    logs = [math.log(getattr(m, f"{name}_optimum") / getattr(m, f"{name}_rule")) for m in moved]
    return Interval(*map(math.exp, mean(logs, moved)))


def transfer_table(moved: Sequence[Moved], name: str) -> Table:
    """A row a setting."""
    table = wide_table(LEGEND, f"{name} where it was not fitted")
    table.add_column("setting", ratio=1)
    for head in ("num", "n/p", "regret", "95 % interval", "usual", "Eqn. 11", "K", "g"):
        table.add_column(head, justify="right", no_wrap=True)
    for setting, mine in by_setting(moved).items():
        regret = mean([m.regret_db for m in mine], mine)
        table.add_row(
            setting,
            str(len(mine)),
            f"{mine[0].values_per_parameter:.2g}",
            two_digits(regret.mean),
            "-" if math.isnan(regret.low) else f"[{regret.low:.2f}, {regret.high:.2f}]",
            *map(
                two_digits,
                (
                    mean([m.usual_regret_db for m in mine], mine).mean,
                    mean([m.eqn11_regret_db for m in mine], mine).mean,
                    ratio(mine, "share").mean,
                    ratio(mine, "gain").mean,
                ),
            ),
        )
    return table


def two_digits(value: float) -> str:
    """A dash for NaN."""
    return "-" if math.isnan(value) else f"{value:.2f}"


def bias_gains(pairs: Sequence[BiasPair]) -> dict[str, Interval]:
    """dB that a zero output bias gains, over signals, by ranges of K/Nyquist that have points."""
    found = {}
    for low, high in pairwise(SHARES):
        of_signals: dict[str, list[float]] = defaultdict(list)
        for pair in pairs:
            if low <= pair.share < high:
                of_signals[pair.signal].append(pair.psnr_zero_bias - pair.psnr)
        if of_signals:
            name = f"{low:g} to {high:g}" if math.isfinite(high) else f"{low:g} and more"
            means = [statistics.fmean(gains) for gains in of_signals.values()]
            found[name] = recordings_interval(means, list(of_signals))
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", help="a results folder with maps, of studies/rule_check.py say")
    parser.add_argument("--recordings", metavar="CSV", help="columns signal, recording")
    parser.add_argument("--rule", default=RECOMMENDED, help="a name or a file (%(default)s)")
    parser.add_argument("--to", metavar="FOLDER", help="add the rows to another folder's, too")
    arguments = parser.parse_args(argv)
    console = Console(highlight=False, markup=False)
    try:
        moved = transfer(arguments.results, arguments.rule, arguments.recordings)
        pairs = zero_output_bias(arguments.results)
        where = (COMMAND, arguments.results)
        rows = [m._asdict() for m in moved]
        path = leave(rows, *where, FILE, to=arguments.to, same=("rule", "setting", "signal"))
        if pairs:
            rows = [p._asdict() for p in pairs]
            leave(rows, *where, BIAS_FILE, to=arguments.to, same=("signal",))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    console.print(transfer_table(moved, rule_name(arguments.rule)))
    if pairs:
        console.print("A zero output bias gains, in the mean over points and signals:")
        for share, gain in bias_gains(pairs).items():
            known = "" if math.isnan(gain.low) else f" [{gain.low:+.2f}, {gain.high:+.2f}]"
            console.print(f"  K/Nyquist {share}: {gain.mean:+.2f} dB{known}")
    console.print(f"numbers  {path}", soft_wrap=True)
    return 0
