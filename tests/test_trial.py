"""Trials and the keys that tell them apart."""

import dataclasses
import hashlib
import json
import math
import re

import pytest

from inr_models import (
    FIT_VERSION,
    AuthorsReluPeConfig,
    AuthorsRffConfig,
    FitConfig,
    NetworkConfig,
    ReluPeConfig,
    Siren2Config,
    SirenConfig,
    SirenRffConfig,
)
from inr_models.fitting.held_out import HeldOut
from studies.engine.planning.trial import Trial, trial_keys

SIGNAL = "0" * 64


def trial(network: NetworkConfig | None = None, **changes) -> Trial:
    fields = {"signal": SIGNAL, "network": network or SirenConfig(), "fit": FitConfig(), "seed": 0}
    return Trial(**{**fields, "fit_version": 1, **changes})


@pytest.mark.parametrize(
    ("pinned", "key"),
    [
        (trial(), "e7a2f2020f339a2c6bacdbb09add6c8e"),
        (trial(SirenConfig(omega_first=3000), seed=4), "702469df523b8bb9098614a7a4204f5f"),
        (
            trial(
                Siren2Config(width=52, s0=187.5, s1=0),
                signal="ab" * 32,
                fit=FitConfig(epochs=600, learning_rate=5e-4, decay=0.95),
            ),
            "caae1942a96be9bbe7d42a87096f817f",
        ),
        (trial(SirenRffConfig()), "d8b3dea3182785bd11a3e20746c4c66e"),
        (
            trial(SirenRffConfig(width=48, num_frequencies=24, omega_first=163.84)),
            "27a3d13b7563c1d637ac7d696e1057bc",
        ),
        (trial(fit=FitConfig(optimizer="adam")), "e7a2f2020f339a2c6bacdbb09add6c8e"),
        (trial(ReluPeConfig()), "91827cf55b6413b8ec851bb35eb6b6a7"),
        (trial(ReluPeConfig(width=48, octaves=13)), "0f30b994ff6386169ea4498c0b79c743"),
    ],
)
def test_keys_are_the_same_for_ever(pinned, key):
    """A store finds finished fits by these; a change here orphans every result there is."""
    assert pinned.key == key


def test_defaults_are_the_same_for_ever():
    """Fields at their default are not in a key, so a new default would rename old results."""
    assert FitConfig() == FitConfig(
        epochs=30_000,
        learning_rate=1e-4,
        decay=0.99,
        decay_every=20,
        precision="float32",
        optimizer="adam",
    )
    sizes = {"width": 222, "depth": 4, "omega_first": 30.0, "omega_hidden": 30.0}
    assert SirenConfig() == SirenConfig(**sizes)
    assert Siren2Config(s0=1, s1=2) == Siren2Config(**sizes, s0=1, s1=2)
    sizes["width"] = 193
    features = {"num_frequencies": 97, "sigma": 30.0}
    assert SirenRffConfig() == SirenRffConfig(**sizes, **features)
    features = {"num_frequencies": 96, "sigma": 4.77464829}
    assert AuthorsRffConfig() == AuthorsRffConfig(**sizes, **features)
    assert ReluPeConfig() == ReluPeConfig(width=193, depth=4, octaves=17)
    assert AuthorsReluPeConfig() == AuthorsReluPeConfig(width=193, depth=4, octaves=7)


def test_3000_and_3000_point_0_are_one_key():
    assert trial(SirenConfig(omega_first=3000)).key == trial(SirenConfig(omega_first=3000.0)).key
    assert trial(SirenConfig(omega_first=3000)).key != trial(SirenConfig(omega_first=3001)).key
    assert trial(Siren2Config(s0=0, s1=1)).key == trial(Siren2Config(s0=0.0, s1=1.0)).key


def test_minus_zero_and_zero_are_one_key():
    assert trial(Siren2Config(s0=-0.0, s1=1)).key == trial(Siren2Config(s0=0.0, s1=1)).key


def test_fields_at_their_default_are_left_out():
    assert json.loads(trial().config) == {
        "signal": SIGNAL,
        "network": {"name": "siren"},
        "fit": {"version": 1},
        "seed": 0,
    }
    assert json.loads(trial(Siren2Config(s0=5, s1=0, depth=3)).config)["network"] == {
        "name": "siren2",
        "depth": 3,
        "s0": 5,
        "s1": 0,
    }
    assert trial(SirenConfig(omega_first=30, depth=4)).key == trial().key


CHANGED_FIT = {
    "epochs": 100, "learning_rate": 2e-4, "decay": 0.98, "decay_every": 10, "precision": "tf32",
    "optimizer": "muon",
}  # fmt: skip
CHANGED_NETWORK = {
    "width": 52, "depth": 3, "omega_first": 31, "omega_hidden": 29, "s0": 1.5, "s1": 0.5,
    "zero_output_bias": True,
}  # fmt: skip
CHANGED_TRIAL = {"signal": "1" * 64, "seed": 1, "fit_version": 2, "objective": HeldOut(every=2)}


def test_every_field_is_in_the_key():
    base = trial(Siren2Config(s0=1, s1=1))
    others = [dataclasses.replace(base, **{f: v}) for f, v in CHANGED_TRIAL.items()]
    others += [trial(Siren2Config(**{"s0": 1, "s1": 1, f: v})) for f, v in CHANGED_NETWORK.items()]
    others += [trial(base.network, fit=FitConfig(**{f: v})) for f, v in CHANGED_FIT.items()]
    keys = [base.key, trial().key] + [other.key for other in others]
    assert len(set(keys)) == len(keys)

    def names(kind) -> set[str]:
        return {field.name for field in dataclasses.fields(kind)}

    assert names(FitConfig) == CHANGED_FIT.keys(), "a new field needs a change here"
    assert names(Siren2Config) == CHANGED_NETWORK.keys(), "a new field needs a change here"
    assert names(Trial) == CHANGED_TRIAL.keys() | {"network", "fit"}


def test_siren2_without_noise_is_another_trial_than_siren():
    assert trial(Siren2Config(s0=0, s1=0)).key != trial(SirenConfig()).key


def test_no_row_of_a_textbooks_network_is_one_of_the_authors():
    features = {"num_frequencies": 97, "sigma": 30.0}
    assert trial(SirenRffConfig()).key != trial(AuthorsRffConfig(**features)).key
    assert trial(ReluPeConfig(octaves=7)).key != trial(AuthorsReluPeConfig()).key
    assert trial(ReluPeConfig()).key != trial(AuthorsReluPeConfig(octaves=17)).key


def test_a_trial_is_of_the_present_fit_version_unless_told():
    present = Trial(signal=SIGNAL, network=SirenConfig(), fit=FitConfig(), seed=0)
    assert present.fit_version == FIT_VERSION


def test_a_key_is_32_hex_digits_and_its_config_is_plain_json():
    assert re.fullmatch("[0-9a-f]{32}", trial().key)
    assert math.isclose(
        json.loads(trial(SirenConfig(omega_first=0.1)).config)["network"]["omega_first"], 0.1
    )


def test_the_keys_of_a_network_are_its_trials_keys_and_hashes_of_their_configs():
    network, seeds = Siren2Config(s0=1, s1=2), (0, 1, 105)
    trials = [trial(network, seed=seed) for seed in seeds]
    keys = [hashlib.sha256(t.config.encode()).hexdigest()[:32] for t in trials]
    assert trial_keys(SIGNAL, network, FitConfig(), seeds, 1) == keys == [t.key for t in trials]
