"""Suggest points by Optuna from a prior over the objective: five fits instead of sixty.

The sampler needs Optuna and numpy, and nothing of the studies. So it works in any Optuna study that
maximizes and whose parameters are floats:

    belief = belief_of(Target.of(samples, width=52))
    space = {"s0": FloatDistribution(10, 2000, log=True), "s1": FloatDistribution(0.05, 2)}
    study = optuna.create_study(direction="maximize", sampler=PriorSampler(belief, space, seed=0))
    study.optimize(objective, n_trials=5)
    study.sampler.answer(study)  # the point of the highest expected value
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from inr_models.errors import InputError
from search_spaces.prior.gaussian import Gaussian, Tried

NUM_CANDIDATES = 512
"""Points that a suggestion is chosen from, drawn again for each."""

DEPTH_DB = 15.0
"""A value that is further below the best one counts as this far below."""

SAME = 1e-6
"""Parameters that differ by less, as a share of their range, are one point."""

Array = NDArray[np.float64]


class Knows(Protocol):
    """Says what is known of the objective before the first trial.

    Attributes:
        start: The point to try first, in the order of the space's parameters.
        noise: The variance of a value.
    """

    @property
    def start(self) -> Sequence[float]: ...
    @property
    def noise(self) -> float: ...
    def moments(self, points: Array) -> Gaussian:
        """Return the mean and covariance at points [n, d]. A mean of -inf marks the unknown."""
        ...


class PriorSampler(BaseSampler):
    """Suggests what improves the answer most, by the knowledge gradient under a prior.

    The first suggestion is the prior's start. Trials that still run count as done, with a value
    that is not known. Pruned trials are left out.

    Args:
        belief: What is known before the first trial.
        space: The distribution of each parameter by name, in the order of the belief's points.
        seed: Draws the candidates.
        num_seeds: How many fits a value is the mean of.
    """

    def __init__(
        self,
        belief: Knows,
        space: Mapping[str, FloatDistribution],
        *,
        seed: int | None = None,
        num_seeds: int = 1,
    ) -> None:
        self.belief, self.space = belief, dict(space)
        self.noise = belief.noise / num_seeds
        self.rng = np.random.default_rng(seed)
        self.others = RandomSampler(seed=seed)

    def reseed_rng(self) -> None:
        """Draw other candidates from now on, as Optuna asks of samplers in parallel workers."""
        self.rng = np.random.default_rng()
        self.others.reseed_rng()

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the space."""
        return dict(self.space)

    def sample_relative(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        """Return the parameters of the next trial. {} leaves them to chance, see below.

        They are drawn at random if the prior knows no point of the space.

        Raises:
            ValueError: The study minimizes, or has several objectives.
        """
        points, tried = self._tried(study)
        first = len(points)
        if self._contains(self.belief.start) and not self._was_suggested(study):
            return dict(zip(self.space, self.belief.start, strict=True))
        points = np.array([*points, *self._candidates()])
        known = self.belief.moments(points)
        if not np.isfinite(known.mean[first:]).any():
            return {}
        place = tried.suggested(known, self.noise, DEPTH_DB)
        return dict(zip(self.space, points[place].tolist(), strict=True))

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a random value for a parameter that is not in the space."""
        return self.others.sample_independent(study, trial, param_name, param_distribution)

    def answer(self, study: optuna.Study) -> dict[str, float]:
        """Return the parameters of the highest posterior mean, or of the start.

        It stays the start until two trials have a value. It need not have been tried.

        Raises:
            ValueError: The study minimizes, or has several objectives.
        """
        points, tried = self._tried(study)
        inside = [np.array(self.belief.start)] if self._contains(self.belief.start) else []
        points = np.array([*points, *inside, *self._candidates()])
        known = self.belief.moments(points)
        start = len(tried.places) + len(tried.running)
        place = tried.answer(known, self.noise, DEPTH_DB, start)
        return dict(zip(self.space, points[place].tolist(), strict=True))

    def _tried(self, study: optuna.Study) -> tuple[list[Array], Tried]:
        """Return the trials' points, and what the trials tell of them."""
        if study.directions != [StudyDirection.MAXIMIZE]:
            why = "PriorSampler maximizes one objective; give direction='maximize'."
            raise InputError.at("unsupported", "direction", why)
        states = (TrialState.COMPLETE, TrialState.RUNNING)
        # A trial that is being sampled has no parameters yet.
        trials = [
            trial
            for trial in study.get_trials(deepcopy=False, states=states)
            if trial.params.keys() >= self.space.keys()
        ]
        if not trials:
            return [], Tried()
        points = np.array([[trial.params[name] for name in self.space] for trial in trials])
        kept, places, values, running = [], [], [], []
        for i in np.flatnonzero(np.isfinite(self.belief.moments(points).mean)).tolist():
            value = trials[i].value
            if value is None:
                running.append(len(kept))
            else:
                places.append(len(kept))
                values.append(value)
            kept.append(points[i])
        return kept, Tried(places, values, running)

    def _candidates(self) -> Array:
        """Draw points [n, d] of the space, uniform in the logarithm where it is logarithmic."""
        columns = []
        for distribution in self.space.values():
            low, high = distribution.low, distribution.high
            if distribution.log:
                drawn = np.exp(self.rng.uniform(math.log(low), math.log(high), NUM_CANDIDATES))
            else:
                drawn = self.rng.uniform(low, high, NUM_CANDIDATES)
            columns.append(np.clip(drawn, low, high))
        return np.stack(columns, axis=1)

    def _contains(self, point: Sequence[float]) -> bool:
        pairs = zip(self.space.values(), point, strict=True)
        return all(space.low <= value <= space.high for space, value in pairs)

    def _was_suggested(self, study: optuna.Study) -> bool:
        """Return whether the start was tried, whatever became of it."""
        for trial in study.get_trials(deepcopy=False):
            if trial.params.keys() >= self.space.keys():
                pairs = zip(self.space.items(), self.belief.start, strict=True)
                if all(
                    abs(trial.params[name] - value) <= SAME * (space.high - space.low)
                    for (name, space), value in pairs
                ):
                    return True
        return False
