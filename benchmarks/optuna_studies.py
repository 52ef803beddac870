"""Begin Optuna studies over the space of a stored map."""

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler

from analysis.anytime.maps import ReplayMap
from search_spaces.grids import AUDIO_GRID_DENSE


def space_of(one: ReplayMap) -> dict[str, BaseDistribution]:
    """Return the space of a map's signal: s0 by its logarithm, and s1."""
    (s0_low, s0_high), (s1_low, s1_high) = AUDIO_GRID_DENSE.bounds(one.landscape.target.side)
    return {
        "s0": FloatDistribution(s0_low, s0_high, log=True),
        "s1": FloatDistribution(s1_low, s1_high),
    }


def study_by(sampler: BaseSampler, space: dict[str, BaseDistribution]) -> optuna.Study:
    """Return a study whose sampler knows the space from its first trial on."""
    sampler.infer_relative_search_space = lambda study, trial: dict(space)
    return optuna.create_study(direction="maximize", sampler=sampler)
