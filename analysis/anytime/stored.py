"""Keep what a replay measured in a results folder, where the page of findings reads it."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from analysis.anytime.maps import ReplayMap
from analysis.anytime.replay import Split
from analysis.experiments.stored import read_rows, write_rows
from analysis.statistics.intervals import UNKNOWN, Interval, mean_interval

COMMAND, FILE = "benchmarks.anytime", "anytime.parquet"

FITS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 60)
"""The numbers of fits after which a search is asked for its answer."""


BESIDE_GP = "regret beside gp"
"""The regrets of the prior and of the GP on the splits that the GP has, which are fewer."""


class Row(NamedTuple):
    """Holds one value of one signal.

    Attributes:
        measure: what it is: "regret", "hand", "rank", "race" ..
        method: the search.
        setting: the size of the signal and of the network. "" for the usual one.
        fits: after how many fits.
        epochs: the length of each.
        signal: the signal's sha256.
        recording: the recording that it was cut from.
        seed: the seed that scores, or the one that was observed.
        value: in dB, or a share.
    """

    measure: str
    method: str
    setting: str
    fits: int
    epochs: int
    signal: str
    recording: str
    seed: int
    value: float


def row_of(
    one: ReplayMap,
    measure: str,
    method: str,
    split: Split | int,
    value: float,
    *,
    fits: int,
    epochs: int = 300,
) -> Row:
    """Return the row of a value that a split, or one observed seed, gave.

    Args:
        one: The map of one signal.
        measure: What was measured.
        method: The search.
        split: The split, or the place of the observed seed.
        value: The value, in dB or a share.
        fits: The number of fits.
        epochs: Their length.
    """
    place = split if isinstance(split, int) else split.scoring
    landscape = one.landscape
    return Row(
        measure, method, "", fits, epochs, landscape.target.sha256, landscape.recording,
        landscape.seeds[place], float(value),
    )  # fmt: skip


def write(rows: Sequence[Row], results: str) -> str:
    """Write rows to RESULTS/_rules/anytime.parquet and return the path.

    Args:
        rows: Rows, of which those of one signal and seed are averaged.
        results: A results folder.
    """
    plain = [row._asdict() for row in averaged(rows)]
    return write_rows(plain, COMMAND, results, FILE, to=None, same=())


def read(results: str) -> list[Row]:
    """Return the rows that a folder holds, [] if there are none.

    Example:
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> Measured(read(BENCHMARK)).num_signals("regret") > 10
        True
    """
    return [Row(**row) for row in read_rows(COMMAND, results, FILE, Row._fields)]


def averaged(rows: Sequence[Row]) -> list[Row]:
    """Return the mean of rows that differ in their value alone: of splits with one scoring seed."""
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[:-1]].append(row)
    return [
        group[0]._replace(value=sum(row.value for row in group) / len(group))
        for group in groups.values()
    ]


At = tuple[str, str, str, int, int]
"""(measure, method, setting, fits, epochs)."""


class Measured:
    """Looks up intervals over recordings and seeds.

    Args:
        rows: what a replay measured.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._values: dict[At, dict[str, dict[int, float]]] = {}
        self._recordings: dict[str, str] = {}
        for row in averaged(rows):
            of_signals = self._values.setdefault(row[:5], {})
            of_signals.setdefault(row.signal, {})[row.seed] = row.value
            self._recordings[row.signal] = row.recording

    def fits(self, measure: str, method: str, epochs: int = 300, setting: str = "") -> list[int]:
        """Return the numbers of fits after which a method was measured.

        Args:
            measure: What was measured.
            method: The search.
            epochs: The length of the fits.
            setting: The size of signal and network, "" for the usual one.
        """
        return sorted(
            at[3]
            for at in self._values
            if (at[0], at[1], at[2], at[4]) == (measure, method, setting, epochs)
        )

    def methods(self, measure: str) -> list[str]:
        """Return the methods of a measure, in the order in which they were measured."""
        return list(dict.fromkeys(at[1] for at in self._values if at[0] == measure))

    def settings(self, measure: str) -> list[str]:
        """Return the settings of a measure."""
        return list(dict.fromkeys(at[2] for at in self._values if at[0] == measure))

    def epochs(self, measure: str) -> list[int]:
        """Return the lengths of the fits of a measure."""
        return sorted({at[4] for at in self._values if at[0] == measure})

    def num_signals(self, measure: str, setting: str = "") -> int:
        """Return the number of signals of a measure."""
        return len(
            {s for at, v in self._values.items() if at[:3:2] == (measure, setting) for s in v}
        )

    def mean(
        self, measure: str, method: str, fits: int, epochs: int = 300, setting: str = ""
    ) -> Interval:
        """Return the mean over signals, UNKNOWN if it was not measured.

        Args:
            measure: What was measured.
            method: The search.
            fits: The number of fits.
            epochs: Their length.
            setting: The size of signal and network, "" for the usual one.
        """
        values = self._values.get((measure, method, setting, fits, epochs))
        return self._interval(values) if values else UNKNOWN

    def median(self, measure: str, method: str, fits: int, epochs: int = 300) -> float:
        """Return the median over signals of their means."""
        return statistics.median(self._means(measure, method, fits, epochs))

    def largest_part(self, measure: str, method: str, fits: int, epochs: int = 300) -> float:
        """Return the part of the mean over signals that the signal with the largest value has."""
        means = self._means(measure, method, fits, epochs)
        return max(means) / len(means)

    def _means(self, measure: str, method: str, fits: int, epochs: int) -> list[float]:
        values = self._values[measure, method, "", fits, epochs]
        return [sum(by_seed.values()) / len(by_seed) for by_seed in values.values()]

    def saving(self, method: str, other: str, fits: int, other_fits: int | None = None) -> Interval:
        """Return how many dB less regret a method has than another, on the same signals and seeds.

        Args:
            method: the method.
            other: the other one.
            fits: after how many fits.
            other_fits: after how many of the other, by default as many.
        """
        measure = BESIDE_GP if other == "gp" else "regret"
        at = (measure, method, "", fits, 300)
        beside = (measure, other, "", fits if other_fits is None else other_fits, 300)
        return self._ahead(beside, at)

    def ahead(self, measure: str, method: str, other: str, fits: int) -> Interval:
        """Return by how much a method's value is higher than another's, after as many fits.

        Args:
            measure: What was measured.
            method: The search.
            other: The search that it is compared with.
            fits: The number of fits of both.
        """
        return self._ahead((measure, method, "", fits, 300), (measure, other, "", fits, 300))

    def _ahead(self, one: At, other: At) -> Interval:
        """Return the mean of one value minus another, on the same signals and seeds."""
        if one not in self._values or other not in self._values:
            return UNKNOWN
        higher, lower = self._values[one], self._values[other]
        return self._interval(
            {
                signal: {seed: value - lower[signal][seed] for seed, value in by_seed.items()}
                for signal, by_seed in higher.items()
            }
        )

    def _interval(self, values: dict[str, dict[int, float]]) -> Interval:
        return mean_interval(list(values.values()), [self._recordings[s] for s in values])
