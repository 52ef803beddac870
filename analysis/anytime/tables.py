"""Show what a replay measured, for the terminal and for the page of findings."""

from collections.abc import Sequence

from rich.table import Table

from analysis.anytime.stored import Measured, Row
from analysis.findings.numbers import db, table
from analysis.reporting.tables import wide_table
from analysis.statistics.intervals import Interval

SHOWN_FITS = (0, 1, 3, 5, 8, 12, 20, 60)

REGRET_HEADER = ("fits", *map(str, SHOWN_FITS))
FIVE_FITS = ("1", "2", "3", "4", "5")
SIZE_HEADER = ("size", "signals", "0", "1", "3", "5", "8")


def regret_lines(measured: Measured) -> list[list[str]]:
    """Return [method, mean regret in dB after each of `SHOWN_FITS`] for every method."""
    lines = []
    for method in measured.methods("regret"):
        known = measured.fits("regret", method)
        if known:
            cells = []
            for fits in SHOWN_FITS:
                mean = measured.mean("regret", method, fits).mean
                cells.append(f"{mean:.2f}" if fits in known else "")
            lines.append([method, *cells])
    return lines


def regret_markdown(measured: Measured) -> str:
    """Return the regrets as Markdown."""
    return table(REGRET_HEADER, regret_lines(measured))


def hand_markdown(measured: Measured) -> str:
    """Return what networks in hand gain, as Markdown."""
    header = ("dB above one fit of the rule's point, after fits", *FIVE_FITS)
    return table(header, hand_lines(measured))


def hand_lines(measured: Measured) -> list[list[str]]:
    """Return [method, mean gain in dB after 1 to 5 fits]."""
    lines = []
    for measure, ending in (("hand", ""), ("own seeds", " (each signal's own)")):
        for method in measured.methods(measure):
            means = [measured.mean(measure, method, fits).mean for fits in range(1, 6)]
            lines.append([method + ending, *(f"{mean:.2f}" for mean in means)])
    return lines


def short_markdown(measured: Measured) -> str:
    """Return how well short fits rank points, as Markdown."""
    header = ["epochs", "rank correlation", "of points within 4 dB", "regret of the best"]
    return table(header, short_lines(measured))


def short_lines(measured: Measured) -> list[list[str]]:
    """Return [epochs, rank correlation, that near the top, regret in dB of the best point]."""
    lines = []
    for epochs in measured.epochs("best short"):
        line = [str(epochs)]
        for measure in ("rank", "rank near"):
            rank = measured.mean(measure, "short", 0, epochs)
            line.append("" if rank.mean != rank.mean else f"{rank.mean:.2f}")
        lines.append([*line, db(measured.mean("best short", "short", 0, epochs))])
    return lines


def size_markdown(measured: Measured) -> str:
    """Return the regrets on maps of other sizes, as Markdown."""
    return table(SIZE_HEADER, size_lines(measured))


def size_lines(measured: Measured) -> list[list[str]]:
    """Return [size, signals, mean regret in dB after 0, 1, 3, 5 and 8 fits]."""
    lines = []
    for setting in measured.settings("size"):
        fits = measured.fits("size", "prior", setting=setting)
        means = [measured.mean("size", "prior", n, setting=setting).mean for n in fits]
        num = measured.num_signals("size", setting)
        lines.append([setting, str(num), *(f"{mean:.1f}" for mean in means)])
    return lines


def race(measured: Measured, method: str) -> tuple[Interval, Interval]:
    """Return the share of fits that a race saves and the dB that it loses.

    Args:
        measured: What a replay measured.
        method: The search whose points race.
    """
    saved = measured.mean("race: share saved", method, 20)
    return saved, measured.mean("race: dB lost", method, 20)


def terminal_tables(rows: Sequence[Row]) -> list[Table]:
    """Return the tables that the command prints."""
    measured = Measured(rows)
    five = db(measured.mean("regret", "prior", 5))
    regrets = f"Mean regret in dB. The prior after 5 fits: {five}."
    hand = "What the best network in hand gains in dB over one fit of the rule's point."
    short = (
        "Short fits: rank correlation with whole ones, of all points and of those within 4 dB "
        "of the best, and the regret in dB of the best short fit."
    )
    size = "Other sizes: regret in dB after so many fits, read from the seed that is observed."
    tables = [
        _table(regrets, REGRET_HEADER, regret_lines(measured)),
        _table(hand, ["fits", *FIVE_FITS], hand_lines(measured)),
        _table(short, ["epochs", "all", "near", "regret"], short_lines(measured)),
        _table(size, SIZE_HEADER, size_lines(measured)),
    ]
    for method in ("prior", "tpe"):
        saved, lost = race(measured, method)
        caption = f"A race saves {saved.mean:.0%} of the fits and loses {db(lost)}."
        tables.append(_table(caption, ["points of"], [[method]]))
    return tables


def _table(caption: str, header: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    shown = wide_table(caption)
    for i, name in enumerate(header):
        shown.add_column(name, justify="right" if i else "left")
    for line in lines:
        shown.add_row(*line)
    return shown


def where_worse(measured: Measured) -> str:
    """Return in words where the prior leaves more regret than the rule, TPE or GP."""
    worse = []
    for other in ("rule", "tpe", "gp"):
        fits = [
            number
            for number in measured.fits("regret", "prior")[1:]
            if measured.saving("prior", other, number).mean < 0
        ]
        if fits:
            worse.append(f"`{other}` after {', '.join(map(str, fits))} fits")
    if not worse:
        return "on average no worse than the rule, TPE and GP after any number of fits up to 20"
    return f"on average worse than {' and '.join(worse)}, and no worse anywhere else"
