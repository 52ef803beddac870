"""Define the settings of a search with Optuna."""

from dataclasses import dataclass, replace

from inr_models import InputError
from inr_models.checks import check_counts

ROUND_SIZES = {"tpe": 4, "gp": 4, "random": 4, "prior": 1}
"""How many suggestions each sampler makes before it gets their scores.

The keys are those of `samplers.SAMPLERS`, which is slow to import. Several suggestions keep more
workers busy. The prior is for few fits, and knows more after each. Signals are searched in
parallel, whatever the size of a round.
"""

MAX_REPEATS = 100
"""A search ends when so many suggestions in a row repeat points that were tried."""


@dataclass(frozen=True, kw_only=True)
class SearchSettings:
    """Says how each signal is searched, over the rectangle that the scale's grid spans.

    Args:
        trials: Suggestions for each signal.
        sampler: A name in `studies.engine.search.samplers.SAMPLERS`.
        round_size: Optuna gets scores in rounds of this many suggestions, so that suggestions do
            not depend on which fit ends first. None for the sampler's own (`ROUND_SIZES`).
        early_stopping: Whether fits end early that are behind the others of their signal.
        seed: The seed of the suggestions.

    Raises:
        InputError: A value is out of its range, or two of them contradict each other.
    """

    trials: int = 60
    sampler: str = "tpe"
    round_size: int | None = None
    early_stopping: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.sampler not in ROUND_SIZES:
            fix = f"give one of {', '.join(ROUND_SIZES)}."
            raise InputError.of_value("unknown-name", "--sampler", self.sampler, fix)
        check_counts(self, "trials")
        if self.round_size is not None:
            check_counts(self, "round_size")
        if self.early_stopping and self.sampler in ("gp", "prior"):
            why = f"{self.sampler} cannot use stopped fits. Use --sampler tpe."
            raise InputError.at("conflict", "--early-stopping", why)

    @property
    def together(self) -> int:
        """The number of suggestions in a round.

        Example:
            >>> SearchSettings(sampler="prior").together
            1
        """
        return self.round_size or ROUND_SIZES[self.sampler]

    def identity(self) -> "SearchSettings":
        """Return what makes two searches the same: more suggestions continue a search."""
        own = ROUND_SIZES[self.sampler]
        return replace(self, trials=1, round_size=None if self.together == own else self.together)
