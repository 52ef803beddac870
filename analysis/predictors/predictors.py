"""Score points (s0, s1) for a signal before training, or after very little of it.

A predictor looks at the untrained networks of a point, which do not depend on the signal. It then
scores what it saw for any number of signals. `PREDICTORS` lists all predictors. A new one is one
function and one line.

References: the tangent kernel's spectrum S(k) is Eqn. 6 of the paper. `spectrum_distance` is FreSh
(Kania et al., github.com/gmum/FreSh), see `search_spaces.rules.spectrum_matching`. The effective
rank is that of Roy and Vetterli (2007), the stable rank that of Rudelson and Vershynin (2007).
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.theory.kernel_report import power_of
from analysis.theory.tangent_kernel import (
    effective_rank,
    eigenvalues,
    kernel_spectrum,
    tangent_kernel,
)
from inr_models import Siren2Config, make_network
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.descriptors.bands import bands
from search_spaces.rules import NoiseScales
from search_spaces.rules.spectrum_matching import SEEDS
from studies.engine.signals.signal import Signal

Array = NDArray[np.float64]

WINDOW = 1024
"""Samples of the kernel whose eigenvalues are computed. They are contiguous, because every eighth
sample would alias the frequencies above an eighth of Nyquist."""


class Drawn(NamedTuple):
    """Holds the untrained networks of one point.

    Attributes:
        scales: the point.
        networks: one for each of the draws `SEEDS`.
        coords: the coordinates [n, 1] of a sound.
    """

    scales: NoiseScales
    networks: tuple[CoordinateMLP, ...]
    coords: Tensor


class SignalView(NamedTuple):
    """Holds what a predictor may know of a signal.

    Attributes:
        power: [n - 1] the share of its power at each frequency of a two-sided FFT, without DC.
        bands: [128] its coarse spectrum, see `descriptors.bands`.
        short_fits: PSNR in dB after a few epochs, by point.
    """

    power: Array
    bands: Array
    short_fits: Mapping[NoiseScales, float]


class Predictor(NamedTuple):
    """Says how points are scored.

    Attributes:
        look: what is computed of a point's networks, once for all signals.
        score: the score of a point for a signal, from what `look` returned. Higher is better.
        is_trained: whether the scores come from short fits, which cost what these cost.
    """

    look: Callable[[Drawn], Any]
    score: Callable[[Any, SignalView], float]
    is_trained: bool = False


def draw(config: Siren2Config, coords: Tensor) -> Drawn:
    """Return the untrained networks of a point, one for each of `SEEDS`.

    Args:
        config: the network with its noise scales.
        coords: the coordinates [n, 1].

    Example:
        >>> len(draw(Siren2Config(width=8, s0=10.0, s1=0.3), coords).networks)
        2
    """
    networks = []
    for seed in SEEDS:
        networks.append(make_network(config, in_features=1, out_features=1, seed=seed))
    return Drawn(NoiseScales(config.s0, config.s1), tuple(networks), coords)


def view_of(signal: Signal, short_fits: Mapping[NoiseScales, float]) -> SignalView:
    """Return what predictors may know of a signal whose samples are at hand.

    Args:
        signal: The signal with its samples.
        short_fits: PSNR in dB after a short fit, by point.
    """
    return SignalView(without_mean(power_of(signal)), np.array(signal.bands), short_fits)


def without_mean(power: Array) -> Array:
    """Return the shares [n - 1] of a two-sided power spectrum [n] whose first value is DC.

    Example:
        >>> without_mean(np.array([9.0, 1.0, 2.0, 1.0])).tolist()
        [0.25, 0.5, 0.25]
    """
    return power[1:] / power[1:].sum()


def kernel_power(drawn: Drawn) -> Array:
    """Return the shares [n - 1] of the kernel's spectrum S(k), without DC, the mean over draws."""
    shares = []
    for network in drawn.networks:
        shares.append(without_mean(kernel_spectrum(network, drawn.coords).numpy()))
    return np.mean(shares, axis=0)


def overlap(kernel: Array, view: SignalView) -> float:
    """Return the Bhattacharyya coefficient of S(k) and the signal's power: 1 if they are equal.

    Args:
        kernel: S(k), whose sum is 1.
        view: What predictors know of the signal.

    Example:
        >>> overlap(np.array([0.5, 0.5, 0]), SignalView(np.array([0.5, 0, 0.5]), np.empty(0), {}))
        0.5
    """
    return float(np.sqrt(kernel * view.power).sum())


def negative_cross_entropy(kernel: Array, view: SignalView) -> float:
    """Return the mean of log S(k) over the signal's power: minus their cross-entropy.

    It is largest for the S(k) that equals the signal's power. Unlike the overlap, it falls without
    bound where the signal has power that the kernel does not see.

    Args:
        kernel: S(k), whose sum is 1.
        view: What predictors know of the signal.

    Example:
        >>> view = SignalView(np.array([0.5, 0.5]), np.empty(0), {})
        >>> round(negative_cross_entropy(np.array([0.5, 0.5]), view), 3)
        -0.693
    """
    return float(view.power @ np.log(np.maximum(kernel, np.finfo(float).tiny)))


def kernel_eigenvalues(drawn: Drawn) -> list[Tensor]:
    """Return the kernel's eigenvalues on the middle `WINDOW` samples, for each draw.

    A sound of fewer samples is taken as a whole.
    """
    start = max(0, len(drawn.coords) - WINDOW) // 2
    window = drawn.coords[start : start + WINDOW]
    return [eigenvalues(tangent_kernel(network, window)) for network in drawn.networks]


def log_effective_rank(values: list[Tensor], view: SignalView) -> float:
    """Return log10 of how many eigenvalues count, the mean over draws: the kernel's conditioning.

    The ratio of the largest to the smallest eigenvalue does not tell points apart: on the maps of
    `analysis/data`, the smallest one is lost in rounding at 64 of 119 points. The effective rank
    differs at all of them.

    Args:
        values: The eigenvalues [n] of each draw.
        view: What predictors know of the signal, which does not count here.
    """
    return float(np.mean([np.log10(effective_rank(of_draw)) for of_draw in values]))


def output_bands(drawn: Drawn) -> Array:
    """Return the bands [128] of the untrained output, the mean over draws.

    They are those of `spectrum_matching.untrained_bands`, which keeps its results and so has no
    cost to measure.
    """
    with torch.no_grad():
        outputs = [network(drawn.coords)[:, 0].numpy() for network in drawn.networks]
    return np.mean([bands(output) for output in outputs], axis=0)


def nearness(output: Array, view: SignalView) -> float:
    """Return minus the Wasserstein-1 distance of two spectra, as a share of Nyquist.

    Args:
        output: The spectrum of an untrained network's output.
        view: What predictors know of the signal.

    Example:
        >>> nearness(np.array([1.0, 0.0]), SignalView(np.empty(0), np.array([0.0, 1.0]), {}))
        -0.5
    """
    return -float(np.abs(np.cumsum(output) - np.cumsum(view.bands)).mean())


def stable_rank(drawn: Drawn) -> float:
    """Return ||H||_F^2 / ||H||_2^2 of the last hidden layer's features H, the mean over draws.

    Example:
        >>> rank = stable_rank(draw(Siren2Config(width=8, s0=10.0, s1=0.3), coords))
        >>> 1 <= rank <= 8
        True
    """
    ranks = []
    for network in drawn.networks:
        features = _last_features(network, drawn.coords).double()
        singular_squared = torch.linalg.eigvalsh(features.mT @ features)
        ranks.append(float(singular_squared.sum() / singular_squared[-1]))
    return float(np.mean(ranks))


def _last_features(network: CoordinateMLP, coords: Tensor) -> Tensor:
    kept: list[Tensor] = []

    def keep(_: nn.Module, arguments: tuple[Tensor]) -> None:
        kept.append(arguments[0])

    handle = network.layers[-1].register_forward_pre_hook(keep)
    with torch.no_grad():
        network(coords)
    handle.remove()
    return kept[0]


def scales_alone(drawn: Drawn) -> NoiseScales:
    """Return the point. Nothing is computed of its networks."""
    return drawn.scales


PREDICTORS: dict[str, Predictor] = {
    "kernel_overlap": Predictor(kernel_power, overlap),
    "kernel_cross_entropy": Predictor(kernel_power, negative_cross_entropy),
    "kernel_conditioning": Predictor(kernel_eigenvalues, log_effective_rank),
    "spectrum_distance": Predictor(output_bands, nearness),
    "stable_rank": Predictor(stable_rank, lambda rank, _: rank),
    "psnr_20": Predictor(scales_alone, lambda at, view: view.short_fits[at], is_trained=True),
}
"""All predictors. Those of the same `look` share its work, and each counts its whole cost."""
