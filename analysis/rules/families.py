"""Fit families of rules with a few constants to surfaces, by least mean regret."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces
from inr_models import Siren2Config
from search_spaces.rules import AnyRule
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant
from search_spaces.rules.eqn11 import PAPER_SAMPLES, PAPER_WIDTH, Eqn11
from search_spaces.rules.power_law import LEAST, Power, PowerLaw

Array = NDArray[np.float64]
Points = tuple[Array, Array]
"""Bandwidths as shares of Nyquist [s], and gains [s]."""

SIMPLEX = (0.7, -0.3)
"""Edge lengths of a start's first simplex and of its second, in e-folds or exponents."""

OMEGA_FIRST = Siren2Config.omega_first

SHRINK = 0.05
"""Penalty in dB for an exponent that is 1 away from bandwidth matching's.

Between two rules of nearly equal regret it prefers the one nearer to bandwidth matching.
"""


class Fitted(NamedTuple):
    """A fitted rule: `points` returns its points of signals; `rule` is None without a formula."""

    points: Callable[[Surfaces], Points]
    rule: AnyRule | None


class Family(NamedTuple):
    """A kind of rule whose constants can be fitted.

    Attributes:
        name: of the family.
        fit: fits the constants to surfaces.
        descriptors: those that a rule of this family knows.
        num_constants: of the formula; 0 without a formula, or if data choose among formulas.
    """

    name: str
    fit: Callable[[Surfaces], Fitted]
    descriptors: tuple[str, ...] = ()
    num_constants: int = 0

    @property
    def knows_psi_alone(self) -> bool:
        """Whether its points depend on psi at most."""
        return set(self.descriptors) <= {"psi"}


def column(surfaces: Surfaces, descriptor: str) -> Array:
    """Return a descriptor [s] of every signal, with small values replaced by `LEAST`.

    Example:
        >>> column(surfaces, "psi").shape
        (6,)
    """
    return np.maximum(surfaces.descriptors[descriptor], LEAST)


def recording_weights(recordings: Sequence[str]) -> Array:
    """Return weights [s] of clips that sum to 1, with the same sum for every recording.

    Example:
        >>> recording_weights(["a", "a", "b"]).tolist()
        [0.25, 0.25, 0.5]
    """
    counts = Counter(recordings)
    return np.array([1 / counts[recording] / len(counts) for recording in recordings])


def by_simplex(
    name: str,
    starts: Sequence[Sequence[float]],
    points: Callable[[Surfaces], Callable[[Array], Points]],
    rule: Callable[[Array], AnyRule],
    descriptors: Sequence[str] = (),
    usual: Sequence[float] = (),
) -> Family:
    """Return a family that Nelder and Mead's simplex fits, by the mean regret over recordings.

    The simplex runs from several starts, and once more from where it has stopped.

    Args:
        name: of the family.
        starts: parameters [t] to start from: logarithms, then exponents.
        points: given surfaces, returns a function from parameters to the signals' points.
        rule: from parameters to a rule that can be saved.
        descriptors: those that the rule knows.
        usual: the last parameters are shrunk towards these values.
    """

    def fit(surfaces: Surfaces) -> Fitted:
        weights = recording_weights(surfaces.recordings)
        points_of = points(surfaces)

        def cost(theta: Array) -> float:
            unusual = theta[len(theta) - len(usual) :] - usual
            regret = surfaces.regret_at(*points_of(theta))
            return float(weights @ regret + SHRINK * (unusual**2).sum())

        results = []
        for start in map(np.array, starts):
            result = None
            for size in SIMPLEX:
                at = start if result is None else result.x
                corners = np.vstack([at, at + size * np.eye(len(at))])
                options = {"xatol": 5e-3, "fatol": 5e-4, "initial_simplex": corners}
                result = minimize(cost, at, method="Nelder-Mead", options=options)
            results.append(result)
        theta = min(results, key=lambda result: result.fun).x
        return Fitted(lambda others: points(others)(theta), rule(theta))

    return Family(name, fit, tuple(descriptors), num_constants=len(starts[0]))


def constant(name: str) -> Family:
    """Return the family of constant points.

    Example:
        >>> constant("constant").fit(surfaces).rule.kind
        'constant'
    """

    def points(surfaces: Surfaces) -> Callable[[Array], Points]:
        ones = np.ones(len(surfaces.targets))
        return lambda theta: (math.exp(theta[0]) * ones, _gain(theta[1]) * ones)

    return by_simplex(
        name,
        [(math.log(share), math.log(g)) for share in (0.1, 0.3) for g in (2.5, 6)],
        points,
        lambda theta: Constant(share=_kept(theta[0]), gain=_digits(_gain(theta[1]))),
    )


def bandwidth(name: str, descriptor: str) -> Family:
    """Return the family in which K is a multiple of a descriptor and g is constant.

    Example:
        >>> bandwidth("bandwidth_psi", "psi").fit(surfaces).rule.descriptor
        'psi'
    """

    def points(surfaces: Surfaces) -> Callable[[Array], Points]:
        values = column(surfaces, descriptor)
        ones = np.ones_like(values)
        return lambda theta: (math.exp(theta[0]) * values, _gain(theta[1]) * ones)

    return by_simplex(
        name,
        [(math.log(factor), math.log(g)) for factor in (0.3, 1.0) for g in (2.5, 6)],
        points,
        lambda theta: BandwidthMatching(
            descriptor=descriptor, factor=_kept(theta[0]), gain=_digits(_gain(theta[1]))
        ),
        [descriptor],
    )


def eqn11_refitted(name: str) -> Family:
    """Return the family of Eqn. 11, scaled in length and width, with its three constants fitted."""

    def rule(theta: Array) -> Eqn11:
        s0_max, a, b = map(_kept, theta)
        return Eqn11(s0_max=s0_max, a=a, b=b, samples=PAPER_SAMPLES, width=PAPER_WIDTH)

    def points(surfaces: Surfaces) -> Callable[[Array], Points]:
        psi = column(surfaces, "psi")
        omega = OMEGA_FIRST / np.array([target.nyquist for target in surfaces.targets])

        def at(theta: Array) -> Points:
            s0_max, a, b = np.exp(np.minimum(theta, 20))
            # Nyquist is pi n / 2, so s0 / Nyquist does not depend on n, nor the gain on the width.
            s0 = s0_max * (1 - np.exp(-a * psi)) / (math.pi * PAPER_SAMPLES / 2)
            gains = np.sqrt(1 + PAPER_WIDTH * (b * psi) ** 2 / 2)
            return np.sqrt(omega**2 / 3 + s0**2) * gains, gains

        return at

    starts = [tuple(map(math.log, start)) for start in ((3500, 7, 3), (6000, 2, 1))]
    return by_simplex(name, starts, points, rule, ["psi"])


def power_law(name: str, descriptors: Sequence[str]) -> Family:
    """Return the family in which K and g are products of powers of descriptors.

    The first descriptor is a frequency as a share of Nyquist; K is shrunk towards a multiple of it.

    Example:
        >>> [power.descriptor for power in power_law("law", ["psi"]).fit(surfaces).rule.powers]
        ['psi']
    """
    num = len(descriptors)

    def points(surfaces: Surfaces) -> Callable[[Array], Points]:
        logs = np.log([column(surfaces, d) for d in descriptors])

        def at(theta: Array) -> Points:
            shares = np.exp(theta[0] + theta[2 : 2 + num] @ logs)
            gains = np.exp(theta[1] + theta[2 + num :] @ logs)
            return np.clip(shares, SHARES[0], SHARES[-1]), np.clip(gains, GAINS[0], GAINS[-1])

        return at

    def rule(theta: Array) -> PowerLaw:
        powers = zip(descriptors, theta[2 : 2 + num], theta[2 + num :], strict=True)
        return PowerLaw(
            share=_kept(theta[0]),
            gain=_kept(theta[1]),
            powers=tuple(
                Power(descriptor=d, bandwidth=_digits(p), gain=_digits(q)) for d, p, q in powers
            ),
            shares=(float(SHARES[0]), float(SHARES[-1])),
            gains=(float(GAINS[0]), float(GAINS[-1])),
        )

    usual = (1.0, *[0.0] * (2 * num - 1))
    starts = [
        (math.log(factor), math.log(g), power, *usual[1:])
        for factor, power, g in ((0.3, 0.5, 2.5), (0.3, 1.0, 2.5), (0.6, 1.0, 6))
    ]
    return by_simplex(name, starts, points, rule, descriptors, usual)


def power_psi_and_best(name: str, others: Sequence[str]) -> Family:
    """Return the power laws of psi and one other descriptor, which the data choose.

    Its regret on left-out recordings is what such a law is worth if the descriptor is chosen while
    one looks at the data, because the choice is made again without them. It takes the law of the
    least regret on the surfaces that it is fitted to.

    Args:
        name: of the family.
        others: the descriptors to choose from. One that a signal lacks is left out.
    """

    def fit(surfaces: Surfaces) -> Fitted:
        weights = recording_weights(surfaces.recordings)
        known = [d for d in others if np.isfinite(surfaces.descriptors[d]).all()]
        least, best = math.inf, None
        for descriptor in known:
            fitted = power_law(name, ["psi", descriptor]).fit(surfaces)
            regret = float(weights @ surfaces.regret_at(*fitted.points(surfaces)))
            if regret < least:
                least, best = regret, fitted
        return best or power_law(name, ["psi"]).fit(surfaces)

    return Family(name, fit, ("psi", *others))


def _gain(logarithm: float) -> float:
    """Return a gain from its logarithm, no less than the lattice's least."""
    return max(float(GAINS[0]), math.exp(logarithm))


def _kept(logarithm: float) -> float:
    return _digits(math.exp(logarithm))


def _digits(value: float) -> float:
    """Round to three digits: more would be noise, and a person will read them."""
    return float(f"{value:.3g}")
