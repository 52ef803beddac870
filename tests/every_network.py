"""A small one of every network, with settings under which it learns the tests' problems."""

from inr_models import (
    MODELS,
    FinerConfig,
    FinerPlusConfig,
    GaussConfig,
    HoscConfig,
    NetworkConfig,
    NormalSirenConfig,
    ReluPeConfig,
    ScaledSirenConfig,
    Siren2Config,
    SirenConfig,
    SirenRffConfig,
    TensorTrainConfig,
    WireConfig,
)

_SIZE = {"width": 24, "depth": 3}
_SINES = {**_SIZE, "omega_first": 40.0, "omega_hidden": 20.0}

EVERY: dict[str, NetworkConfig] = {
    config.network: config
    for config in (
        SirenConfig(**_SINES),
        Siren2Config(**_SINES, s0=50, s1=0.5),
        FinerConfig(**_SINES),
        FinerPlusConfig(**_SINES, first_bias=3.0),
        WireConfig(**_SIZE, omega_first=15.0, scale=4.0),
        GaussConfig(**_SIZE, scale=10.0),
        HoscConfig(**_SINES, beta=1.5),
        ReluPeConfig(**_SIZE, octaves=6),
        SirenRffConfig(**_SIZE, omega_first=30.0, num_frequencies=7, sigma=3.0),
        TensorTrainConfig(**_SINES, s0=50, s1=0.5, tt_layer=3, tt_modes=(4, 6), tt_rank=3),
        ScaledSirenConfig(**_SINES, alpha=1.5),
        NormalSirenConfig(**_SINES),
    )
}
assert EVERY.keys() == MODELS.keys()
EVERY["finer with its factor's gradient"] = FinerConfig(**_SINES, factor_gradient=True)
