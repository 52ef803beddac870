"""Judge claims about how fits depend on time, on the signal and on the training's settings."""

import math
import statistics
from collections.abc import Collection, Sequence

from scipy import stats

from analysis.claims.claim import Criterion, Evidence, Finding, at_least, joint, shown
from analysis.claims.data import Fits, Seeds, over_signals
from analysis.claims.evidence_fits import label_of, mean_of, num_of, of_study, paired
from analysis.statistics.intervals import Interval
from analysis.statistics.ranks import rank_correlation

FEWEST = 3
"""The fewest signals that a speed is a mean over."""


def speed(
    study: str, case: str, others: Sequence[str], most: float, targets: Collection[str]
) -> Evidence:
    """Return the evidence about how early a case reaches the peaks of other cases.

    The number is the geometric mean of the share of the other's epochs that the case needs to
    reach the other's peak on the same signal and seed. It counts as 1 if it never does. Dead fits
    of others have no peak to reach, and others that live on fewer than three signals do not count.

    Args:
        study: The study's name.
        case: The case that should be faster.
        others: The other cases. The claim has a part for each.
        most: The largest share that counts as faster.
        targets: The signals.
    """

    def find(fits: Fits) -> Finding | None:
        verdicts, figures = [], []
        for other in others:
            by_signal = {}
            for target in targets:
                cases = fits.cases(target)
                if case in cases and other in cases:
                    logs = _log_shares(cases[case], cases[other])
                    if logs:
                        by_signal[target] = logs
            if len(by_signal) < FEWEST:
                continue
            share = over_signals(by_signal).exp()
            verdicts.append(at_least(-most)(-share))
            figures.append(f"{label_of(other)}'s peak after {shown(share, digits=2)} of its epochs")
        if not verdicts:
            return None
        return Finding(
            joint(verdicts), f"{label_of(case)} reaches {', '.join(figures)}", fits.scale
        )

    return of_study(study, find)


def grows_with_psi(
    study: str, case: str, others: Sequence[str], targets: Collection[str]
) -> Evidence:
    """Return the evidence that a case's lead over the best other grows with the signals' psi.

    It is the rank correlation over signals, with a 95 % interval by Fisher's transformation.

    Args:
        study: The study's name.
        case: The case that should lead.
        others: The other cases.
        targets: The signals. Five or more must have fits.
    """

    def find(fits: Fits) -> Finding | None:
        leads, psi = [], []
        for target in targets:
            cases = fits.cases(target)
            rivals = [mean_of(cases[name]) for name in others if name in cases]
            if case in cases and rivals:
                leads.append(mean_of(cases[case]) - max(rivals))
                psi.append(fits.psi[target])
        if len(leads) < 5:
            return None
        rank = rank_correlation(psi, leads)
        # The variance for ranks is that of Bonett and Wright (2000).
        half = stats.norm.ppf(0.975) * math.sqrt((1 + rank**2 / 2) / (len(leads) - 3))
        middle = math.atanh(max(min(rank, 0.999), -0.999))
        interval = Interval(rank, math.tanh(middle - half), math.tanh(middle + half))
        figure = f"rank correlation of psi and lead {shown(interval, digits=2)}{num_of(leads)}"
        return Finding(at_least(0)(interval), figure, fits.scale)

    return of_study(study, find)


def spread(
    study: str, cases: Sequence[str], criterion: Criterion, targets: Sequence[str]
) -> Evidence:
    """Return the evidence about the range between the best and the worst of several settings.

    The best and the worst are those of the mean over all signals and seeds, so that the range is
    that of two fixed settings. `Fits.matching` says what names may stand for.

    Args:
        study: The study's name.
        cases: The settings.
        criterion: Judges the range over signals and seeds, in dB.
        targets: The signals.
    """

    def find(fits: Fits) -> Finding | None:
        # Only settings that every signal has are compared.
        known = set.intersection(*(set(fits.matching(target, cases)) for target in targets))
        if len(known) < 2:
            return None
        means = {
            name: statistics.fmean(mean_of(fits.of[target, name]) for target in targets)
            for name in sorted(known)
        }
        best, worst = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
        pairs = {t: paired(fits.of[t, best], fits.of[t, worst]) for t in targets}
        if not all(pairs.values()):
            return None
        interval = over_signals(pairs)
        figure = f"{shown(interval)} dB between {best} and {worst}{num_of(targets)}"
        return Finding(criterion(interval), figure, fits.scale)

    return of_study(study, find)


def _log_shares(ours: Seeds, other: Seeds) -> dict[int, float]:
    """Return the logarithm of the share of epochs, by seed."""
    shares = {}
    for seed in ours.keys() & other.keys():
        rival = other[seed]
        epochs, psnr = ours[seed].curve
        if rival.is_dead or not epochs:
            continue
        reached = next((e for e, value in zip(epochs, psnr, strict=True) if value >= rival.psnr), 0)
        share = reached / epochs[-1] if reached else 1.0
        shares[seed] = math.log(share)
    return shares
