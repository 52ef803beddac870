"""Fit a representation: SIREN² at the recommended rule, segment by segment."""

import math
import os
import sys
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from inr_models import FitConfig, Siren2Config, SirenConfig, fit, make_network
from inr_models.checks import check_whole
from inr_models.errors import InputError
from inr_models.fitting.metrics import psnr_db, psnr_of_constant_db, psnr_of_zero_db
from inr_models.fitting.stacking import pace
from inr_models.fitting.task import Task
from inr_models.shown import count, shown
from noisescape.representation import Representation, Segment
from noisescape.segments import Span, segments_of
from noisescape.source import Source, read_source
from search_spaces.initialize import function_of, siren2_config
from search_spaces.rules import RECOMMENDED, Rule
from search_spaces.samples import target_of
from studies.engine.signals.signal import coordinates
from studies.engine.store.dead import is_dead

EPOCHS = 400
"""Updates of a fit without a budget of time."""

FEWEST_EPOCHS, MOST_EPOCHS = 20, 30_000

DEPTH = 4

Part = tuple[tuple[Span, ...], NDArray[np.float32], Siren2Config | None]
"""A segment's spans, its values [.., c], and its network. None where the values do not vary."""


def represent(
    source: Any,
    *,
    parameters: int | None = None,
    seconds: float | None = None,
    epochs: int | None = None,
    rule: Rule | str | os.PathLike[str] = RECOMMENDED,
    sample_rate: float | None = None,
    seed: int = 0,
    quiet: bool = False,
) -> Representation:
    """Return networks that stand for a sound, an image or an array.

    The signal is cut into overlapping segments (8,192 samples, or 96 x 96 pixels). Each gets a
    SIREN² whose noise scales follow a rule from the segment's own spectrum. Before the fits a line
    says what they cost.

    Args:
        source: A path, an array or a tensor, see `noisescape.source.read_source`.
        parameters: The number of parameters of all networks together. By default as many as there
            are values, which is where the recommended rule was fitted.
        seconds: About how long the fits may take on this machine, in seconds. It sets the epochs.
        epochs: Full-batch updates of each network, 400 by default.
        rule: Sets (s0, s1): a name in `search_spaces.rules.RULES`, a JSON file or a function.
        sample_rate: That of an array, in Hz, for `to_file`.
        seed: Seed of the initializations.
        quiet: Whether nothing is printed.

    Raises:
        InputError: The source, the rule or a budget cannot be used.

    Example:
        >>> from noisescape import represent
        >>> sine = represent(np.sin(np.arange(600) / 9), epochs=60, quiet=True)
        >>> sine.predict().shape, sine.is_dead
        ((600, 1), False)
    """
    _check_budget(parameters, seconds, epochs)
    rule = function_of(rule)
    signal = read_source(source, sample_rate)
    share = 1.0 if parameters is None else parameters / signal.values.size
    # A file's name may hold what Rich takes for markup.
    console = Console(file=sys.stderr, quiet=quiet, highlight=False, markup=False, emoji=False)
    is_silent = quiet or not console.is_terminal
    bar = partial(track, console=console, disable=is_silent, transient=True)
    segments = segments_of(signal.values.shape[:-1])
    parts = [_part(signal, spans, share, rule) for spans in bar(segments, "reading spectra")]
    rate = _seconds_per_epoch(parts, seed)
    if seconds is not None:
        epochs = _epochs_within(seconds, rate)
    config = _training(epochs or EPOCHS)
    num = sum(network is not None for _, _, network in parts)
    console.print(
        f"{shown(signal.name)}: {count(num, 'network')}, {config.epochs:,} epochs each, about "
        f"{max(1, round(rate * config.epochs)):,} s on this machine"
    )
    fitted = tuple(_fitted(part, config, seed) for part in bar(parts, "fitting"))
    result = _representation(signal, fitted)
    console.print(shown(str(result)))
    return result


def _check_budget(parameters: int | None, seconds: float | None, epochs: int | None) -> None:
    if seconds is not None and epochs is not None:
        raise InputError.at("conflict", "seconds", "it excludes epochs; give one of the two.")
    if seconds is not None:
        is_number = isinstance(seconds, int | float | np.number)
        if not is_number or not 0 < seconds < 1e9:
            why = "give a positive number of seconds."
            raise InputError.of_value("out-of-range", "seconds", repr(seconds), why)
    if epochs is not None:
        check_whole("epochs", epochs, 1, 10_000_000)
    if parameters is not None:
        check_whole("parameters", parameters, 1, 1 << 40)


def _epochs_within(seconds: float, rate: float) -> int:
    """Return how many epochs of `rate` seconds fit into a time, `MOST_EPOCHS` at most."""
    if seconds < FEWEST_EPOCHS * rate:
        why = (
            f"{FEWEST_EPOCHS} epochs take about {FEWEST_EPOCHS * rate:.2g} s on this machine; "
            "give more seconds, or set the epochs."
        )
        raise InputError.of_value("out-of-range", "seconds", f"{seconds:g}", why)
    return int(min(seconds / max(rate, 1e-9), MOST_EPOCHS))


def _training(epochs: int) -> FitConfig:
    every = max(1, epochs // 20)
    return FitConfig(epochs=epochs, learning_rate=5e-4, decay=0.95, decay_every=every)


def _representation(signal: Source, segments: tuple[Segment, ...]) -> Representation:
    """Return the representation by fitted segments, with its score."""
    *shape, channels = signal.values.shape
    bare = Representation(
        signal.name, segments, tuple(shape), channels, 0.0, False, signal.sample_rate
    )
    values = signal.values.reshape(-1, channels)
    psnr = float(psnr_db(np.mean(np.square(bare.predict().reshape(values.shape) - values))))
    references = psnr_of_zero_db(values), psnr_of_constant_db(values)
    has_network = any(segment.network is not None for segment in segments)
    dead = has_network and bool(is_dead(psnr, *references))
    return replace(bare, psnr=psnr, is_dead=dead, scale=signal.scale, offset=signal.offset)


def _part(signal: Source, spans: tuple[Span, ...], share: float, rule: Rule) -> Part:
    values = signal.values[tuple(slice(*span) for span in spans)]
    if np.ptp(values.reshape(-1, values.shape[-1]), axis=0).max() == 0:
        return spans, values, None
    dimensions = len(spans)
    features = {"in_features": dimensions, "out_features": values.shape[-1]}
    least = SirenConfig(depth=DEPTH, width=1).num_parameters(**features)
    target = target_of(values, width=1, depth=DEPTH)
    budget = round(share * values.size)
    if budget < least:
        needed = math.ceil(least * signal.values.size / values.size)
        why = f"the smallest networks for {signal.name} have {needed:,}; give that or more."
        given = f"{share * signal.values.size:.0f}"
        raise InputError.of_value("out-of-range", "parameters", given, why)
    return spans, values, siren2_config(target, rule, parameters=budget)


def _task(part: Part) -> Task:
    _, values, _ = part
    coords = torch.from_numpy(coordinates(values.shape[:-1]))
    flat = np.ascontiguousarray(values.reshape(-1, values.shape[-1]))
    return Task(coords, torch.from_numpy(flat))


def _fitted(part: Part, config: FitConfig, seed: int) -> Segment:
    spans, values, network_config = part
    if network_config is None:
        constant = tuple(values.reshape(-1, values.shape[-1])[0].tolist())
        return Segment(spans, None, constant)
    task = _task(part)
    features = {"in_features": len(spans), "out_features": values.shape[-1]}
    network = make_network(network_config, **features, seed=seed)
    ((_, result),) = fit([network], task.coords, task.values, config)
    network.load_state_dict(result.best_weights, strict=False)
    return Segment(spans, network, (), network_config, seed)


def _seconds_per_epoch(parts: list[Part], seed: int) -> float:
    """Return the seconds of an epoch of all networks, from a few epochs of the largest."""
    varying = [part for part in parts if part[2] is not None]
    if not varying:
        return 0.0
    largest = max(varying, key=lambda part: part[1].size)
    spans, values, config = largest
    assert config is not None, "parts that vary have a network"
    features = {"in_features": len(spans), "out_features": values.shape[-1]}
    seconds, _ = pace(make_network(config, **features, seed=seed), _task(largest), 1)
    return seconds * sum(part[1].size for part in varying) / values.size
