"""Say what is known of one target's landscape over (s0, s1), and where a search of it starts."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from search_spaces.bandwidth import bandwidth, gain, scales_of
from search_spaces.prior.gaussian import Array, Gaussian
from search_spaces.prior.landscape_prior import PRIOR, LandscapePrior, inputs_of
from search_spaces.rules import RECOMMENDED, RULES, NoiseScales, Rule, Target

LATTICE = (32, 16)
"""Points along K and along g that a search without a space of its own chooses from."""


@dataclass(frozen=True)
class Belief:
    """Holds what is known of a target's landscape before the first fit.

    Args:
        target: The signal and the size of its network.
        start: The rule's point (s0, s1), which is tried first.
        prior: The prior over landscapes.
    """

    target: Target
    start: NoiseScales
    prior: LandscapePrior = PRIOR

    def moments(self, points: Array) -> Gaussian:
        """Return what is known of points [n, 2] of (s0, s1).

        Raises:
            InputError: The target lacks a descriptor, or is no sound, series or image.
        """
        return self.prior.at(self.target, log_share_and_gain(self.target, points))

    @property
    def noise(self) -> float:
        """The variance in dB² of a fit about the landscape of its seed."""
        return self.prior.noise_of(self.target)

    @property
    def seed_noise(self) -> float:
        """The variance in dB² of what a seed adds to all points."""
        return self.prior.seed_noise_of(self.target)

    @cached_property
    def lattice(self) -> Array:
        """Points [n, 2] of (s0, s1) over all that the prior knows, the start first."""
        nodes, target = self.prior.nodes, self.target
        firsts = nodes[:, 0] - nodes[:, 1]
        points = [self.start]
        for log_gain in np.linspace(nodes[:, 1].min(), nodes[:, 1].max(), LATTICE[1]):
            for first in np.linspace(firsts.min(), firsts.max(), LATTICE[0]):
                share, g = np.exp([first + log_gain, log_gain]).tolist()
                sizes = {"width": target.width, "in_features": target.dimensions}
                points.append(NoiseScales(*scales_of(share * target.nyquist, g, **sizes)))
        return np.array(points)


def belief_of(target: Target, rule: Rule | None = None, prior: LandscapePrior = PRIOR) -> Belief:
    """Return what is known of a target's landscape.

    Args:
        target: The signal and the size of its network.
        rule: Gives the start, the recommended rule by default.
        prior: The prior over landscapes.

    Raises:
        InputError: The target lacks a descriptor, or is no sound, series or image.

    Example:
        >>> belief = belief_of(Target.of(samples, width=26))
        >>> belief.moments(np.array([belief.start])).mean.shape
        (1,)
    """
    inputs_of(target)  # refuses what the prior does not know, before the rule does
    return Belief(target, (rule or RULES[RECOMMENDED])(target), prior)


def log_share_and_gain(target: Target, points: Array) -> Array:
    """Return (log K / Nyquist, log g) of points [n, 2] of (s0, s1)."""
    sizes = {"width": target.width}
    logs = [
        (bandwidth(s0, s1, in_features=target.dimensions, **sizes), gain(s1, **sizes))
        for s0, s1 in points.tolist()
    ]
    return np.log(np.array(logs) / [target.nyquist, 1.0])
