"""Set a network for a signal as a study compares it, and list the points that tune it.

Every network declares its published settings and its search space itself, see
`inr_models.networks.network_config.NetworkConfig`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from inr_models import MODELS, InputError, NetworkConfig, Siren2Config, width_for, with_width
from inr_models.networks.network_config import Setting, Varied
from search_spaces.grids import first_factor
from search_spaces.plugins import load_network, network_text, stored_network
from search_spaces.rules import RULES, Target

VARIANTS: dict[str, tuple[str, dict[str, bool]]] = {
    "siren_zero_bias": ("siren", {"zero_output_bias": True}),
    "siren2_zero_bias": ("siren2", {"zero_output_bias": True}),
}
"""Name of a variant -> the network that it varies, and the fields that differ."""


NETWORKS = (*MODELS, *VARIANTS)
"""The names of all networks and variants."""


ASIDE: Mapping[str, bool] = {"is_aside": True}
"""Metadata of a field that does not decide which run this is, such as a path."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A network of a comparison, and what differs from the study's settings.

    >>> case = Case(name="narrow", network="siren2", width=128)

    Args:
        name: the name in tables.
        network: one of `inr_models.MODELS` or `VARIANTS`.
        width: None for the width that the study's budget of parameters allows.
        first_factor: factor on the first layer's omega, in place of `grids.first_factor`.
        learning_rate: None for the study's.
        decay: None for the study's.
        rule: the rule that sets (s0, s1) of a SIREN². None for the study's first rule.
        file: FILE.py:CLASS of a network that comes from a file outside the repository, see
            `search_spaces.plugins`.
        source: the hash of that file.
        settled: (sha256, network as JSON) for each signal, so that a stored run is read without
            the file.

    Raises:
        InputError: there is no such network.
    """

    name: str
    network: str
    width: int | None = None
    first_factor: float | None = None
    learning_rate: float | None = None
    decay: float | None = None
    rule: str | None = None
    file: str = field(default="", metadata=ASIDE)
    source: str = ""
    settled: tuple[tuple[str, str], ...] = field(default=(), metadata=ASIDE)

    def __post_init__(self) -> None:
        if not self.file and self.network not in NETWORKS:
            raise InputError.of_value(
                "unknown-name",
                "network",
                repr(self.network),
                f"there is no such one; give {', '.join(NETWORKS)}.",
            )


def stable(value: float) -> float:
    """Return `value` rounded to nine significant digits.

    Processors differ in the last bits of exp, log and FFT. Content keys must not.
    """
    return float(f"{value:.9g}")


def network_for(case: Case, target: Target, parameters: int, rule: str) -> NetworkConfig:
    """Return a case's network for a signal.

    Args:
        case: the network. It keeps its own width if it has one.
        target: the signal, with the study's width and depth.
        parameters: the budget of parameters that sets the width of a case without one.
        rule: the rule that sets (s0, s1) of a SIREN² if the case has none of its own.

    Raises:
        InputError: no width has about that many parameters.
    """
    base, fields = VARIANTS.get(case.network, (case.network, {}))
    try:
        kind = plugin_class(case) if case.file else MODELS[base]
    except InputError:
        settled = dict(case.settled)
        if target.sha256 not in settled:
            raise
        return stored_network(settled[target.sha256])

    def at_width(width: int) -> NetworkConfig:
        scales = None
        if issubclass(kind, Siren2Config):
            # A rule may depend on the width.
            scales = RULES[case.rule or rule](replace(target, width=width))
        factor = _omega_factor(case, kind, target)
        setting = Setting(longest_axis=target.side, omega_factor=factor, noise_scales=scales)
        network = _rounded(kind.published(setting))
        return with_width(replace(network, depth=target.depth, **fields), width)

    if case.width:
        return at_width(case.width)
    features = {"in_features": target.dimensions, "out_features": target.channels}
    return at_width(width_for(at_width(target.width), parameters, **features))


def plugin_class(case: Case) -> type[NetworkConfig]:
    """Return the class of a case whose network comes from a file.

    Raises:
        InputError: the file is gone, or it is not the one that the case was made from.
    """
    kind = load_network(case.file, "--networks")
    if kind.source != case.source:
        why = "the file has changed since the run; restore it, or start a run with the new one."
        raise InputError.of_value("another-version", "--networks", case.file, why)
    return kind


def plugin_case(given: str, flag: str) -> Case:
    """Return the case of a network from a file, FILE.py:CLASS.

    Raises:
        InputError: what `plugins.load_network` raises.
    """
    kind = load_network(given, flag)
    return Case(name=kind.network, network=kind.network, file=given, source=kind.source)


def settled(case: Case, targets: Iterable[Target], parameters: int, rule: str) -> Case:
    """Return a case with its networks for signals, if its network comes from a file."""
    if not case.file:
        return case
    networks = {t.sha256: network_text(network_for(case, t, parameters, rule)) for t in targets}
    return replace(case, settled=tuple(networks.items()))


def _omega_factor(case: Case, kind: type[NetworkConfig], target: Target) -> float:
    if case.first_factor is not None:
        return case.first_factor
    if kind.scales_omega_for_sound and target.dimensions == 1:
        return first_factor(target.num_samples)
    return 1.0


def _rounded(network: NetworkConfig) -> NetworkConfig:
    """Return the network with stable numbers, so that its key is the same on every machine."""
    numbers = {name: value for name, value in vars(network).items() if isinstance(value, float)}
    return replace(network, **{name: stable(value) for name, value in numbers.items()})


def space_of(network: NetworkConfig) -> Iterator[tuple[str, NetworkConfig]]:
    """Yield (what differs, network) for every point of a network's search space but its own.

    >>> next(space_of(HoscConfig()))[0]
    'omega_first 6, beta 0.5'
    """
    tried = [points_of(varied, getattr(network, name)) for name, varied in network.space.items()]
    for values in product(*tried):
        fields = dict(zip(network.space, values, strict=True))
        changed = replace(network, **fields)
        if changed != network:
            yield ", ".join(f"{k} {v:.4g}" for k, v in fields.items()), changed


def points_of(varied: Varied, published: float) -> list[float]:
    """Return the values at which a field is tried. They are integers if `published` is one.

    >>> points_of(Varied((0.5, 2), by="factor"), 30.0)
    [15.0, 60.0]
    """
    points = []
    for value in varied.values:
        if varied.by == "factor":
            value = stable(published * value)
        elif varied.by == "step":
            value = max(1, published + value)
        points.append(type(published)(value))
    return points
