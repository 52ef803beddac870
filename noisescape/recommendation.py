"""Recommend noise scales for a signal, and say what they may lose. Nothing is fitted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from inr_models import InputError, SirenConfig
from noisescape.source import Source, read_source
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.initialize import siren2_config
from search_spaces.prior import Belief
from search_spaces.rules import EQN11_BY_DIMENSIONS, RECOMMENDED, NoiseScales, Target, named_rule
from search_spaces.samples import target_of

RULES_BY_DIMENSIONS = {
    1: (RECOMMENDED, "eqn11", EQN11_BY_DIMENSIONS[1], "bandwidth_psi"),
    2: (RECOMMENDED, "eqn11_image", EQN11_BY_DIMENSIONS[2], "bandwidth_psi"),
}
"""The rules for signals of so many coordinates: the recommended one, Eqn. 11 as printed and scaled,
and the simplest rival."""

NUM_DRAWS = 2_000
"""Landscapes that are drawn to tell the expected loss."""


class RulePoint(NamedTuple):
    """Holds what one rule gives for a signal.

    Attributes:
        rule: Its name.
        s0: In rad per unit of coordinate.
        s1: The scale of the second layer's noise.
        bandwidth_share: K as a share of Nyquist.
        gain: g.
        loss: The expected loss in dB to the optimum of the signal's landscape.
        loss_range: The losses in dB between which eight of ten lie.
    """

    rule: str
    s0: float
    s1: float
    bandwidth_share: float
    gain: float
    loss: float
    loss_range: tuple[float, float]


@dataclass(frozen=True)
class Recommendation:
    """Holds what the rules recommend for a signal and a network. Its text is a table and a snippet.

    Args:
        name: The signal's name.
        descriptors: Psi and what the recommended rule looks at, by name.
        values: The number of values, samples times channels.
        parameters: The number of parameters of the network.
        width: Features of a hidden layer.
        depth: Hidden layers.
        points: What each rule gives, the recommended rule first.
        is_far: Whether no landscape has so many or so few values for each parameter. Then the
            expected loss is that of the nearest ones.
    """

    name: str
    descriptors: dict[str, float]
    values: int
    parameters: int
    width: int
    depth: int
    points: tuple[RulePoint, ...]
    is_far: bool

    @property
    def snippet(self) -> str:
        """Python code that makes a network with the recommended scales and output bias."""
        best = self.points[0]
        return (
            "from inr_models import Siren2Config\n"
            "config = Siren2Config(\n"
            f"    width={self.width}, depth={self.depth}, "
            f"s0={best.s0:.6g}, s1={best.s1:.6g}, zero_output_bias=True\n"
            ")"
        )

    def __str__(self) -> str:
        looked_at = ", ".join(f"{name} {value:.4f}" for name, value in self.descriptors.items())
        lines = [
            f"{self.name}: {looked_at}",
            f"{self.depth} x {self.width}: {self.parameters:,} parameters for {self.values:,} "
            f"values, n/p {self.values / self.parameters:.2f}",
            "",
            f"{'rule':24} {'s0':>7} {'s1':>7} {'K':>6} {'g':>6}  {'expected loss':>18}",
        ]
        for point in self.points:
            low, high = point.loss_range
            loss = f"{point.loss:.1f} dB [{low:.1f}, {high:.1f}]"
            lines.append(
                f"{point.rule:24} {point.s0:7.4g} {point.s1:7.3g} {point.bandwidth_share:6.3f} "
                f"{point.gain:6.2f}  {loss:>18}"
            )
        lines += ["", "K: bandwidth, a share of Nyquist. g: gain of layer 2."]
        lines.append("Expected loss: how far the point lies below the optimum in (s0, s1), with a")
        lines.append(
            "range for eight of ten landscapes. Other signals' landscapes give the estimate."
        )
        if self.is_far:
            lines.append(
                "None of these has so many or so few values for each parameter, so search."
            )
        return "\n".join([*lines, "", self.snippet])


def recommend(
    source: Any,
    *,
    width: int | None = None,
    depth: int = 4,
    rules: Sequence[str] | None = None,
    sample_rate: float | None = None,
) -> Recommendation:
    """Recommend the noise scales of one SIREN² for a whole sound, image or array.

    Args:
        source: A path, an array or a tensor, see `noisescape.source.read_source`.
        width: Features of a hidden layer. By default there are about as many parameters as values.
        depth: Hidden layers.
        rules: Names or JSON files of rules in place of `RULES_BY_DIMENSIONS`. The first one is
            recommended.
        sample_rate: That of an array, in Hz. It changes nothing here.

    Raises:
        InputError: The source or a rule cannot be used, or it does not vary.

    Example:
        >>> from noisescape import recommend
        >>> recommend(np.sin(np.arange(600) / 9)).points[0].rule
        'by_setting'
    """
    signal = read_source(source, sample_rate)
    target = _target(signal, width, depth)
    shape = {"in_features": target.dimensions, "out_features": target.channels}
    parameters = SirenConfig(width=target.width, depth=depth).num_parameters(**shape)
    names = rules or RULES_BY_DIMENSIONS[target.dimensions]
    scales = {name: named_rule(name, "rules")[1](target) for name in names}
    belief = Belief(target, next(iter(scales.values())))
    losses = expected_losses(belief, list(scales.values()))
    points = []
    for (name, (s0, s1)), of_rule in zip(scales.items(), losses, strict=True):
        share = bandwidth(s0, s1, width=target.width, in_features=target.dimensions)
        low, high = np.quantile(of_rule, (0.1, 0.9)).tolist()
        points.append(
            RulePoint(
                name,
                s0,
                s1,
                share / target.nyquist,
                gain(s1, width=target.width),
                float(of_rule.mean()),
                (low, high),
            )
        )
    values = target.num_samples * target.channels
    low, high = np.exp(belief.prior.ranges[2]).tolist()
    return Recommendation(
        name=signal.name,
        descriptors={name: target.descriptor(name) for name in ("psi", "low_pass_40")},
        values=values,
        parameters=parameters,
        width=target.width,
        depth=depth,
        points=tuple(points),
        is_far=not low <= values / parameters <= high,
    )


def _target(signal: Source, width: int | None, depth: int) -> Target:
    try:
        target = target_of(signal.values, width=1 if width is None else width, depth=depth)
    except InputError as error:
        raise error.within(signal.name) from None
    if width is not None:
        return target
    sized = siren2_config(target, lambda _: NoiseScales(1.0, 1.0), parameters=signal.values.size)
    return replace(target, width=sized.width)


def expected_losses(belief: Belief, scales: Sequence[NoiseScales]) -> np.ndarray:
    """Return draws [r, m] of the loss in dB of r points to the optimum of a landscape.

    Landscapes of other signals tell how the PSNR of points varies together (`search_spaces.prior`).
    Seeds are left out, because a search cannot choose them.

    Args:
        belief: What is known of the target's landscape.
        scales: Points (s0, s1).
    """
    lattice = belief.lattice
    of_all = belief.moments(np.vstack([np.array(scales), lattice]))
    is_known = np.isfinite(of_all.mean)
    # Nothing is known beyond the landscapes. A point there counts as one of the worst known.
    mean = np.where(is_known, of_all.mean, of_all.mean[is_known].min())
    is_known[: len(scales)] = True
    mean = mean[is_known]
    covariance = of_all.covariance[np.ix_(is_known, is_known)]
    random = np.random.default_rng(0)
    draws = random.multivariate_normal(mean, covariance, NUM_DRAWS, method="eigh")
    return draws.max(axis=1) - draws[:, : len(scales)].T
