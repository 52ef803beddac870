"""List the samplers that a search may use.

Every suggestion gets a new sampler with its own seed. So a suggestion depends only on the points
and scores that Optuna has.
"""

from collections.abc import Callable, Mapping

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler

from inr_models import InputError

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    # A round has no scores while it is suggested. The constant liar keeps its points apart.
    "tpe": lambda seed: TPESampler(seed=seed, multivariate=True, constant_liar=True),
    "gp": lambda seed: GPSampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}


def make_sampler(name: str, seed: int, space: Mapping[str, BaseDistribution]) -> BaseSampler:
    """Return the sampler of a name for a space.

    Args:
        name: A key of `SAMPLERS`.
        seed: The seed of what it suggests.
        space: The distribution of each parameter by name.

    Raises:
        InputError: There is none of that name.

    Example:
        >>> type(make_sampler("random", 0, {})).__name__
        'RandomSampler'
    """
    if name not in SAMPLERS:
        fix = f"give one of {', '.join(SAMPLERS)}."
        raise InputError.of_value("unknown-name", "--sampler", name, fix)
    sampler = SAMPLERS[name](seed)
    # Otherwise Optuna infers the space from all trials for every suggestion.
    sampler.infer_relative_search_space = lambda study, trial: dict(space)
    return sampler
