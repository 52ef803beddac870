"""Measure what a fit does to activations, errors and kernels (Figs. 3, 4, 10 and 14)."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.measured.quantity import Numbers
from analysis.statistics.ranks import rank_correlation
from analysis.theory.activations import Activations, Layer, activations_of, at_weights, described
from analysis.theory.dynamics import decay
from analysis.theory.subjects import radial_shares, samples_of
from analysis.theory.tangent_kernel import kernel_spectrum
from inr_models import FitConfig, NetworkConfig, SirenConfig, fit, make_network
from inr_models.fitting.result import FitResult
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.networks import Case, network_for
from search_spaces.rules import EQN11_BY_DIMENSIONS
from studies.engine.planning.scales import AUDIO_SMALL
from studies.engine.signals.signal import Signal

Array = NDArray[np.float64]

SIZE = (AUDIO_SMALL.width, AUDIO_SMALL.depth)

LOW = 0.1
"""Low frequencies lie below this share of Nyquist."""

BASES = ("siren", "finer", "finer_pp")
"""Networks that SIREN²'s errors are compared with."""


class Trained(NamedTuple):
    """Holds a network at its initialization and after its fit."""

    before: CoordinateMLP
    after: CoordinateMLP
    result: FitResult


def trained(
    config: NetworkConfig, coords: Tensor, values: Tensor, seed: int, how: FitConfig
) -> Trained:
    """Fit a network, and return it before and after the fit.

    Args:
        config: The network.
        coords: Coordinates [n, d].
        values: Samples [n, c] on them.
        seed: The seed of the initialization.
        how: How it is trained.
    """
    features = {"in_features": coords.shape[1], "out_features": values.shape[1]}
    network = make_network(config, **features, seed=seed)
    [(_, result)] = fit([network], coords, values, how, snapshots=(how.epochs,))
    return Trained(network, at_weights(network, result.snapshots[how.epochs]), result)


def spectra_of_fit(signal: Signal | None, seed: int) -> Numbers:
    """Return the mean frequencies of layers before and after a fit, and what stays unlearned.

    Mean frequencies are by power, as shares of Nyquist. The error is a share of the signal's energy
    in the band.

    Args:
        signal: The signal, read at the quantity's length.
        seed: The seed of the initialization.
    """
    assert signal
    coords, values = samples_of(signal)
    target = described(values.double())
    numbers = {"target": target.centroid}
    for name in ("siren", "siren2"):
        fitted = trained(_config(name, signal), coords, values, seed, AUDIO_SMALL.fit)
        first, output = activations_of(fitted.before, coords)
        last, output_after = activations_of(fitted.after, coords)
        numbers |= _of_layers(f"{name} before", first, output)
        numbers |= _of_layers(f"{name} after", last, output_after)
        for part in (*(f"layer {number}" for number in range(1, len(first) + 1)), "output"):
            change = numbers[f"{name} after, {part}"] - numbers[f"{name} before, {part}"]
            numbers[f"{name}, change of {part}"] = change
            for when in ("before", "after"):
                share = numbers[f"{name} {when}, {part}"] / target.centroid
                numbers[f"{name} {when}, {part} over target"] = share
        for number in range(1, len(first) + 1):
            before, after = (
                numbers[f"{name} {when}, deviation {number}"] for when in ("before", "after")
            )
            numbers[f"{name}, growth of deviation {number}"] = after / before
        error = described(values.double() - torch.from_numpy(output_after.values))
        for band, inside in (("low", target.shares < LOW), ("whole", target.shares >= 0)):
            share = error.power[inside].sum() / target.power[inside].sum()
            numbers[f"{name} {band} error"] = float(share)
    return numbers


def _of_layers(name: str, layers: list[Layer], output: Activations) -> Numbers:
    numbers = {f"{name}, output": output.centroid}
    for number, layer in enumerate(layers, 1):
        numbers[f"{name}, layer {number}"] = layer.before.centroid
        numbers[f"{name}, deviation {number}"] = float(layer.before.values.std())
    return numbers


def errors_by_band(signal: Signal | None, seed: int) -> Numbers:
    """Return SIREN²'s error over those of other networks, in dB, at low and high frequencies.

    Half of the signal's energy lies at low frequencies. High frequencies are above 0.5 of Nyquist.
    Values below 0 mean that SIREN²'s error is smaller.

    Args:
        signal: The signal, read at the quantity's length.
        seed: The seed of the initialization.
    """
    assert signal
    coords, values = samples_of(signal)
    shares = radial_shares(signal.shape)
    energy = _power_of(values, signal.shape)
    order = np.argsort(shares, axis=None)
    cumulative = np.cumsum(energy.ravel()[order][1:])
    median = shares.ravel()[order][1:][np.searchsorted(cumulative, cumulative[-1] / 2)]
    powers = {}
    for name in ("siren2", *BASES):
        fitted = trained(_config(name, signal), coords, values, seed, AUDIO_SMALL.fit)
        with torch.no_grad():
            error = values - fitted.after(coords)
        power = _power_of(error, signal.shape)
        powers[name] = power[shares <= median].sum(), power[shares > 0.5].sum()
    numbers = {}
    for name in BASES:
        for band, ours, other in zip(("low", "high"), powers["siren2"], powers[name], strict=True):
            numbers[f"{band}, over {name}"] = 10 * float(np.log10(ours / other))
    return numbers


def toy_problem(signal: Signal | None, seed: int) -> Numbers:
    """Return how far a SIREN of 5 x 128 fits the tones of Eqn. 5, and how S(k) changes there.

    The first omega is 300 at 2^16 samples, and shrinks with the length. At 2^16 samples the fit is
    cut short. S(k) is the mean at the signal's tones, in dB relative to the initialization.

    Args:
        signal: The signal, read at the quantity's length.
        seed: The seed of the initialization.
    """
    assert signal
    coords, values = samples_of(signal)
    omega = 300 * len(coords) / 2**16
    config = SirenConfig(width=128, depth=5, omega_first=omega)
    epochs = 100 if len(coords) == 2**16 else 4000
    fitted = trained(config, coords, values, seed, FitConfig(epochs=epochs))
    tones = np.argsort(_power_of(values, signal.shape))[-6:]
    before, after = (
        float(kernel_spectrum(network, coords)[tones.tolist()].mean())
        for network in (fitted.before, fitted.after)
    )
    zero = -10 * float(torch.log10(values.square().mean()))
    return {
        "gain over zero output, dB": fitted.result.psnr_peak - zero,
        "S(k) at the tones, dB": 10 * float(np.log10(after / before)),
    }


def linear_dynamics(signal: Signal | None, seed: int) -> Numbers:
    """Return how far gradient descent of SIREN² is from Eqns. 3 and 4.

    The distance of the errors is a share of the first error. The rank correlation is between the
    actual and the predicted loss of the error, over all frequencies after 10 steps.

    Args:
        signal: The signal, read at the quantity's length.
        seed: The seed of the initialization.
    """
    assert signal
    coords, values = samples_of(signal)
    numbers = {}
    for width in (64, 256, 512):
        config = _config("siren2", signal, width)
        network = make_network(config, in_features=1, out_features=1, seed=seed)
        result = decay(network, coords, values, [1, 10, 100])
        for step, distance in zip(result.steps[1:], result.distance[1:], strict=True):
            numbers[f"distance, width {width}, step {step}"] = float(distance)
        lost = (errors[2] / errors[0] for errors in (result.actual, result.predicted))
        numbers[f"rank correlation, width {width}"] = rank_correlation(*lost)
    return numbers


def _config(name: str, signal: Signal, width: int = SIZE[0]) -> NetworkConfig:
    target = signal.target(width, SIZE[1])
    case = Case(name=name, network=name, width=width)
    return network_for(case, target, 0, EQN11_BY_DIMENSIONS[target.dimensions])


def _power_of(values: Tensor, shape: tuple[int, ...]) -> Array:
    channels = values.double().numpy().reshape(*shape, -1)
    axes = tuple(range(len(shape)))
    return (np.abs(np.fft.fftn(channels, axes=axes)) ** 2).mean(axis=-1)
