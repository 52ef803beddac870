"""List the samplers that a search may use.

Every suggestion gets a new sampler with its own seed. So a suggestion depends only on the points
and scores that Optuna has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from optuna.distributions import FloatDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler

from search_spaces.prior import belief_of
from search_spaces.rules import Target
from studies.engine.search.prior_sampler import PriorSampler


@dataclass(frozen=True)
class Searched:
    """Says what is searched.

    Args:
        space: The distribution of each parameter by name.
        target: The signal and the size of its network.
        num_seeds: How many fits a score is the mean of.
    """

    space: Mapping[str, FloatDistribution]
    target: Target
    num_seeds: int = 1


def _prior(seed: int, searched: Searched) -> BaseSampler:
    belief = belief_of(searched.target)
    return PriorSampler(belief, searched.space, seed=seed, num_seeds=searched.num_seeds)


SAMPLERS: dict[str, Callable[[int, Searched], BaseSampler]] = {
    # A round has no scores while it is suggested. The constant liar keeps its points apart.
    "tpe": lambda seed, _: TPESampler(seed=seed, multivariate=True, constant_liar=True),
    "gp": lambda seed, _: GPSampler(seed=seed),
    "random": lambda seed, _: RandomSampler(seed=seed),
    "prior": _prior,
}


def make_sampler(name: str, seed: int, searched: Searched) -> BaseSampler:
    """Return the sampler of a name for a search.

    Args:
        name: A key of `SAMPLERS`.
        seed: The seed of what it suggests.
        searched: What is searched.

    Raises:
        InputError: `prior` knows nothing of such a target.

    Example:
        >>> searched = Searched({}, Target.of(samples, width=26))
        >>> type(make_sampler("random", 0, searched)).__name__
        'RandomSampler'
    """
    sampler = SAMPLERS[name](seed, searched)
    # Otherwise Optuna infers the space from all trials for every suggestion.
    sampler.infer_relative_search_space = lambda study, trial: dict(searched.space)
    return sampler
