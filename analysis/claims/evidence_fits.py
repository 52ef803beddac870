"""Judge claims by fits: which network is best, which are dead, which learn faster."""

import itertools
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence

from analysis.claims.claim import Criterion, Evidence, Finding, Verdict, at_least, joint, shown
from analysis.claims.data import Data, Fits, Fitted, Seeds, over_signals
from analysis.statistics.intervals import SURE, holm, p_value

MORE_SEEDS = ("audio_denoising", "image_denoising", "shape_fitting")
"""The studies that the ledger reads five seeds of."""

LABELS = {
    "siren": "SIREN",
    "siren2": "SIREN²",
    "siren2_eqn11": "SIREN² (Eqn. 11)",
    "siren2_tt": "SIREN² with a tensor train",
    "finer": "FINER",
    "finer_pp": "FINER++",
    "wire": "WIRE",
    "gauss": "Gauss",
    "hosc": "HOSC",
    "relu_pe_authors": "ReLU-PE",
    "siren_rff_authors": "SIREN-RFF",
}
"""Names of the cases on the page."""


def command_of(study: str) -> str:
    """Return the command that runs a study for the ledger.

    >>> command_of("bottleneck")
    'python studies/bottleneck.py run --scale small'
    """
    command = f"python studies/{study}.py run --scale small"
    return f"{command} --seeds 5" if study in MORE_SEEDS else command


def of_study(study: str, find: Callable[[Fits], Finding | None]) -> Evidence:
    """Return the evidence that the fits of one study give.

    Args:
        study: The study's name.
        find: Returns what its fits say, None if they say nothing.
    """

    def find_in(data: Data) -> Finding | None:
        fits = data.studies.get(study)
        return find(fits) if fits else None

    return Evidence(find_in, command_of(study))


def is_first(study: str, target: str, case: str) -> Evidence:
    """Return the evidence that a case fits a target best of all that were tested.

    It holds if its lead over every other case is certain, and fails if another one certainly is
    better. p-values pay for the number of cases (Holm).

    Args:
        study: The study's name.
        target: The paper's name of the signal.
        case: The case that the paper has first.
    """

    def find(fits: Fits) -> Finding | None:
        cases = fits.cases(target)
        if case not in cases or len(cases) < 2:
            return None
        leads = {}
        for name, other in cases.items():
            if name != case and (pairs := paired(cases[case], other)):
                leads[name] = over_signals({target: pairs})
        if not leads:
            return None
        p_values = holm([p_value(lead) for lead in leads.values()])
        sure = [lead for lead, p in zip(leads.values(), p_values, strict=True) if p < SURE]
        means = {name: mean_of(seeds) for name, seeds in cases.items()}
        rival = max(leads, key=lambda name: means[name])
        verdict = Verdict.OPEN
        if any(lead.mean < 0 for lead in sure):
            verdict = Verdict.FAILS
        elif len(sure) == len(leads):
            verdict = Verdict.HOLDS
        lead = leads[rival]
        word = "above" if lead.mean >= 0 else "below"
        gap = lead if lead.mean >= 0 else -lead
        figure = f"{label_of(case)} {means[case]:.1f} dB, {shown(gap)} dB {word} {label_of(rival)}"
        return Finding(verdict, figure, fits.scale)

    return of_study(study, find)


def difference(
    study: str,
    ours: Sequence[str],
    others: Sequence[str],
    criterion: Criterion,
    *,
    targets: Sequence[str],
    label: str = "",
    score: Callable[[Fitted], float] = lambda fitted: fitted.psnr,
) -> Evidence:
    """Return the evidence about a mean difference between cases on the same seeds.

    Args:
        study: The study's name.
        ours: The first case. If several match (`Fits.matching`), the best on each signal counts.
        others: The second case, likewise.
        criterion: Judges the mean over signals and seeds, in dB.
        targets: The signals.
        label: What the page calls the difference, by default the names of the two cases.
        score: What is compared, by default the peak PSNR.
    """

    def find(fits: Fits) -> Finding | None:
        by_signal = {}
        for target in targets:
            best, rival = (_best(fits.matching(target, names)) for names in (ours, others))
            if best and rival and (pairs := paired(best, rival, score)):
                by_signal[target] = pairs
        if not by_signal:
            return None
        interval = over_signals(by_signal)
        name = label or f"{label_of(ours[0])} minus {label_of(others[0])}"
        figure = f"{name} {shown(interval)} dB{num_of(by_signal)}"
        return Finding(criterion(interval), figure, fits.scale)

    return of_study(study, find)


def above_zero_output(
    study: str,
    cases: Sequence[str],
    criterion: Criterion,
    *,
    targets: Sequence[str],
    label: str = "",
) -> Evidence:
    """Return the evidence about cases' mean PSNR above zero output, and how many fits are dead.

    Args:
        study: The study's name.
        cases: The cases (`Fits.matching`). Their fits are pooled by signal and seed.
        criterion: Judges the mean over signals and seeds, in dB.
        targets: The signals.
        label: What the page calls the cases together, by default their names.
    """

    def find(fits: Fits) -> Finding | None:
        pooled: dict[str, dict[int, list[Fitted]]] = {}
        for target in targets:
            for seeds in fits.matching(target, cases).values():
                for seed, fitted in seeds.items():
                    pooled.setdefault(target, {}).setdefault(seed, []).append(fitted)
        if not pooled:
            return None
        by_signal: dict[str, dict[int, float]] = {}
        for target, seeds in pooled.items():
            by_signal[target] = {
                seed: statistics.fmean(one.above_zero for one in of_seed)
                for seed, of_seed in seeds.items()
            }
        every = [one for seeds in pooled.values() for all in seeds.values() for one in all]
        num_dead = sum(one.is_dead for one in every)
        interval = over_signals(by_signal)
        name = label or ", ".join(map(label_of, cases))
        figure = f"{name}: {shown(interval, digits=2)} dB above zero output, {num_dead} of "
        return Finding(criterion(interval), f"{figure}{len(every)} fits dead", fits.scale)

    return of_study(study, find)


def falling(study: str, case: str, targets: Sequence[str]) -> Evidence:
    """Return the evidence that a case's PSNR falls from each target to the next.

    The claim's parts are the steps. Each is a difference of two signals on equal seeds.

    Args:
        study: The study's name.
        case: The case.
        targets: The signals, in the order in which its PSNR falls.
    """

    def find(fits: Fits) -> Finding | None:
        if any((target, case) not in fits.of for target in targets):
            return None
        verdicts = []
        for before, after in itertools.pairwise(targets):
            if step := paired(fits.of[before, case], fits.of[after, case]):
                verdicts.append(at_least(0)(over_signals({before: step})))
        means = ", ".join(f"{mean_of(fits.of[target, case]):.1f}" for target in targets)
        figure = f"{label_of(case)} on {targets[0]} to {targets[-1]}: {means} dB"
        return Finding(joint(verdicts), figure, fits.scale)

    return of_study(study, find)


def drop(fitted: Fitted) -> float:
    """Return how far a fit ends below its peak, in dB.

    >>> drop(Fitted(psnr=30.0, final=28.0, above_zero=18.0, is_dead=False))
    2.0
    """
    return fitted.psnr - fitted.final


def paired(
    ours: Seeds, other: Seeds, score: Callable[[Fitted], float] = lambda fitted: fitted.psnr
) -> dict[int, float]:
    """Return the differences in dB on the seeds that both have.

    Args:
        ours: A case's fits by seed.
        other: Another case's fits by seed.
        score: What is compared in dB, by default the peak PSNR.

    Example:
        >>> fit = Fitted(psnr=30.0, final=28.0, above_zero=18.0, is_dead=False)
        >>> paired({0: fit, 1: fit}, {1: fit})
        {1: 0.0}
    """
    return {seed: score(ours[seed]) - score(other[seed]) for seed in ours.keys() & other.keys()}


def mean_of(seeds: Seeds) -> float:
    """Return the mean peak PSNR in dB over all seeds."""
    return statistics.fmean(fitted.psnr for fitted in seeds.values())


def _best(cases: Mapping[str, Seeds]) -> Seeds | None:
    """Return the fits of the case with the highest mean, None if there is no case."""
    return max(cases.values(), key=mean_of, default=None)


def label_of(case: str) -> str:
    """Return what the page calls a case.

    >>> label_of("siren2")
    'SIREN²'
    """
    return LABELS.get(case, case)


def num_of(signals: Collection[object]) -> str:
    """Return the number of signals in words, nothing for one.

    >>> num_of(["tetris", "bach"])
    ' (2 signals)'
    """
    return f" ({len(signals)} signals)" if len(signals) > 1 else ""
