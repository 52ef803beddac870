"""Make a network for a signal, or fit it a few times and keep the best one.

`noisescape.siren2_for` is the public function, which reads files as well.
"""

import os
import warnings
from dataclasses import replace

from numpy.typing import NDArray

from inr_models import FitConfig, Siren2Config, SirenConfig, make_network, width_for
from inr_models.checks import check_whole
from inr_models.errors import InputError
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.few_trials import FittedNetwork, best_of
from search_spaces.networks import stable
from search_spaces.prior import Belief
from search_spaces.rules import (
    RECOMMENDED,
    RULES,
    NoiseScales,
    Rule,
    Target,
    named_rule,
)
from search_spaces.samples import target_of

MEASURED = (1 / 20, 9)
"""The range of values for each parameter in which the recommended rule was measured
(analysis/FINDINGS.md, "A rule that knows the setting"). `siren2_of` warns outside of it."""


def siren2_of(
    samples: NDArray,
    width: int | None,
    depth: int,
    seed: int,
    rule: Rule | str | os.PathLike[str],
    trials: int | None,
    fit: FitConfig,
) -> CoordinateMLP | FittedNetwork:
    """Return what `noisescape.siren2_for` returns, for a sound [n, c] or an image [h, w, c]."""
    rule = function_of(rule)
    target = target_of(samples, width=1 if width is None else width, depth=depth)
    target = replace(target, fit=fit)
    shape = {"in_features": target.dimensions, "out_features": target.channels}
    num_values = target.num_samples * target.channels
    config = siren2_config(target, rule, parameters=num_values if width is None else None)
    if rule == RULES[RECOMMENDED]:
        _warn_if_unmeasured(config, num_values, config.num_parameters(**shape))
    if trials is None:
        return make_network(config, **shape, seed=seed)
    check_whole("trials", trials, 1, 1_000_000)
    check_whole("seed", seed, 0, 2**63)
    belief = Belief(replace(target, width=config.width), NoiseScales(config.s0, config.s1))
    return best_of(samples, config, belief, trials=trials, training=fit, seed=seed)


def function_of(rule: Rule | str | os.PathLike[str]) -> Rule:
    """Return a rule by its name or its JSON file. A function is returned as it is.

    Raises:
        InputError: No rule has this name, the file holds none, or it is no function.

    Example:
        >>> function_of("eqn11") == RULES["eqn11"]
        True
    """
    if isinstance(rule, str | os.PathLike):
        return named_rule(os.fspath(rule), "rule")[1]
    if not callable(rule):
        why = "give a name, a JSON file, or a function from a Target to (s0, s1)."
        raise InputError.of_value("wrong-kind", "rule", repr(rule), why)
    return rule


def _warn_if_unmeasured(config: Siren2Config, num_values: int, parameters: int) -> None:
    low, high = MEASURED
    if not low < num_values / parameters < high:
        warnings.warn(
            f"width = {config.width}: {parameters:,} parameters for {num_values:,} values. The "
            f"recommended rule was measured from {low:.2g} to {high:g} values for each parameter. "
            "Search the scales, or leave the width out.",
            stacklevel=4,
        )


def siren2_config(target: Target, rule: Rule, *, parameters: int | None = None) -> Siren2Config:
    """Return the SIREN² for a target, with the noise scales of a rule.

    The recommended rule comes with an output bias that starts at zero. At its points that was
    better in the mean of every range of n/p (analysis/FINDINGS.md, "Confirmed on fresh seeds in
    other settings"). With other rules the bias is drawn as published, since that was not
    confirmed there.

    Args:
        target: The signal, with the network's depth and width.
        rule: From a target to (s0, s1).
        parameters: About how many the network has, in place of the target's width. None keeps it.

    Raises:
        InputError: `width_for` or the rule refuses its input.

    Example:
        >>> siren2_config(Target.of(samples, width=1), RULES["eqn11"], parameters=8425).width
        52
    """
    if parameters is not None:
        shape = {"in_features": target.dimensions, "out_features": target.channels}
        width = width_for(SirenConfig(depth=target.depth), parameters, **shape)
        target = replace(target, width=width)
    s0, s1 = map(stable, rule(target))
    return Siren2Config(
        width=target.width,
        depth=target.depth,
        s0=s0,
        s1=s1,
        zero_output_bias=rule == RULES[RECOMMENDED],
    )
