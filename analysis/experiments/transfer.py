"""Does a rule hold where it was not fitted: other lengths, widths, depths, training, images?

Every setting that a results folder has maps of, beside the one that most of its fits have. Signals
are paired by name, since another length is another crop.
"""

import contextlib
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.experiments.paired_optima import optimum
from analysis.experiments.variants import originals_of
from analysis.surfaces.stored import SEED, SETTING, stored_surfaces, usual_setting
from analysis.surfaces.surfaces import Surfaces, share_and_gain
from inr_models import InputError, SirenConfig
from search_spaces.rules import RULES, AnyRule, NoiseScales, named_rule, rule_json
from studies.engine.store.metrics import HEADLINE, headline
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store

Array = NDArray[np.float64]

PAPER = {1: "eqn11_length_width", 2: "eqn11_image_length_width"}
"""Eqn. 11 by dimensions."""

WORDS = {
    "hp_width": "width {:,}",
    "hp_depth": "depth {:,}",
    "fit_epochs": "{:,} epochs",
    "fit_learning_rate": "learning rate {:g}",
    "fit_decay": "decay {:g}",
    "fit_decay_every": "decay every {:,}",
    "n": "{:,} samples",
}
"""How a changed column of `SETTING` is told."""


class Moved(NamedTuple):
    """A signal in another setting: regrets in dB, K as shares of Nyquist, g;
    `values_per_parameter` compares samples times channels with the network's size.

    `rule` is its name, or its file's, and `constants` what it was then, as JSON. `usual_regret_db`
    is NaN where the signal is not mapped in the usual setting. `noise_db` is the deviation of the
    fits from the surface that the regrets are read from.
    """

    rule: str
    constants: str
    setting: str
    signal: str
    recording: str
    values_per_parameter: float
    regret_db: float
    usual_regret_db: float
    eqn11_regret_db: float
    noise_db: float
    share_rule: float
    gain_rule: float
    share_optimum: float
    gain_optimum: float
    psnr_optimum: float


class BiasPair(NamedTuple):
    """A point with and without a zero output bias, all else being equal: K as a share of Nyquist,
    g, and peak PSNR in dB.
    """

    signal: str
    share: float
    gain: float
    psnr: float
    psnr_zero_bias: float


def transfer(results: str, rule: str, recordings: str | None = None) -> list[Moved]:
    """Every signal in every setting but the usual one, by the rule of that name or file; without
    variants of `analysis.variants`.

    Raises:
        InputError: there is no such rule; the results hold no maps, or of one setting alone, or
            in another of variants alone.
    """
    name, asked = named_rule(rule, "--rule")
    store = Store(results, create=False)
    usual = usual_setting(store)
    elsewhere = []
    for setting in _settings(store, usual):
        with contextlib.suppress(InputError):  # too few maps
            elsewhere.append((setting, stored_surfaces(results, recordings, other=setting)))
    if not elsewhere:
        raise InputError(
            "too-few",
            results,
            f"{results}: all maps are of one setting; map two signals or more in another, with "
            "studies/rule_check.py run --depth 2 say.",
        )
    made = stored_surfaces(results, recordings).surfaces
    before = dict(zip(made.names, _at(made, asked)[0].tolist(), strict=True))
    found = [
        moved
        for setting, there in elsewhere
        for moved in _of_setting(there.surfaces, asked, name, setting, usual, before)
    ]
    if not found:
        raise InputError(
            "too-few",
            results,
            f"{results}: all maps in another setting are of variants; `python -m "
            "analysis.variants_report` tells of these. Map clips themselves there.",
        )
    return found


def _settings(store: Store, usual: Mapping[str, Any]) -> list[dict[str, Any]]:
    table = store.fits(columns=SETTING, where={"network": "siren2", "seed": SEED})
    found = {tuple(row[name] for name in SETTING) for row in table.to_pylist()}
    made: list[dict[str, Any]] = [dict(zip(SETTING, each, strict=True)) for each in sorted(found)]
    return [each for each in made if each != usual]


def _label(
    setting: Mapping[str, Any], usual: Mapping[str, Any], image: tuple[int, ...] | None
) -> str:
    """What a setting changes, in words."""
    changed = [name for name in SETTING if setting[name] != usual[name]]
    said = [f"images of {image[0]} x {image[1]}"] if image else []
    for name in WORDS:
        if name in changed and not (image and name == "n"):
            said.append(WORDS[name].format(setting[name]))
    if "hp_zero_output_bias" in changed:
        said.append("zero output bias" if setting["hp_zero_output_bias"] else "drawn output bias")
    return ", ".join(said)


def _of_setting(
    made: Surfaces,
    rule: AnyRule,
    rule_name: str,
    setting: Mapping[str, Any],
    usual: Mapping[str, Any],
    before: Mapping[str, float],
) -> Iterator[Moved]:
    regret, shares, gains = _at(made, rule)
    eqn11, _, _ = _at(made, None)
    for i, (name, target) in enumerate(zip(made.names, made.targets, strict=True)):
        if originals_of(name):
            continue
        best = optimum(made, i)
        network = SirenConfig(width=target.width, depth=target.depth)
        size = network.num_parameters(in_features=target.dimensions, out_features=target.channels)
        yield Moved(
            rule=rule_name,
            constants=rule_json(rule),
            setting=_label(setting, usual, target.shape if target.dimensions == 2 else None),
            signal=name,
            recording=made.recordings[i],
            values_per_parameter=target.num_samples * target.channels / size,
            regret_db=float(regret[i]),
            usual_regret_db=before.get(name, math.nan),
            eqn11_regret_db=float(eqn11[i]),
            noise_db=float(made.noise[i]),
            share_rule=float(shares[i]),
            gain_rule=float(gains[i]),
            share_optimum=best.bandwidth / target.nyquist,
            gain_optimum=best.gain,
            psnr_optimum=best.psnr,
        )


def _at(made: Surfaces, rule: AnyRule | None) -> tuple[Array, Array, Array]:
    """(regret in dB, K as a share of Nyquist, g) [s] of a rule's points; Eqn. 11's without one."""
    points = [
        share_and_gain(target, (rule or RULES[PAPER[target.dimensions]])(target))
        for target in made.targets
    ]
    shares, gains = np.array(points).T
    return made.regret_at(shares, gains), shares, gains


def zero_output_bias(results: str) -> list[BiasPair]:
    """Every point that was fitted with and without a zero output bias on the first seed."""
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
    found = []
    for key, pair in fits.items():
        if len(pair) == 2:
            at = dict(zip(same, key, strict=True))
            signal = signals[at["sha256"]]
            target = signal.target(at["hp_width"], at["hp_depth"])
            share, gain = share_and_gain(target, NoiseScales(at["hp_s0"], at["hp_s1"]))
            found.append(BiasPair(signal.name, share, gain, pair[False], pair[True]))
    return found
