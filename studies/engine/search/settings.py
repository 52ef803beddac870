"""Define the settings of a search with Optuna."""

from dataclasses import dataclass

from inr_models import InputError
from inr_models.checks import check_counts

SAMPLER_NAMES = ("tpe", "gp", "random", "prior")
"""The keys of `samplers.SAMPLERS`, which is slow to import."""

MAX_REPEATS = 100
"""A search ends when so many suggestions in a row repeat points that were tried."""


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Says how each signal is searched, over the rectangle that the scale's grid spans.

    Args:
        trials: Suggestions for each signal.
        sampler: A name in `studies.engine.search.samplers.SAMPLERS`.
        round_size: Optuna gets scores in rounds of this many suggestions, so that suggestions do
            not depend on which fit ends first.
        early_stopping: Whether fits end early that are behind the others of their signal.
        seed: The seed of the suggestions.

    Raises:
        InputError: A value is out of its range, or two of them contradict each other.
    """

    trials: int = 60
    sampler: str = "tpe"
    round_size: int = 4
    early_stopping: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_counts(self, "trials", "round_size")
        if self.early_stopping and self.sampler in ("gp", "prior"):
            why = f"{self.sampler} cannot use stopped fits. Use --sampler tpe."
            raise InputError.at("conflict", "--early-stopping", why)
