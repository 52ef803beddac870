"""Define the two scales of the studies: one for minutes on two cores, and the paper's.

Studies that share a scale share its fits: a search starts from the cells that a grid has fitted.
"""

from dataclasses import replace
from typing import Any

from inr_models import FitConfig
from inr_models.fitting.signed_distance import SignedDistance
from search_spaces.grids import (
    AUDIO_GRID,
    AUDIO_GRID_SMALL,
    IMAGE_GRID,
    IMAGE_GRID_SMALL,
    NOISY_AUDIO_GRID,
    NOISY_IMAGE_GRID,
    SHAPE_GRID,
    SHAPE_GRID_SMALL,
)
from search_spaces.networks import Case
from search_spaces.rules import EQN11_SOUND, RECOMMENDED
from studies.engine.planning.scale import Scale

# Few epochs, for minutes on two cores: enough for the ridge to stand out.
_SMALL_FIT = FitConfig(epochs=160, learning_rate=5e-4, decay=0.95, decay_every=20)

_PAPER_FIT = FitConfig(epochs=30_000, learning_rate=1e-4, decay=0.99, decay_every=20)

_BLIND: Any = {"hold_out": "10%", "blind": True, "seeds": 1}
"""What makes a scale one of noisy signals: samples that are held out choose."""

AUDIO_SMALL = Scale(
    max_samples=8_192,
    width=52,
    depth=4,
    fit=_SMALL_FIT,
    seeds=1,
    grid=AUDIO_GRID_SMALL,
    rules=("eqn11_length", "eqn11_length_width"),
    own_seeds=True,
)

AUDIO_PAPER = Scale(
    max_samples=150_000,
    width=222,
    depth=4,
    fit=_PAPER_FIT,
    seeds=5,
    grid=AUDIO_GRID,
    rules=("eqn11_length", "eqn11_length_width", "eqn11", "eqn11_text"),
    own_seeds=True,
)
"""Sec. 5.1, Fig. 6."""

IMAGE_SMALL = replace(
    AUDIO_SMALL,
    max_samples=96 * 96,
    grid=IMAGE_GRID_SMALL,
    rules=("eqn11_image_length", "eqn11_image_length_width", "eqn11_image"),
)

NOISY_AUDIO_SMALL = replace(
    AUDIO_SMALL,
    grid=NOISY_AUDIO_GRID,
    fit=replace(_SMALL_FIT, epochs=400),
    rules=(*AUDIO_SMALL.rules, RECOMMENDED),
    **_BLIND,
)
NOISY_AUDIO_PAPER = replace(
    AUDIO_PAPER,
    grid=NOISY_AUDIO_GRID,
    width=256,
    fit=replace(_PAPER_FIT, epochs=20_000),
    rules=("eqn11_length", "eqn11_length_width", RECOMMENDED),
    **_BLIND,
)
"""Sec. 5.4, as a search."""

SHAPE_SMALL = Scale(
    max_samples=24**3,
    width=52,
    depth=4,
    fit=FitConfig(epochs=400, learning_rate=1e-3, decay=0.95, decay_every=20),
    seeds=1,
    grid=SHAPE_GRID_SMALL,
    rules=("table6_shape",),
    own_seeds=True,
    signed_distance=SignedDistance(points=300),
)

SHAPE_PAPER = replace(
    SHAPE_SMALL,
    max_samples=64**3,
    width=256,
    fit=FitConfig(epochs=10_000, learning_rate=1e-4, decay=0.99, decay_every=20),
    grid=SHAPE_GRID,
    signed_distance=SignedDistance(points=5_000),
)
"""Sec. B.4. The paper does not say how many points an update has, nor its learning rate."""

IMAGE_PAPER = replace(
    AUDIO_PAPER,
    max_samples=1 << 20,
    width=256,
    grid=IMAGE_GRID,
    rules=IMAGE_SMALL.rules,
)
"""Sec. 5.2. The paper has 512 x 512. Larger images are whole up to a million pixels."""

NOISY_IMAGE_SMALL = replace(
    IMAGE_SMALL, grid=NOISY_IMAGE_GRID, fit=replace(_SMALL_FIT, epochs=400), **_BLIND
)
NOISY_IMAGE_PAPER = replace(
    IMAGE_PAPER, grid=NOISY_IMAGE_GRID, fit=replace(_PAPER_FIT, epochs=20_000), **_BLIND
)
"""Sec. 5.3, as a search."""


def comparison(scale: Scale, cases: tuple[Case, ...], parameters: int, seeds: int = 5) -> Scale:
    """Return a scale that compares networks on five seeds, as in the paper, and has no grid.

    The seeds are the same for all signals, also as in the paper.

    Args:
        scale: The sizes and the training.
        cases: The networks.
        parameters: The number of parameters that each should have.
        seeds: Number of seeds.
    """
    compared = replace(scale, grid=None, cases=cases, parameters=parameters)
    return replace(compared, seeds=seeds, own_seeds=False)


def named(*networks: str) -> tuple[Case, ...]:
    """Return a case of each network at its published settings."""
    return tuple(Case(name=network, network=network) for network in networks)


RECOMMENDED_SIREN2 = Case(name="siren2_recommended", network="siren2_zero_bias", rule=RECOMMENDED)
"""SIREN² as `siren2_for` starts it: the recommended rule, and an output bias of 0."""

SOUND_NETWORKS = (
    *named(
        "siren", "finer", "wire", "relu_pe", "siren_rff", "finer_pp", "siren2", "gauss", "hosc",
        "siren_scaled", "siren_normal", "siren_zero_bias", "siren2_zero_bias", "relu_pe_authors",
        "siren_rff_authors",
    ),
    RECOMMENDED_SIREN2,
)  # fmt: skip
"""The networks that are compared on sounds and series: those of Table 1 and more."""

DENOISED_BIASES = (0.0, 2.5, 5.0, 10.0, 20.0)
"""The bounds of FINER++'s first biases that are tried on noisy signals (Sec. 5.4)."""


def denoising(scale: Scale, *, parameters: int, epochs: int, also: tuple[Case, ...] = ()) -> Scale:
    """Return a scale of networks for noisy signals, on one seed. Held-out samples choose.

    The first layer's frequency is not scaled (Sec. 5.4).

    Args:
        scale: The sizes and the training.
        parameters: The number of parameters that each network should have.
        epochs: How long they are trained.
        also: More networks.
    """
    networks = ("siren2", "finer_pp", "finer", "siren", "wire")
    # The recommended rule was fitted to sounds.
    more = (RECOMMENDED,) if scale.rules[0] in EQN11_SOUND else ()
    cases = tuple(Case(name=name, network=name, first_factor=1.0) for name in networks)
    compared = comparison(scale, (*cases, *also), parameters)
    fit = replace(scale.fit, epochs=epochs)
    return replace(compared, fit=fit, rules=(*scale.rules, *more), **_BLIND)
