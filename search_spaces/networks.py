"""Every network as a study compares it: its published settings for a target, and its search space.

For sound the first layer's omega grows with the number of samples in all networks but SIREN², as
in the paper; for images it does not. See `audio.first_factor`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

from inr_models import (
    FinerConfig,
    FinerPlusConfig,
    GaussConfig,
    HoscConfig,
    InputError,
    NetworkConfig,
    NormalSirenConfig,
    ReluPeConfig,
    ScaledSirenConfig,
    Siren2Config,
    SirenConfig,
    SirenRffConfig,
    TensorTrainConfig,
    WireConfig,
    width_for,
    with_width,
)
from inr_models.networks.relu_pe import octaves_to_nyquist
from inr_models.networks.tensor_train import modes_of
from search_spaces.axes import Axis, Log, Values
from search_spaces.grids import first_factor
from search_spaces.rules import RULES, Target

Made = Callable[[Target, str, float | None], NetworkConfig]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network of a comparison: one of `NETWORKS`, and what differs from the others'.

    A `width` of None is that of the study's budget of parameters. `first_factor` multiplies the
    first layer's omega in the place of `audio.first_factor`. `learning_rate` and `decay` of None
    are the study's. `rule` sets (s0, s1) where there are any; None is the study's first.
    """

    name: str
    network: str
    width: int | None = None
    first_factor: float | None = None
    learning_rate: float | None = None
    decay: float | None = None
    rule: str | None = None

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            known = ", ".join(NETWORKS)
            raise InputError(f"network = {self.network!r}: there is no such one; give {known}.")


def _omega(omega: float, target: Target, factor: float | None) -> float:
    """The first layer's: times the given factor, or else what the target's kind asks for."""
    if factor is None:
        factor = 1.0 if target.image_shape else first_factor(target.num_samples)
    return stable(omega * factor)


def _siren2(target: Target, rule: str, factor: float | None, **fields: bool) -> Siren2Config:
    s0, s1 = map(stable, RULES[rule](target))
    return Siren2Config(s0=s0, s1=s1, omega_first=stable(30 * (factor or 1)), **fields)


def _tensor_train(target: Target, rule: str, factor: float | None) -> TensorTrainConfig:
    like = _siren2(target, rule, factor)
    return TensorTrainConfig(
        width=target.width,
        omega_first=like.omega_first,
        s0=like.s0,
        s1=like.s1,
        tt_modes=modes_of(target.width),
    )


NETWORKS: dict[str, Made] = {
    "siren": lambda t, rule, factor: SirenConfig(omega_first=_omega(30, t, factor)),
    "siren2": _siren2,
    "finer": lambda t, rule, factor: FinerConfig(omega_first=_omega(30, t, factor)),
    "finer_pp": lambda t, rule, factor: FinerPlusConfig(omega_first=_omega(30, t, factor)),
    "wire": lambda t, rule, factor: WireConfig(omega_first=_omega(10, t, factor)),
    "gauss": lambda t, rule, factor: GaussConfig(),
    "hosc": lambda t, rule, factor: HoscConfig(omega_first=_omega(30, t, factor)),
    "relu_pe": lambda t, rule, factor: ReluPeConfig(octaves=octaves_to_nyquist(t.side)),
    "siren_rff": lambda t, rule, factor: SirenRffConfig(omega_first=_omega(30, t, factor)),
    "siren2_tt": _tensor_train,
    "siren_scaled": lambda t, rule, factor: ScaledSirenConfig(omega_first=_omega(30, t, factor)),
    "siren_normal": lambda t, rule, factor: NormalSirenConfig(omega_first=_omega(30, t, factor)),
    "siren_zero_bias": lambda t, rule, factor: SirenConfig(
        omega_first=_omega(30, t, factor), zero_output_bias=True
    ),
    "siren2_zero_bias": lambda t, rule, factor: _siren2(t, rule, factor, zero_output_bias=True),
}
"""Name -> network at its published settings, for a target, the rule that sets (s0, s1), and a
factor on the first omega. At a width of its own; `network_for` sets the one that is asked for.
"""


@dataclass(frozen=True, kw_only=True)
class Varied:
    """A field of a network and what it is tried at: the axis' values, or the published value times
    them (`by` "factor") or plus them ("step", not below 1).
    """

    axis: Axis
    by: Literal["value", "factor", "step"] = "value"

    def points(self, published: float) -> list[float]:
        """What the field is tried at; whole numbers where the published one is."""
        made = {
            "value": lambda at: at,
            "factor": lambda at: stable(published * at),
            "step": lambda at: max(1, published + at),
        }[self.by]
        return [type(published)(made(at)) for at in self.axis.grid()]


# From images' 1 to ten times sound's.
_OMEGA_FIRST = Varied(axis=Log(low=0.1, high=10, num=5), by="factor")
_NEAR_OMEGA_FIRST = Varied(axis=Log(low=0.2, high=5, num=3), by="factor")


def _values(*values: float) -> Varied:
    return Varied(axis=Values(values=values))


SPACES: dict[str, dict[str, Varied]] = {
    "siren": {"omega_first": _OMEGA_FIRST},
    "siren_zero_bias": {"omega_first": _OMEGA_FIRST},
    "siren_normal": {"omega_first": _OMEGA_FIRST},
    # The authors' defaults in the middle; FINER++ reports biases from 1 to 20.
    "finer": {"omega_first": _OMEGA_FIRST},
    "finer_pp": {"first_bias": _values(0, 1, 2.5, 5, 10, 20)},
    "wire": {"omega_first": _NEAR_OMEGA_FIRST, "scale": _values(2.5, 10, 40)},
    "gauss": {"scale": Varied(axis=Log(low=3, high=300, num=5))},
    "hosc": {"omega_first": _NEAR_OMEGA_FIRST, "beta": _values(0.5, 1, 4)},
    # Octaves less than those up to Nyquist alias nothing; more do.
    "relu_pe": {"octaves": Varied(axis=Values(values=(-4, -2, -1, 0)), by="step")},
    "siren_rff": {"sigma": Varied(axis=Log(low=3, high=3000, num=7))},
    "siren_scaled": {"alpha": _values(1.5, 2, 2.5, 4)},
    # Its (s0, s1) are SIREN²'s; the paper's rank of 8 in the middle.
    "siren2_tt": {"tt_rank": _values(2, 4, 8, 16, 32)},
}
"""What of each network is searched, by field. SIREN²'s (s0, s1) have studies of their own over a
`NoiseGrid`.
"""


def stable(value: float) -> float:
    """Nine digits: processors differ in the last bits of exp, log and FFT; keys must not."""
    return float(f"{value:.9g}")


def network_for(case: Case, target: Target, parameters: int, rule: str) -> NetworkConfig:
    """A case's network for a target, at its own width or at that of the budget.

    Raises:
        InputError: no width has about that many parameters.
    """
    features = {"in_features": 2 if target.image_shape else 1, "out_features": target.channels}

    def made(width: int) -> NetworkConfig:
        # (s0, s1) may hang on the width.
        sized = replace(target, width=width)
        network = NETWORKS[case.network](sized, case.rule or rule, case.first_factor)
        return with_width(replace(network, depth=target.depth), width)

    return made(case.width or width_for(made(target.width), parameters, **features))


def space_of(name: str, network: NetworkConfig) -> Iterator[tuple[str, NetworkConfig]]:
    """(what differs, network) of every point of a network's space, the published one left out."""
    space = SPACES.get(name, {})
    tried = [varied.points(getattr(network, field)) for field, varied in space.items()]
    for values in product(*tried):
        fields = dict(zip(space, values, strict=True))
        made = replace(network, **fields)
        if made != network:
            yield ", ".join(f"{k} {v:.4g}" for k, v in fields.items()), made
