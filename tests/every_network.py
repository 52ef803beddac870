"""A small one of every network, with settings under which it learns the tests' problems."""

import dataclasses

from inr_models import MODELS, FinerConfig, NetworkConfig

# By field, for every network that has the field, but for what a network needs otherwise.
_SETTINGS = {
    "width": 24,
    "depth": 3,
    "omega_first": 40.0,
    "omega_hidden": 20.0,
    "s0": 50,
    "s1": 0.5,
    "first_bias": 3.0,
    "beta": 1.5,
    "alpha": 1.5,
    "octaves": 6,
    "num_frequencies": 7,
    "sigma": 3.0,
    "tt_layer": 3,
    "tt_modes": (4, 6),
    "tt_rank": 3,
}
_OTHERWISE = {
    "wire": {"omega_first": 15.0, "omega_hidden": 10.0, "scale": 4.0},
    "gauss": {"scale": 10.0},
    "siren_rff": {"omega_first": 30.0, "omega_hidden": 30.0},
    "siren_rff_authors": {"omega_first": 4.0, "omega_hidden": 30.0},
    # Torch's default weights are small for ReLU, so this learns slowly.
    "relu_pe_authors": {"width": 60, "depth": 2},
}


def _small(kind: type[NetworkConfig]) -> NetworkConfig:
    settings = _SETTINGS | _OTHERWISE.get(kind.network, {})
    names = [field.name for field in dataclasses.fields(kind)]
    return kind(**{name: settings[name] for name in names if name in settings})


EVERY = {name: _small(kind) for name, kind in MODELS.items()}
_finer = EVERY["finer"]
assert isinstance(_finer, FinerConfig)
EVERY["finer with its factor's gradient"] = dataclasses.replace(_finer, factor_gradient=True)
