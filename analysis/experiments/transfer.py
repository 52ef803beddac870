"""Does a rule hold where it was not fitted: other lengths, widths, depths, training, images?

The settings are all that a results folder has landscapes of, except the one that most fits have.
Signals are paired by name, because a crop of another length has another hash.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from analysis.experiments.pairs import surface_optimum
from analysis.experiments.variants import originals_of
from analysis.surfaces.alike import alike
from analysis.surfaces.smoothing import SignalMap, surfaces_through
from analysis.surfaces.stored import SEED, SETTING, Stored, settings_of, stored_maps, usual_setting
from analysis.surfaces.surfaces import share_and_gain
from inr_models import InputError, SirenConfig
from search_spaces.rules import (
    EQN11_BY_DIMENSIONS,
    RULES,
    AnyRule,
    NoiseScales,
    Target,
    named_rule,
    rule_json,
)
from studies.engine.store.metrics import HEADLINE, headline
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

WORDS = {
    "hp_width": "width {:,}",
    "hp_depth": "depth {:,}",
    "fit_epochs": "{:,} epochs",
    "fit_learning_rate": "learning rate {:g}",
    "fit_decay": "decay {:g}",
    "fit_decay_every": "decay every {:,}",
    "fit_optimizer": "{}",
    "n": "{:,} samples",
}
"""A changed column of `SETTING` in words."""


class Moved(NamedTuple):
    """A signal in another setting, with bandwidths K as shares of Nyquist.

    Attributes:
        rule: the name of the rule, or of its file.
        constants: the rule as JSON, as it was then.
        setting: what the setting changes, in words.
        values_per_parameter: samples times channels, over the network's number of parameters.
        num_alike: the number of cells that were fitted both here and in the usual setting; 0
            without a landscape there.
        alike_regret_db: the rule's regret on the surface through these cells alone, NaN without.
        usual_regret_db: the same in the usual setting, on the same cells and seeds.
        eqn11_regret_db: the regret of Eqn. 11, scaled in length and width.
        noise_db: standard deviation of the fits from the surface that the regrets are read from.
    """

    rule: str
    constants: str
    setting: str
    signal: str
    recording: str
    values_per_parameter: float
    regret_db: float
    num_alike: int
    alike_regret_db: float
    usual_regret_db: float
    eqn11_regret_db: float
    noise_db: float
    share_rule: float
    gain_rule: float
    share_optimum: float
    gain_optimum: float
    psnr_optimum: float


class BiasPair(NamedTuple):
    """A point with and without a zero output bias, all else being equal.

    `share` is K as a share of Nyquist, `gain` is g, and the PSNRs are peaks in dB.
    """

    signal: str
    share: float
    gain: float
    psnr: float
    psnr_zero_bias: float


def transfer(results: str, rule: str, recordings: str | None = None) -> list[Moved]:
    """Measure a rule on every signal in every setting but the usual one.

    Variants (`analysis.experiments.variants`) do not count.

    Args:
        results: a results folder.
        rule: a name or a file.
        recordings: see `stored_maps`.

    Raises:
        InputError: the rule does not exist; or the results hold no landscapes, or landscapes of
            only one setting, or only variants in the others.
    """
    name, function = named_rule(rule, "--rule")
    store = Store(results, create=False)
    usual_one, elsewhere = usual_setting(store), []
    for setting in settings_of(store):
        if setting == usual_one:
            continue
        with contextlib.suppress(InputError):  # too few signals
            elsewhere.append(stored_maps(results, recordings, other=setting))
    if not elsewhere:
        raise InputError.at(
            "too-few",
            results,
            "all landscapes are of one setting; fit two signals or more in another, "
            "for example with studies/rule_check.py run --depth 2.",
        )
    usual = stored_maps(results, recordings)
    moved = []
    for stored in elsewhere:
        moved += _measure(stored, usual, function, name)
    if not moved:
        raise InputError.at(
            "too-few",
            results,
            "all landscapes in another setting are of variants; `python -m "
            "analysis.variants_report` compares these. Fit the clips themselves there.",
        )
    return moved


def _in_words(setting: Mapping[str, Any], usual: Mapping[str, Any], target: Target) -> str:
    """Return what a setting changes."""
    changed = [name for name in SETTING if setting[name] != usual[name]]
    words = []
    is_image = target.dimensions == 2
    if is_image:
        words.append(f"images of {target.shape[0]} x {target.shape[1]}")
    for name in WORDS:
        if name in changed and not (is_image and name == "n"):
            words.append(WORDS[name].format(setting[name]))
    if "hp_zero_output_bias" in changed:
        words.append("zero output bias" if setting["hp_zero_output_bias"] else "drawn output bias")
    return ", ".join(words)


def _eqn11(target: Target) -> NoiseScales:
    return RULES[EQN11_BY_DIMENSIONS[target.dimensions]](target)


def _measure(stored: Stored, usual: Stored, rule: AnyRule, rule_name: str) -> Iterator[Moved]:
    maps = [one for one in stored.maps if not originals_of(one.name)]
    if not maps:
        return
    surfaces = surfaces_through(maps)
    asked = surfaces.regret_of(rule)
    eqn11 = surfaces.regret_of(_eqn11).regret
    here, there = alike(maps, usual.maps)
    regrets_here, regrets_there = _regrets(here, rule), _regrets(there, rule)
    num_alike = {one.name: len(one.fits) for one in here}
    for i, (name, target) in enumerate(zip(surfaces.names, surfaces.targets, strict=True)):
        best = surface_optimum(surfaces, i)
        network = SirenConfig(width=target.width, depth=target.depth)
        size = network.num_parameters(in_features=target.dimensions, out_features=target.channels)
        yield Moved(
            rule=rule_name,
            constants=rule_json(rule),
            setting=_in_words(stored.setting, usual.setting, target),
            signal=name,
            recording=surfaces.recordings[i],
            values_per_parameter=target.num_samples * target.channels / size,
            regret_db=float(asked.regret[i]),
            num_alike=num_alike.get(name, 0),
            alike_regret_db=regrets_here.get(name, math.nan),
            usual_regret_db=regrets_there.get(name, math.nan),
            eqn11_regret_db=float(eqn11[i]),
            noise_db=float(surfaces.noise[i]),
            share_rule=float(asked.shares[i]),
            gain_rule=float(asked.gains[i]),
            share_optimum=best.bandwidth / target.nyquist,
            gain_optimum=best.gain,
            psnr_optimum=best.psnr,
        )


def _regrets(maps: Sequence[SignalMap], rule: AnyRule) -> dict[str, float]:
    """Return a rule's regret in dB on the surface of each signal, by the signal's name."""
    if not maps:
        return {}
    surfaces = surfaces_through(maps)
    return dict(zip(surfaces.names, surfaces.regret_of(rule).regret.tolist(), strict=True))


def zero_output_bias(results: str) -> list[BiasPair]:
    """Return every point that was fitted with and without a zero output bias on the first seed."""
    store = Store(results, create=False)
    signals = {row["sha256"]: signal_from_row(row) for row in store.signals().to_pylist()}
    same = ["sha256", "hp_s0", "hp_s1", *(n for n in SETTING if n != "hp_zero_output_bias")]
    columns = [*same, HEADLINE.column, "hp_zero_output_bias"]
    fits: dict[tuple[Any, ...], dict[bool, float]] = {}
    where = {"network": "siren2", "seed": SEED}
    for row in store.fits(columns=columns, where=where).to_pylist():
        if row["status"] in ("ok", "dead"):
            pair = fits.setdefault(tuple(row[name] for name in same), {})
            pair[row["hp_zero_output_bias"]] = headline(row)
    pairs = []
    for key, pair in fits.items():
        if len(pair) == 2:
            at = dict(zip(same, key, strict=True))
            signal = signals[at["sha256"]]
            target = signal.target(at["hp_width"], at["hp_depth"])
            share, gain = share_and_gain(target, NoiseScales(at["hp_s0"], at["hp_s1"]))
            pairs.append(BiasPair(signal.name, share, gain, pair[False], pair[True]))
    return pairs
