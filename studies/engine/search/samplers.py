"""List the samplers that a search may use.

Every suggestion gets a new sampler with its own seed. So a suggestion depends only on the points
and scores that Optuna has.
"""

from collections.abc import Callable, Mapping
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from inr_models import InputError

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    # A round has no scores while it is suggested. The constant liar keeps its points apart.
    "tpe": lambda seed: TPESampler(seed=seed, multivariate=True, constant_liar=True),
    "gp": lambda seed: GPSampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}


def make_sampler(name: str, seed: int, space: Mapping[str, BaseDistribution]) -> BaseSampler:
    """Return the sampler of a name for a space.

    Raises:
        InputError: There is none of that name.
    """
    if name not in SAMPLERS:
        raise InputError(
            "unknown-name", "--sampler", f"--sampler {name}: give one of {', '.join(SAMPLERS)}."
        )
    return _WithSpace(SAMPLERS[name](seed), space)


class _WithSpace(BaseSampler):
    """A sampler with a fixed space. Otherwise Optuna infers it from all trials each time."""

    def __init__(self, sampler: BaseSampler, space: Mapping[str, BaseDistribution]) -> None:
        self.sampler, self.space = sampler, dict(space)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self.space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self.sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self.sampler.sample_independent(study, trial, param_name, param_distribution)
