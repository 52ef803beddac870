"""Find evidence in maps under Adam and under other optimizers."""

from collections.abc import Callable

from analysis.claims.claim import Criterion, Evidence, Finding, shown
from analysis.claims.data import Data
from analysis.findings.optimizers import NAMES, Optimizers, UnderOptimizer
from inr_models.shown import count
from search_spaces.rules import EVEN_LAW

COMMAND = "python -m analysis.experiments.optimizers RESULTS --to analysis/data"


def gains(optimizer: str, criterion: Criterion) -> Evidence:
    """Return the evidence about what an optimizer gains on Adam, each at its best noise scales.

    Args:
        optimizer: Its name.
        criterion: Judges the mean over signals and seeds, in dB.

    Example:
        >>> from analysis.claims.claim import at_least
        >>> gains("muon", at_least(0))(Data()).verdict.value
        'is not tested'
    """

    def find(under: UnderOptimizer, reference: UnderOptimizer) -> Finding:
        rates = f"learning rates {under.trained.learning_rate:g} and "
        rates += f"{reference.trained.learning_rate:g}"
        figure = f"{NAMES[optimizer]} minus Adam {shown(under.gain)} dB, {rates}"
        return Finding(criterion(under.gain), figure)

    return _of_maps(optimizer, find)


def rules_regret(optimizer: str, criterion: Criterion) -> Evidence:
    """Return the evidence about what a rule loses that was fitted under Adam.

    Args:
        optimizer: The name of the optimizer that trains at the rule's point.
        criterion: Judges the mean over signals and seeds, in dB.

    Example:
        >>> from analysis.claims.claim import at_most
        >>> rules_regret("muon", at_most(1))(Data()).verdict.value
        'is not tested'
    """

    def find(under: UnderOptimizer, _: UnderOptimizer) -> Finding:
        figure = f"{EVEN_LAW} stays {shown(under.regret)} dB below the best of the map"
        return Finding(criterion(under.regret), figure)

    return _of_maps(optimizer, find)


def _of_maps(optimizer: str, find: Callable[[UnderOptimizer, UnderOptimizer], Finding]) -> Evidence:
    """Return the evidence that the maps under an optimizer give."""

    def find_in(data: Data) -> Finding | None:
        known = data.optimizers
        if known is None:
            return None
        for under in known.others:
            if under.trained.optimizer == optimizer:
                finding = find(under, known.reference)
                figure = f"{finding.figure} ({count(known.num_signals, 'sound')})"
                return finding._replace(figure=figure, scale=_scale(known))
        return None

    return Evidence(find_in, COMMAND)


def _scale(known: Optimizers) -> str:
    """Return the sizes of the maps, in words."""
    fit = known.fit
    sizes = f"{fit.num_samples:,} samples, {fit.parameters:,} parameters"
    return f"small: {sizes}, {fit.epochs} epochs †"
