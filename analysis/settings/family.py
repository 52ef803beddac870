"""Fit a `Regimes` rule to the surfaces of many settings, by least mean capped regret."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from analysis.rules.families import column, power_law, recording_weights
from analysis.settings.maps import ratios_of
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces
from search_spaces.rules.power_law import Power, PowerLaw
from search_spaces.rules.regimes import USUAL_DEPTH, USUAL_PATH, Regimes

Array = NDArray[np.float64]
Points = tuple[Array, Array]

BINS = (1 / 8, 1 / 3, 0.7, 1.4, 3, 6)
"""Edges of the ranges of n/p that count equally in a fit, however many surfaces each has."""

MIDDLE_PSI = 0.25
"""The laws are parametrized by their values at this psi, so that the fit's parameters separate."""

START = {
    "few_share": math.log(0.2), "few_power": -3.0, "few_low_pass": 0.0,
    "few_low": math.log(0.06), "few_high": math.log(0.85), "few_gain": math.log(2.0),
    "few_gain_power": 0.5,
    "few_below": math.log(0.7), "few_softness": -1.5,
    "many_share": math.log(0.1), "many_power": 1.0, "many_low_pass": 0.0,
    "many_gain": math.log(2.0), "many_gain_power": 0.5,
    "many_above": math.log(1.8), "many_softness": -1.0, "depth": 0.0, "path": 0.0,
    "few_depth": -2.0, "few_path": -0.5,
}  # fmt: skip

USUAL = {
    "few_power": -3.0, "few_low_pass": 0.0, "few_gain_power": 0.0,
    "many_power": 1.0, "many_low_pass": 0.0,
    "many_gain_power": 0.0, "few_softness": -1.0, "many_softness": -1.0, "depth": 0.0, "path": 0.0,
    "few_depth": 0.0, "few_path": 0.0,
}  # fmt: skip
"""Parameters are shrunk towards these values, so that few surfaces do not decide them."""

SHRINK = 0.001
"""The penalty in dB for a parameter that is 1 away from its usual value."""

LARGEST = 5.0
"""No parameter is larger or smaller. Constants of a rule would leave their range."""

BLOCKS = (
    ("few_share", "few_power", "few_low_pass", "few_low", "few_high", "few_depth", "few_path",
     "few_gain"),
    ("few_gain", "few_gain_power", "few_below", "few_softness", "depth", "path"),
    ("many_share", "many_power", "many_low_pass", "many_gain", "many_gain_power", "many_above",
     "many_softness"),
)  # fmt: skip
"""The simplex moves some parameters at a time. It gets stuck where it moves all of them."""

SIMPLEX = (0.5, -0.3, 0.15)
"""Edge lengths of the first simplexes of one round after the other."""


class Fitted(NamedTuple):
    """Hold a fitted rule: `points` returns K as shares of Nyquist, and g, for surfaces [s]."""

    points: Callable[[Surfaces], Points]
    rule: Regimes


def log_ratios(surfaces: Surfaces) -> Array:
    """Return [s] ln(n/p), which separates the regimes."""
    return np.log(ratios_of(surfaces))


def fit_regimes(
    surfaces: Surfaces, even: PowerLaw, clock: Callable[[Surfaces], Array] = log_ratios
) -> Fitted:
    """Return the rule of the least mean regret, in which every range of n/p counts equally.

    Args:
        surfaces: Surfaces of many settings.
        even: The law for networks with about as many parameters as there are values.
        clock: What separates the regimes, [s] for surfaces. Another than `log_ratios` tests
            whether n/p decides.

    Example:
        >>> fit_regimes(setting_surfaces("analysis/data"), RULES["power_psi_low_pass"]).rule
    """
    weights = setting_weights(surfaces)
    points_of = _points(surfaces, even, clock(surfaces))

    def cost(theta: Array) -> float:
        named = _named(theta)
        unusual = sum((named[name] - value) ** 2 for name, value in USUAL.items())
        return float(weights @ surfaces.regret_at(*points_of(theta)) + SHRINK * unusual)

    theta = np.array([*START.values()])
    names = list(START)
    for size in SIMPLEX:
        for block in BLOCKS:
            places = [names.index(name) for name in block]

            def of_block(values: Array, places: list[int] = places) -> float:
                moved = theta.copy()
                moved[places] = values
                return cost(moved)

            at = theta[places]
            corners = np.vstack([at, at + size * np.eye(len(at))])
            options = {"xatol": 5e-3, "fatol": 5e-4, "maxfev": 800, "initial_simplex": corners}
            theta[places] = minimize(of_block, at, method="Nelder-Mead", options=options).x
    return Fitted(lambda others: _points(others, even, clock(others))(theta), _rule(theta, even))


def setting_weights(surfaces: Surfaces) -> Array:
    """Return weights [s] that sum to 1: equal for ranges of n/p, and in them for recordings."""
    ranges = np.digitize(ratios_of(surfaces), BINS)
    weights = np.zeros(len(ranges))
    for number in set(ranges.tolist()):
        inside = np.flatnonzero(ranges == number)
        weights[inside] = recording_weights([surfaces.recordings[i] for i in inside])
    return weights / weights.sum()


def even_law(usual: Surfaces) -> PowerLaw:
    """Return the law of psi and the low-pass band, fitted to surfaces of n/p near 1."""
    rule = power_law("power_psi_low_pass", ["psi", "low_pass_40"]).fit(usual).rule
    assert isinstance(rule, PowerLaw)
    return rule


def _points(surfaces: Surfaces, even: PowerLaw, ratio: Array) -> Callable[[Array], Points]:
    """Return a function from the parameters to the points that `Regimes` has for the surfaces."""
    at_middle = np.log(column(surfaces, "psi") / MIDDLE_PSI)
    low_pass = np.log(column(surfaces, "low_pass_40"))
    of_even = np.log([even.share_and_gain(target) for target in surfaces.targets])
    depth = np.log([target.depth / USUAL_DEPTH for target in surfaces.targets])
    path = np.log([target.fit.path_length / USUAL_PATH for target in surfaces.targets])

    def points(theta: Array) -> Points:
        t = _named(theta)
        at = ratio + t["depth"] * depth + t["path"] * path
        few = expit((t["few_below"] - at) / math.exp(t["few_softness"]))
        many = (1 - few) * expit((at - t["many_above"]) / math.exp(t["many_softness"]))
        even_weight = 1 - few - many
        low, high = sorted((t["few_low"], t["few_high"]))
        few_share = t["few_share"] + t["few_power"] * at_middle + t["few_low_pass"] * low_pass
        few_share += t["few_depth"] * depth + t["few_path"] * path
        few_gain = _clip_gain(t["few_gain"] + t["few_gain_power"] * at_middle)
        many_share = t["many_share"] + t["many_power"] * at_middle + t["many_low_pass"] * low_pass
        many_gain = _clip_gain(t["many_gain"] + t["many_gain_power"] * at_middle)
        share = (
            few * np.clip(few_share, low, high)
            + even_weight * of_even[:, 0]
            + many * _clip_share(many_share)
        )
        gain = few * few_gain + even_weight * of_even[:, 1] + many * many_gain
        return np.exp(share), np.exp(gain)

    return points


def _named(theta: Array) -> dict[str, float]:
    """Return the parameters by name, within `LARGEST`."""
    return dict(zip(START, np.clip(theta, -LARGEST, LARGEST).tolist(), strict=True))


def _clip_share(logarithm: Array) -> Array:
    return np.clip(logarithm, math.log(SHARES[0]), math.log(SHARES[-1]))


def _clip_gain(logarithm: Array) -> Array:
    return np.clip(logarithm, math.log(GAINS[0]), math.log(GAINS[-1]))


def _rule(theta: Array, even: PowerLaw) -> Regimes:
    """Return the rule that has the parameters, with three digits each."""
    t = _named(theta)
    low, high = sorted((t["few_low"], t["few_high"]))
    few = _law(
        t["few_share"],
        t["few_gain"],
        t["few_power"],
        t["few_gain_power"],
        low_pass=t["few_low_pass"],
        shares=(low, high),
    )
    many = _law(
        t["many_share"],
        t["many_gain"],
        t["many_power"],
        t["many_gain_power"],
        low_pass=t["many_low_pass"],
    )
    return Regimes(
        few=few,
        even=even,
        many=many,
        few_below=_digits(math.exp(t["few_below"])),
        many_above=_digits(math.exp(t["many_above"])),
        few_softness=_digits(math.exp(t["few_softness"])),
        many_softness=_digits(math.exp(t["many_softness"])),
        depth=_digits(t["depth"]),
        path=_digits(t["path"]),
        few_depth=_digits(t["few_depth"]),
        few_path=_digits(t["few_path"]),
    )


def _law(
    share: float,
    gain: float,
    power: float,
    gain_power: float,
    *,
    low_pass: float = 0.0,
    shares: tuple[float, float] | None = None,
) -> PowerLaw:
    """Return a power law from its logarithms at `MIDDLE_PSI`."""
    power, gain_power = _digits(power), _digits(gain_power)
    powers = [Power(descriptor="psi", bandwidth=power, gain=gain_power)]
    if low_pass:
        powers.append(Power(descriptor="low_pass_40", bandwidth=_digits(low_pass)))
    low, high = (math.exp(end) for end in shares) if shares else (SHARES[0], SHARES[-1])
    return PowerLaw(
        share=_digits(math.exp(share) / MIDDLE_PSI**power),
        gain=_digits(math.exp(gain) / MIDDLE_PSI**gain_power),
        powers=tuple(powers),
        shares=(_digits(low), _digits(high)),
        gains=(float(GAINS[0]), float(GAINS[-1])),
    )


def _digits(value: float) -> float:
    """Round to three digits: more would be noise, and a person will read them."""
    return float(f"{value:.3g}")
