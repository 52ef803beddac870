"""Hold what the ledger is computed from: fits, measured numbers and committed tables."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from analysis.findings.optimizers import Optimizers
from analysis.regret.stored import RuleRegret
from analysis.statistics.intervals import Interval, mean_interval, paired_interval
from studies.engine.store.store import Curve

Row = Mapping[str, Any]


class Fitted(NamedTuple):
    """Holds one whole fit of a comparison.

    Attributes:
        psnr: The peak PSNR in dB.
        final: The PSNR in dB after the last epoch.
        above_zero: The peak above the better of zero output and the best constant, in dB.
        is_dead: Whether the fit learned nothing, see `studies.engine.store.dead`.
        curve: The epochs and the PSNR after each.
    """

    psnr: float
    final: float
    above_zero: float
    is_dead: bool
    curve: Curve = ([], [])


Seeds = Mapping[int, Fitted]
"""The fits of one case on one signal, by seed."""


class Fits(NamedTuple):
    """Holds the fits of a study at one scale.

    Attributes:
        of: The fits by target and case. A target is the paper's name of a signal, or its own.
        psi: The signals' psi, by target.
        scale: The sizes in words.
        decay: The factor on the learning rate every 20 epochs.
    """

    of: dict[tuple[str, str], dict[int, Fitted]]
    psi: dict[str, float]
    scale: str
    decay: float = 0.95

    def cases(self, target: str) -> dict[str, Seeds]:
        """Return all cases of a target."""
        return {case: seeds for (of, case), seeds in self.of.items() if of == target}

    def matching(self, target: str, patterns: Sequence[str]) -> dict[str, Seeds]:
        """Return the cases of a target that match a pattern.

        Args:
            target: The target.
            patterns: Names, in which * stands for anything, {decay} for the usual decay, and
                {faster_decay} for one of twice as much.
        """
        decays = {"decay": f"{self.decay:g}", "faster_decay": f"{2 * self.decay - 1:g}"}
        names = [pattern.format(**decays) for pattern in patterns]
        cases = self.cases(target)
        return {name: cases[name] for name in cases if any(fnmatchcase(name, n) for n in names)}


class Number(NamedTuple):
    """Holds one measured number of `analysis.measured`."""

    signal: str
    seed: int
    value: float


class Map(NamedTuple):
    """Holds what was fitted to one signal over (s0, s1).

    Attributes:
        recording: The recording that the signal was cut from.
        psnr: The mean PSNR in dB of every point over its seeds.
        eqn11: That of the point of Eqn. 11, scaled in length and width. NaN if it is not in the
            map.
        scale: The sizes in words.
    """

    recording: str
    psnr: Sequence[float]
    eqn11: float
    scale: str


@dataclass(frozen=True)
class Data:
    """All that claims are judged by.

    Attributes:
        measured: The numbers of `analysis.measured`, by quantity and case.
        scales: The sizes that a quantity was measured at, in words.
        studies: The fits by study: those at the paper's scale where there are any.
        regrets: The regrets of rules whose points were trained, by rule.
        maps: The maps of (s0, s1), by the type of the signals.
        landscapes: The sizes of the sounds' maps and of the regrets, in words.
        noise_scales: The rows of `analysis.noise_scales`.
        diagnoses: The rows of `analysis.diagnosis_proof`.
        predictors: The rows of `analysis.contest`.
        optimizers: Maps under Adam and other optimizers. None where there are none.
    """

    measured: Mapping[tuple[str, str], Sequence[Number]] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    studies: Mapping[str, Fits] = field(default_factory=dict)
    regrets: Mapping[str, RuleRegret] = field(default_factory=dict)
    maps: Mapping[str, Sequence[Map]] = field(default_factory=dict)
    landscapes: str = ""
    noise_scales: Sequence[Row] = ()
    diagnoses: Sequence[Row] = ()
    predictors: Sequence[Row] = ()
    optimizers: Optimizers | None = None

    def number(self, quantity: str, case: str, only: str | None = None) -> Interval | None:
        """Return the mean of a measured number over signals and seeds, None if it is missing.

        Args:
            quantity: The name of the quantity.
            case: The case.
            only: The name of the only signal that counts.
        """
        by_signal: dict[str, dict[int, float]] = defaultdict(dict)
        for signal, seed, value in self.measured.get((quantity, case), ()):
            if only is None or signal == only:
                by_signal[signal][seed] = value
        if not by_signal:
            return None
        values = [value for seeds in by_signal.values() for value in seeds.values()]
        if len(values) == 1:
            # It was measured once because no seed changes it.
            return Interval(values[0], math.nan, math.nan)
        return over_signals(by_signal)


def over_signals(by_signal: Mapping[str, Mapping[int, float]]) -> Interval:
    """Return the interval of the mean over signals and seeds, or over seeds for one signal.

    Of one signal on one seed, nothing is known of chance, and the interval is endless.

    Example:
        >>> over_signals({"tetris": {0: 1.0, 1: 2.0, 2: 3.0}}).mean
        2.0
    """
    if len(by_signal) > 1:
        return mean_interval(list(by_signal.values()), list(by_signal))
    [values] = by_signal.values()
    if len(values) < 2:
        [value] = values.values()
        return Interval(value, -math.inf, math.inf)
    return paired_interval(list(values.values()))._replace(num_seeds=len(values))
