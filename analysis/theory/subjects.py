"""Build the networks that a command looks at, on one signal, at chosen epochs of a fit."""

import argparse
import os
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from analysis.theory.activations import at_weights
from inr_models import (
    FitConfig,
    InputError,
    NetworkConfig,
    Siren2Config,
    SirenConfig,
    fit,
    make_network,
)
from inr_models.checks import check_whole
from inr_models.networks.coordinate_mlp import CoordinateMLP
from search_spaces.networks import Case, network_for, stable
from search_spaces.rules import EQN11_BY_DIMENSIONS, RECOMMENDED, NoiseScales, Target, named_rule
from studies.engine.planning.scale import MOST_SAMPLES
from studies.engine.signals.reading import find_files, read_all, type_with_spectrum
from studies.engine.signals.signal import Signal, coordinates

MOST_EPOCHS = 1_000_000


class Subject(NamedTuple):
    """A network at some weights.

    Attributes:
        label: its name and noise scales.
        config: what it was built from.
        epoch: updates since the initialization.
        network: the network with the weights of that epoch.
    """

    label: str
    config: NetworkConfig
    epoch: int
    network: CoordinateMLP


def add_options(
    options: argparse.ArgumentParser, max_samples: int, *, width: int = 52, has_fits: bool = True
) -> None:
    """Add the options that `signal_of` and `subjects` read.

    Args:
        options: A command's parser.
        max_samples: The default of the largest crop.
        width: The default of `--width`.
        has_fits: Whether to add `--epochs` and `--learning-rate`. Without them, `subjects` yields
            every network at its initialization.
    """
    options.add_argument("file", help="a sound, an image or an array")
    options.add_argument(
        "--networks", nargs="+", default=["siren", "siren2"], metavar="NAME",
        help="networks with their published settings (default: siren siren2)",
    )  # fmt: skip
    options.add_argument(
        "--points", nargs="+", metavar="POINT",
        help="noise scales of siren2: S0,S1, or a rule (default: Eqn. 11 scaled in length and "
        "width, and the recommended rule)",
    )  # fmt: skip
    options.add_argument("--width", type=int, default=width, help="(default: %(default)s)")
    options.add_argument("--depth", type=int, default=4, help="(default: %(default)s)")
    options.add_argument(
        "--input-scaling", type=float, metavar="FACTOR",
        help="factor on the first layer's omega, except that of siren2 (default: for sounds, 100 "
        "shrunk with the length)",
    )  # fmt: skip
    options.add_argument(
        "--max-samples", type=int, default=max_samples, metavar="N",
        help="samples of the largest crop (default: %(default)s)",
    )  # fmt: skip
    if has_fits:
        options.add_argument(
            "--epochs", nargs="+", type=int, default=[0], metavar="EPOCH",
            help="epochs of a fit to look at (default: 0, before any training)",
        )  # fmt: skip
        options.add_argument(
            "--learning-rate", type=float, default=5e-4, help="of these fits (default: %(default)s)"
        )
    else:
        options.set_defaults(epochs=[0])
    options.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    options.add_argument("--to", metavar="FOLDER", help="where to write numbers and figure")


def signal_of(arguments: argparse.Namespace) -> Signal:
    """Return the signal that a command is about.

    Raises:
        InputError: The file cannot be read.
    """
    check_whole("--max-samples", arguments.max_samples, 2, MOST_SAMPLES)
    (path, *others) = find_files([arguments.file], None, flag="file")
    if others:
        why = f"this names {1 + len(others)} files; give one."
        raise InputError.of_value("wrong-kind", "file", arguments.file, why)
    signals, problems = read_all([path], arguments.max_samples, type_with_spectrum(path))
    if not signals:
        raise InputError.of(problems)
    return signals[0]


def samples_of(signal: Signal) -> tuple[Tensor, Tensor]:
    """Return the coordinates [n, d] and the values [n, c] of a signal."""
    assert signal.values is not None, "it was read from its file"
    return torch.from_numpy(coordinates(signal.shape)), torch.from_numpy(signal.values)


def subjects(arguments: argparse.Namespace, signal: Signal) -> Iterator[Subject]:
    """Yield every network at every epoch, one network after the other.

    Args:
        arguments: The parsed arguments, see `add_options`.
        signal: The signal.

    Raises:
        InputError: There is no such network, point or epoch, or a fit diverged.
    """
    for epoch in arguments.epochs:
        check_whole("--epochs", epoch, 0, MOST_EPOCHS)
    epochs = sorted(set(arguments.epochs))
    coords, values = samples_of(signal)
    torch.set_num_threads(1)
    for label, config in _configs(arguments, signal):
        features = {"in_features": coords.shape[1], "out_features": signal.channels}
        network = make_network(config, **features, seed=arguments.seed)
        if epochs == [0]:
            yield Subject(label, config, 0, network)
            continue
        how = FitConfig(epochs=epochs[-1], learning_rate=arguments.learning_rate)
        [(_, result)] = fit([network], coords, values, how, snapshots=epochs)
        if result.diverged:
            raise InputError.of_value(
                "out-of-range",
                "--learning-rate",
                f"{arguments.learning_rate:g}",
                f"the fit of {label} diverged after "
                f"{result.num_epochs:,} epochs; give a lower rate.",
            )
        for epoch, weights in result.snapshots.items():
            yield Subject(label, config, epoch, at_weights(network, weights))


def _configs(arguments: argparse.Namespace, signal: Signal) -> Iterator[tuple[str, NetworkConfig]]:
    SirenConfig(width=arguments.width, depth=arguments.depth)  # refuses sizes out of range
    target = signal.target(arguments.width, arguments.depth)
    default = (EQN11_BY_DIMENSIONS[target.dimensions], RECOMMENDED)
    for name in arguments.networks:
        if name == Siren2Config.network:
            for point in arguments.points or default:
                s0, s1 = map(stable, _point(point, target))
                size = {"width": arguments.width, "depth": arguments.depth}
                yield f"siren2 {point}", Siren2Config(**size, s0=s0, s1=s1)
        else:
            scaling = arguments.input_scaling
            case = Case(name=name, network=name, width=arguments.width, first_factor=scaling)
            yield name, network_for(case, target, 0, default[0])


def _point(text: str, target: Target) -> NoiseScales:
    parts = text.split(",")
    if len(parts) != 2 or os.path.isfile(text):
        return named_rule(text, "--points")[1](target)
    try:
        return NoiseScales(*map(float, parts))
    except ValueError as error:
        why = "give S0,S1 as two numbers, or a rule."
        raise InputError.of_value("wrong-kind", "--points", text, why) from error


def radial_shares(shape: tuple[int, ...]) -> np.ndarray:
    """Return the frequency of each bin of a two-sided FFT, as a share of an axis' Nyquist.

    An image's corners have shares up to the square root of 2.

    >>> radial_shares((4,)).tolist()
    [0.0, 0.5, 1.0, 0.5]
    """
    axes = np.meshgrid(*(2 * np.fft.fftfreq(num) for num in shape), indexing="ij")
    return np.sqrt(sum(axis**2 for axis in axes))
