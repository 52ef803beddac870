"""Show what a network learns first on a signal: its tangent kernel, before and during a fit.

    python -m analysis.tangent_kernel my_clip.wav
    python -m analysis.tangent_kernel my_clip.wav --points 0,0 200,0.3 --epochs 0 100 1000 --to out

The table has, for each network and epoch, the kernel's trace, the mean frequency of its spectrum
S(k) beside the signal's, and its effective rank: how many eigenvalues count. The figure has S(k)
over the signal's spectrum, and the eigenvalues. All eigenvalues need a crop of 4,096 samples or
fewer. Of a longer one, `--leading` gives the largest, with bounds of their errors. The toy problem
of Eqn. 5 and Fig. 4 is:

    python -m analysis.tangent_kernel high_tones --max-samples 65536 --width 128 --depth 5 \\
        --networks siren --input-scaling 10 --epochs 0 100 300 --leading 16
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import files_to_write
from analysis.reporting.style import MUTED, line_colors, set_title, styled, to_svg
from analysis.reporting.tables import short, wide_table
from analysis.theory.subjects import (
    add_options,
    radial_shares,
    samples_of,
    signal_of,
    subjects,
)
from analysis.theory.tangent_kernel import (
    effective_rank,
    eigenvalues,
    kernel_spectrum,
    leading_eigenvalues,
    tangent_kernel,
)
from inr_models.checks import check_whole
from studies.engine.signals.signal import Signal

COMMAND = "analysis.tangent_kernel"

MOST_FOR_EIGENVALUES = 4096

BANDS = 128
"""How many bands of equal width the figure averages spectra over."""

LOWEST_DB = -80

Array = NDArray[np.float64]


class Kernel(NamedTuple):
    """Describes the tangent kernel of a network at an epoch.

    Attributes:
        label: the network.
        epoch: updates since the initialization.
        spectrum: S(k) on the two-sided FFT of the signal's grid.
        eigenvalues: the largest first. Of a long signal only the leading ones, or none.
        errors: bounds of their errors, 0 where all eigenvalues are known to rounding.
    """

    label: str
    epoch: int
    spectrum: Array
    eigenvalues: Array
    errors: Array

    @property
    def are_all(self) -> bool:
        """Whether all eigenvalues are known."""
        return len(self.eigenvalues) == self.spectrum.size

    @property
    def trace(self) -> float:
        """The sum of the eigenvalues."""
        return float(self.spectrum.sum())

    @property
    def centroid(self) -> float:
        """The mean frequency of S(k), as a share of Nyquist."""
        return centroid(self.spectrum)


def centroid(power: Array) -> float:
    """Return the mean frequency of a two-sided power spectrum, as a share of Nyquist.

    >>> centroid(np.array([0.0, 1.0, 0.0, 1.0]))
    0.5
    """
    return float(np.average(radial_shares(power.shape), weights=power))


def kernels(arguments: argparse.Namespace, signal: Signal) -> list[Kernel]:
    """Return the kernels of all networks and epochs that the arguments ask for.

    Args:
        arguments: The parsed arguments, see `subjects.add_options`.
        signal: The signal.
    """
    coords, _ = samples_of(signal)
    all_kernels = []
    for label, _, epoch, network in subjects(arguments, signal):
        values = errors = np.empty(0)
        if len(coords) <= MOST_FOR_EIGENVALUES:
            values = eigenvalues(tangent_kernel(network, coords)).numpy()
            errors = np.zeros_like(values)
        elif arguments.leading:
            values, errors = leading_eigenvalues(network, coords, arguments.leading)
        spectrum = kernel_spectrum(network, coords, signal.shape)
        all_kernels.append(Kernel(label, epoch, spectrum.numpy(), values, errors))
    return all_kernels


def power_of(signal: Signal) -> Array:
    """Return the two-sided power spectrum of a signal, its channels added."""
    _, values = samples_of(signal)
    on_grid = values.double().T.reshape(signal.channels, *signal.shape)
    axes = tuple(range(1, on_grid.ndim))
    return torch.fft.fftn(on_grid, dim=axes, norm="ortho").abs().square().sum(0).numpy()


def kernel_table(all_kernels: Sequence[Kernel], power: Array) -> Table:
    """Return the table of all kernels.

    Args:
        all_kernels: The kernels of all networks and epochs.
        power: The signal's power, see `power_of`.
    """
    caption = (
        f"frequency: the mean of S(k), a share of Nyquist; the signal's is {centroid(power):.3f}.\n"
        "rank: how many eigenvalues count (exp of their shares' entropy)."
    )
    worst = max((float(max(kernel.errors, default=0)) for kernel in all_kernels), default=0)
    if worst:
        caption += (
            f"\nThe leading eigenvalues are approximated, with errors of at most {worst:.1g}."
        )
    table = wide_table(
        caption,
        "tangent kernels",
        named="network",
        numbers=("epoch", "trace", "frequency", "largest", "rank"),
    )
    for kernel in all_kernels:
        largest = rank = "-"
        if len(kernel.eigenvalues):
            largest = f"{kernel.eigenvalues[0]:.3g}"
        if kernel.are_all:
            rank = short(effective_rank(torch.from_numpy(kernel.eigenvalues)))
        frequency = f"{kernel.centroid:.3f}"
        cells = f"{kernel.epoch:,}", f"{kernel.trace:.3g}", frequency, largest, rank
        table.add_row(kernel.label, *cells)
    return table


@styled
def kernel_figure(all_kernels: Sequence[Kernel], power: Array) -> str:
    """Draw S(k) over the signal's spectrum, and the eigenvalues, as SVG text.

    Args:
        all_kernels: The kernels of all networks and epochs.
        power: The signal's power, see `power_of`.
    """
    has_eigenvalues = any(len(kernel.eigenvalues) for kernel in all_kernels)
    epochs = sorted({kernel.epoch for kernel in all_kernels})
    labels = list(dict.fromkeys(kernel.label for kernel in all_kernels))
    colors = line_colors(len(labels))
    # The later an epoch, the shorter its dashes.
    styles = {epoch: (0, (8 / 2**i, 2)) if i else "-" for i, epoch in enumerate(epochs)}
    columns, width = (2, 9.3) if has_eigenvalues else (1, 5.6)
    figure = Figure(figsize=(width, 3.6), layout="constrained")
    left, *right = np.ravel(figure.subplots(1, columns))
    shares, signal = in_bands(power)
    left.fill_between(shares, signal, LOWEST_DB, color=MUTED, alpha=0.25, lw=0, label="signal")
    for kernel in all_kernels:
        look = {"color": colors[labels.index(kernel.label)], "lw": 1.6}
        look["ls"] = styles[kernel.epoch]
        name = kernel.label + (f", epoch {kernel.epoch:,}" if len(epochs) > 1 else "")
        left.plot(*in_bands(kernel.spectrum), label=name, **look)
        for axes in right:
            positive = kernel.eigenvalues[kernel.eigenvalues > 0]
            axes.loglog(np.arange(1, 1 + len(positive)), positive, **look)
    left.set(xlabel="frequency (share of Nyquist)", ylabel="dB below the largest band")
    left.set_ylim(LOWEST_DB, 5)
    set_title(left, "S(k), over the signal's spectrum")
    for axes in right:
        axes.set(xlabel="index", ylabel="eigenvalue")
        top = max(kernel.eigenvalues[0] for kernel in all_kernels)
        axes.set_ylim(top * 1e-10, top * 3)
        set_title(axes, "eigenvalues")
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return to_svg(figure)


def in_bands(power: Array) -> tuple[Array, Array]:
    """Return the centers of bands up to Nyquist, and the power in each in dB below the largest.

    Args:
        power: a two-sided power spectrum.
    """
    shares = radial_shares(power.shape)
    edges = np.linspace(0, 1, min(BANDS, max(power.shape) // 4) + 1)
    inside = np.histogram(shares, edges, weights=power)[0] / np.histogram(shares, edges)[0]
    floor = inside.max() * 1e-12
    return (edges[1:] + edges[:-1]) / 2, 10 * np.log10(np.maximum(inside, floor) / inside.max())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    add_options(options, max_samples=2048)
    options.add_argument(
        "--leading", type=int, default=0, metavar="N",
        help=f"eigenvalues of signals over {MOST_FOR_EIGENVALUES:,} samples (default: none)",
    )  # fmt: skip
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    files = files_to_write(arguments.to, *FILES)
    signal = signal_of(arguments)
    check_whole("--leading", arguments.leading, 0, math.prod(signal.shape) - 1)
    all_kernels, power = kernels(arguments, signal), power_of(signal)
    Console(width=80, markup=False, emoji=False).print(kernel_table(all_kernels, power))
    if not files:
        return
    numbers, figure = files
    _write_numbers(numbers, all_kernels, power)
    figure.write_text(kernel_figure(all_kernels, power))
    print(f"numbers  {numbers}\nfigure   {figure}")


FILES = ("tangent_kernel.npz", "tangent_kernel.svg")


def _write_numbers(path: Path, all_kernels: Sequence[Kernel], power: Array) -> None:
    np.savez_compressed(
        path,
        labels=np.array([kernel.label for kernel in all_kernels]),
        epochs=np.array([kernel.epoch for kernel in all_kernels]),
        spectra=np.stack([kernel.spectrum for kernel in all_kernels]),
        eigenvalues=np.stack([kernel.eigenvalues for kernel in all_kernels]),
        eigenvalue_errors=np.stack([kernel.errors for kernel in all_kernels]),
        signal_power=power,
        shares=radial_shares(power.shape),
    )
