"""Define a rule that knows the setting: how many values there are for each parameter.

A network with fewer values than parameters can interpolate them. One with more has to choose what
it fits. Each regime has a power law of its own, and the laws blend into each other:

    r = n/p (depth/4)^a (path/0.1)^b
    w_few = sigmoid(ln(few_below / r) / few_softness)
    w_many = (1 - w_few) sigmoid(ln(r / many_above) / many_softness),   w_even = 1 - w_few - w_many
    ln K = sum_i w_i ln K_i,   ln g = sum_i w_i ln g_i,   K_few ~ (depth/4)^c (path/0.1)^e

Here path is the sum of all learning rates (`FitConfig.path_length`).
"""

import math
from dataclasses import dataclass
from typing import Literal

from inr_models.errors import InputError
from search_spaces.bandwidth import bandwidth
from search_spaces.rules.bandwidth_matching import at_share, check_positive
from search_spaces.rules.power_law import LARGEST_POWER, PowerLaw
from search_spaces.rules.target import NoiseScales, Target

USUAL_DEPTH = 4
USUAL_PATH = 0.1


@dataclass(frozen=True, kw_only=True)
class Regimes:
    """Blends three power laws by the number of values for each parameter.

    Args:
        few: The law where there are few values for each parameter.
        even: The law where there are about as many.
        many: The law where there are many.
        few_below: The ratio r at which `few` and its neighbour count equally.
        many_above: The ratio r at which `many` and its neighbour count equally.
        few_softness: Over how many e-folds of r `few` takes over.
        many_softness: Over how many e-folds of r `many` takes over.
        depth: The power a of the network's depth in r.
        path: The power b of the sum of learning rates in r.
        few_depth: The power c of the network's depth in the bandwidth of `few`.
        few_path: The power e of the sum of learning rates in it.

    Raises:
        InputError: A number is out of its range.
    """

    kind: Literal["regimes"] = "regimes"

    few: PowerLaw
    even: PowerLaw
    many: PowerLaw
    few_below: float
    many_above: float
    few_softness: float
    many_softness: float
    depth: float = 0.0
    path: float = 0.0
    few_depth: float = 0.0
    few_path: float = 0.0

    def __post_init__(self) -> None:
        for name in ("few_below", "many_above", "few_softness", "many_softness"):
            check_positive(name, getattr(self, name))
        for name in ("depth", "path", "few_depth", "few_path"):
            value = getattr(self, name)
            if not abs(value) <= LARGEST_POWER:
                why = f"give a number from -{LARGEST_POWER} to {LARGEST_POWER}."
                raise InputError.of_value("out-of-range", name, value, why)

    @property
    def laws(self) -> tuple[PowerLaw, PowerLaw, PowerLaw]:
        """The three laws, that for few values for each parameter first."""
        return self.few, self.even, self.many

    def __call__(self, target: Target) -> NoiseScales:
        log_share = log_gain = 0.0
        depth, path = _depth_and_path(target)
        of_few = math.exp(self.few_depth * depth + self.few_path * path)
        points = (
            self.few.share_and_gain(target, of_few),
            self.even.share_and_gain(target),
            self.many.share_and_gain(target),
        )
        for weight, (share, gain) in zip(self.weights(target), points, strict=True):
            log_share += weight * math.log(share)
            log_gain += weight * math.log(gain)
        # With less bandwidth the second layer would get no noise at all, which costs several dB.
        first = bandwidth(0, 0, width=target.width, in_features=target.dimensions)
        least = self.few.gains[0] * first / target.nyquist
        return at_share(target, max(math.exp(log_share), least), math.exp(log_gain))

    def weights(self, target: Target) -> tuple[float, float, float]:
        """Return how much the laws `few`, `even` and `many` count. The weights add up to 1."""
        depth, path = _depth_and_path(target)
        ratio = math.log(target.values_per_parameter) + self.depth * depth + self.path * path
        few = _sigmoid((math.log(self.few_below) - ratio) / self.few_softness)
        many = (1 - few) * _sigmoid((ratio - math.log(self.many_above)) / self.many_softness)
        return few, 1 - few - many, many

    @property
    def formula(self) -> str:
        """The rule as a person would write it down."""
        return (
            f"r = n/p (depth/{USUAL_DEPTH})^{self.depth:.2f} (path/{USUAL_PATH})^{self.path:.2f};  "
            f"r < {self.few_below:.2g}: {self.few.formula} with K times "
            f"(depth/{USUAL_DEPTH})^{self.few_depth:.2f} (path/{USUAL_PATH})^{self.few_path:.2f};  "
            f"r > {self.many_above:.2g}: {self.many.formula};  between: {self.even.formula}"
        )


def _depth_and_path(target: Target) -> tuple[float, float]:
    """Return the logarithms of the depth and of the sum of learning rates, over the usual ones."""
    return math.log(target.depth / USUAL_DEPTH), math.log(target.fit.path_length / USUAL_PATH)


def _sigmoid(value: float) -> float:
    """Return 1 / (1 + exp(-value)), without an overflow."""
    return (1 + math.tanh(value / 2)) / 2
