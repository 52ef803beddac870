"""Show how a network's error decays at each frequency, and what its tangent kernel predicts.

    python -m analysis.dynamics my_clip.wav
    python -m analysis.dynamics my_clip.wav --width 64 --steps 0 3 30 300 --share 0.1 --to out

Every network is trained by plain gradient descent on the sum of squared errors, not by Adam: that
is what the linearized dynamics of the paper's Eqns. 3 and 4 are about. The table has, for each
network and step, the norm of the error as a share of the first, actual and predicted by the kernel
at initialization, and how far the two errors are apart. The figure has the error's spectrum at
these steps over the signal's. The sound needs one channel. The kernel of all its samples is stored,
and a step takes all of them.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import files_to_write
from analysis.reporting.style import INK, MUTED, line_colors, set_title, styled, to_svg
from analysis.reporting.tables import wide_table
from analysis.theory.dynamics import MOST_STEPS, Decay, decay
from analysis.theory.subjects import add_options, samples_of, signal_of, subjects
from inr_models import InputError
from inr_models.checks import check_whole
from studies.engine.signals.signal import Signal

COMMAND = "analysis.dynamics"

STEPS = (0, 10, 100, 1000)

TOLERANCE = 0.1
"""The theory holds while the two errors are apart by this share of the first error's norm."""

BANDS = 48
"""How many bands of equal width the figure averages spectra over."""

LOWEST_DB = -80

MOST_COLUMNS = 3

DASHES = (0, (4, 2))

Array = NDArray[np.float64]


class Descent(NamedTuple):
    """Holds a network's descent.

    Attributes:
        label: the network.
        decay: its error, actual and predicted.
    """

    label: str
    decay: Decay


def descents(arguments: argparse.Namespace, signal: Signal) -> Iterator[Descent]:
    """Yield the descents of all networks that the arguments ask for.

    Args:
        arguments: The parsed arguments, see `subjects.add_options`.
        signal: The signal.

    Raises:
        InputError: The signal is no sound of one channel, a step or the share is out of its range,
            a descent diverged, or there is no such network or point.
    """
    if len(signal.shape) > 1 or signal.channels > 1:
        shape = " x ".join(map(str, (*signal.shape, signal.channels)))
        why = f"it has {shape} values, and the theory is of one output; give a mono sound."
        raise InputError.of_value("unsupported", "file", arguments.file, why)
    for step in arguments.steps:
        check_whole("--steps", step, 0, MOST_STEPS)
    share = arguments.share
    if not 0 < share < 2:
        why = "give a number above 0 and below 2."
        raise InputError.of_value("out-of-range", "--share", f"{share:g}", why)
    coords, values = samples_of(signal)
    for label, _, _, network in subjects(arguments, signal):
        result = decay(network, coords, values, arguments.steps, share=share)
        if not np.isfinite(result.distance).all():
            why = f"the descent of {label} diverged; give a smaller share."
            raise InputError.of_value("out-of-range", "--share", f"{share:g}", why)
        yield Descent(label, result)


def power_of(signal: Signal) -> Array:
    """Return a sound's power |FFT|^2 [frequencies], orthonormal, from 0 to Nyquist."""
    _, values = samples_of(signal)
    return np.abs(np.fft.rfft(values[:, 0].double().numpy(), norm="ortho")) ** 2


def decay_table(all_descents: Sequence[Descent]) -> Table:
    """Return the table of all networks: a row for each step."""
    caption = (
        "error: its norm as a share of the first; predicted: by the kernel at step 0;\n"
        "apart: the norm of the difference of the two errors, the same share.\n"
        f"The theory holds until the last step up to which they are at most {TOLERANCE:g} apart."
    )
    table = wide_table(
        caption,
        "gradient descent and linearized dynamics",
        named="network",
        numbers=("step", "error", "predicted", "apart", "holds until"),
    )
    for label, result in all_descents:
        until = f"{result.holds_until(TOLERANCE):,}"
        for index, step in enumerate(result.steps):
            numbers = result.actual_norm, result.predicted_norm, result.distance
            cells = [f"{number[index]:.3f}" for number in numbers]
            first, last = ("", "") if index else (label, until)
            table.add_row(first, f"{step:,}", *cells, last)
        table.add_section()
    return table


@styled
def decay_figure(all_descents: Sequence[Descent], power: Array) -> str:
    """Draw the errors' spectra over the signal's as SVG text, a panel for each network.

    Args:
        all_descents: The descents, all at the same steps.
        power: The signal's power, see `power_of`.
    """
    steps = all_descents[0].decay.steps
    colors = line_colors(len(steps))
    columns = min(MOST_COLUMNS, len(all_descents))
    rows = -(-len(all_descents) // columns)
    figure = Figure(figsize=(1.0 + 3.5 * columns, 0.8 + 2.9 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for axes in panels.flat[len(all_descents) :]:
        axes.remove()
    for axes, (label, result) in zip(panels.flat, all_descents, strict=False):
        _draw_signal(axes, power)
        for color, actual, predicted in zip(colors, result.actual, result.predicted, strict=True):
            axes.plot(*in_bands(actual**2, power), color=color, lw=1.6)
            axes.plot(*in_bands(predicted**2, power), color=color, lw=1.2, ls=DASHES)
        set_title(axes, label)
    for axes in panels[:, 0]:
        axes.set_ylabel("dB below the signal's largest band")
    # The lowest panel of each column, of which the last may stand above an empty place.
    for axes in panels.flat[len(all_descents) - columns : len(all_descents)]:
        axes.set_xlabel("frequency (share of Nyquist)")
        axes.tick_params(labelbottom=True)
    handles = [
        Line2D([], [], color=color, lw=1.6, label=f"error, step {step:,}")
        for color, step in zip(colors, steps, strict=True)
    ]
    handles.append(Line2D([], [], color=INK, lw=1.2, ls=DASHES, label="predicted"))
    handles += panels[0, 0].collections  # the signal's area
    place = "outside lower center"
    figure.legend(handles=handles, loc=place, ncols=2 * columns, frameon=False, fontsize=8)
    return to_svg(figure)


def _draw_signal(axes: Axes, power: Array) -> None:
    shares, signal = in_bands(power, power)
    axes.fill_between(shares, signal, LOWEST_DB, color=MUTED, alpha=0.25, lw=0, label="signal")
    axes.set_ylim(LOWEST_DB, 15)


def in_bands(power: Array, reference: Array) -> tuple[Array, Array]:
    """Return the centers of bands up to Nyquist, and the mean power in each.

    Args:
        power: Power at the frequencies from 0 to Nyquist.
        reference: The power whose largest band is 0 dB.

    Returns:
        The centers as shares of Nyquist, and the power in dB.

    Example:
        >>> shares, decibels = in_bands(np.full(9, 0.1), np.ones(9))
        >>> shares.tolist(), decibels.round(6).tolist()
        ([0.125, 0.375, 0.625, 0.875], [-10.0, -10.0, -10.0, -10.0])
    """
    shares = np.linspace(0, 1, len(power))
    edges = np.linspace(0, 1, min(BANDS, len(power) // 2) + 1)
    counts = np.histogram(shares, edges)[0]
    top = (np.histogram(shares, edges, weights=reference)[0] / counts).max()
    means = np.histogram(shares, edges, weights=power)[0] / counts / top
    floor = 10 ** (2 * LOWEST_DB / 10)
    return (edges[1:] + edges[:-1]) / 2, 10 * np.log10(np.maximum(means, floor))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    add_options(options, max_samples=512, width=256, has_fits=False)
    options.add_argument(
        "--steps", nargs="+", type=int, default=STEPS, metavar="STEP", help="steps at which to "
        f"compare (default: {' '.join(map(str, STEPS))})",
    )  # fmt: skip
    options.add_argument(
        "--share", type=float, default=0.5, help="the rate, as a share of that at which the "
        "largest component would vanish in one step, below 2 (default: %(default)s)",
    )  # fmt: skip
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    files = files_to_write(arguments.to, *FILES)
    signal = signal_of(arguments)
    all_descents, power = list(descents(arguments, signal)), power_of(signal)
    Console(width=80, markup=False, emoji=False).print(decay_table(all_descents))
    if not files:
        return
    numbers, figure = files
    _write_numbers(numbers, all_descents, power)
    figure.write_text(decay_figure(all_descents, power))
    print(f"numbers  {numbers}\nfigure   {figure}")


FILES = ("dynamics.npz", "dynamics.svg")


def _write_numbers(path: Path, all_descents: Sequence[Descent], power: Array) -> None:
    results = [result for _, result in all_descents]
    np.savez_compressed(
        path,
        labels=np.array([label for label, _ in all_descents]),
        steps=results[0].steps,
        shares=np.linspace(0, 1, len(power)),
        actual=np.stack([result.actual for result in results]),
        predicted=np.stack([result.predicted for result in results]),
        distance=np.stack([result.distance for result in results]),
        actual_norm=np.stack([result.actual_norm for result in results]),
        predicted_norm=np.stack([result.predicted_norm for result in results]),
        holds_until=np.array([result.holds_until(TOLERANCE) for result in results]),
        signal_power=power,
    )
