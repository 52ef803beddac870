"""The samplers that a search may use: a line each. A sampler is made anew for every suggestion
from a seed of its own, so what it suggests follows from the points told and nothing else."""

from collections.abc import Callable

from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler

from inr_models import InputError

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    # Suggestions of a round are asked before any is told: the liar keeps them apart.
    "tpe": lambda seed: TPESampler(seed=seed, multivariate=True, constant_liar=True),
    "gp": lambda seed: GPSampler(seed=seed),
    "random": lambda seed: RandomSampler(seed=seed),
}


def make_sampler(name: str, seed: int) -> BaseSampler:
    """The sampler of that name.

    Raises:
        InputError: there is none.
    """
    if name not in SAMPLERS:
        raise InputError(f"--sampler {name}: give one of {', '.join(SAMPLERS)}.")
    return SAMPLERS[name](seed)
