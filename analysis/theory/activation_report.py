"""Show how a network's activations are distributed, and over which frequencies, layer by layer.

    python -m analysis.activations my_clip.wav
    python -m analysis.activations my_clip.wav --networks siren --epochs 0 1000 --to out

The table has, for each hidden layer, the standard deviation of its phases omega (W h + b), the
share of them within [-3, 3], and the mean frequency before and after the activation. The figures
are in the manner of the paper's Figs. 3, 8, 13 and 14. Dashed lines are the theory's densities. An
image is looked at along its middle row.
"""

import argparse
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from torch import Tensor

from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import file_to_write
from analysis.reporting.style import INK, MUTED, line_colors, set_title, styled, to_svg
from analysis.reporting.tables import short, wide_table
from analysis.theory.activations import Activations, Layer, activations_of
from analysis.theory.densities import Distribution, arcsine, density, deviation_of_layer_2, gaussian
from analysis.theory.subjects import Subject, add_options, samples_of, signal_of, subjects
from inr_models import Siren2Config, SirenConfig
from studies.engine.signals.signal import Signal

COMMAND = "analysis.activations"

PAPERS_RANGE = 3
"""The paper says that the pre-activations of a SIREN lie within [-3, 3] (Sec. 2.1)."""

LOWEST_DB = -80

Array = NDArray[np.float64]


class Look(NamedTuple):
    """Holds what a network's layers have at an epoch.

    Attributes:
        subject: the network.
        layers: its hidden layers.
        output: its output.
    """

    subject: Subject
    layers: list[Layer]
    output: Activations


def looks(arguments: argparse.Namespace, signal: Signal) -> Iterator[Look]:
    """Yield what the layers of all networks have, at all epochs that the arguments ask for.

    Args:
        arguments: The parsed arguments, see `subjects.add_options`.
        signal: The signal.
    """
    coords = line_of(signal)
    for subject in subjects(arguments, signal):
        layers, output = activations_of(subject.network, coords)
        yield Look(subject, layers, output)


def line_of(signal: Signal) -> Tensor:
    """Return the coordinates of a sound, or of the middle row of an image, in order."""
    coords, _ = samples_of(signal)
    if len(signal.shape) == 1:
        return coords
    return coords.reshape(*signal.shape, -1)[signal.shape[0] // 2]


def theory_of(subject: Subject, index: int) -> float | None:
    """Return the standard deviation of a hidden layer's phases at initialization in theory.

    Args:
        subject: The network.
        index: The layer, from 0.

    Returns:
        None for the first layer, whose phases are products, after any training, and for networks
        other than SIREN and SIREN².
    """
    config = subject.config
    if index == 0 or not _is_in_theory(subject):
        return None
    assert isinstance(config, SirenConfig)
    s1 = config.s1 if isinstance(config, Siren2Config) and index == 1 else 0.0
    return deviation_of_layer_2(s1, width=config.width, omega=config.omega_hidden)


def _is_in_theory(subject: Subject) -> bool:
    """Return whether the theory is about this network: a SIREN or SIREN² at initialization.

    Other networks derive from their configs.
    """
    return subject.epoch == 0 and type(subject.config) in (SirenConfig, Siren2Config)


def activation_table(all_looks: Sequence[Look]) -> Table:
    """Return the table of all layers."""
    caption = (
        "deviation: of the phases omega (W h + b); theory: Theorem 3.1 with biases;\n"
        f"within: their share in [-{PAPERS_RANGE}, {PAPERS_RANGE}]; before, after: mean frequency, "
        "a share of Nyquist, of what varies."
    )
    table = wide_table(
        caption,
        "activations",
        named="network",
        numbers=("epoch", "layer", "deviation", "theory", "within", "before", "after"),
    )
    for look in all_looks:
        for index, (before, after) in enumerate(look.layers):
            name = (look.subject.label, f"{look.subject.epoch:,}") if index == 0 else ("", "")
            theory = theory_of(look.subject, index)
            expected = short(theory) if theory else "-"
            within = np.mean(np.abs(before.values) <= PAPERS_RANGE)
            table.add_row(
                *name, str(index + 1), short(float(before.values.std())), expected,
                f"{within:.0%}", f"{before.centroid:.3f}", f"{after.centroid:.3f}",
            )  # fmt: skip
        output = f"{look.output.centroid:.3f}"
        table.add_row("", "", "out", short(float(look.output.values.std())), "", "", "", output)
        table.add_section()
    return table


@styled
def activation_figure(all_looks: Sequence[Look]) -> str:
    """Draw the distributions and spectra of one network's layers as SVG text, a row for each layer.

    Args:
        all_looks: What the network has at one epoch or several.
    """
    depth = len(all_looks[0].layers)
    figure = Figure(figsize=(9.3, 0.9 + 1.55 * (depth + 1)), layout="constrained")
    panels = figure.subplots(depth + 1, 4, squeeze=False)
    colors = line_colors(len(all_looks))
    for look, color in zip(all_looks, colors, strict=True):
        line: dict[str, Any] = {"color": color, "lw": 1.4}
        name = f"epoch {look.subject.epoch:,}"
        for index, (before, after) in enumerate(look.layers):
            theory = theory_of(look.subject, index)
            law = gaussian(theory) if theory else None
            _draw_values(panels[index, 0], before, law, line)
            _draw_power(panels[index, 1], before, line)
            after_law = arcsine() if _is_in_theory(look.subject) else None
            _draw_values(panels[index, 2], after, after_law, line)
            _draw_power(panels[index, 3], after, line)
            panels[index, 0].set_ylabel(f"layer {index + 1}")
        _draw_values(panels[depth, 0], look.output, None, line)
        _draw_power(panels[depth, 1], look.output, line | {"label": name})
    panels[depth, 0].set_ylabel("output")
    for axes in panels[depth, 2:]:
        axes.remove()
    heads = "phases: density", "phases: power (dB)", "activations: density", "power (dB)"
    for axes, head in zip(panels[0], heads, strict=True):
        set_title(axes, head)
    panels[depth, 1].set_xlabel("frequency (share of Nyquist)")
    figure.suptitle(all_looks[0].subject.label, x=0.01, ha="left", fontsize=10, color=INK)
    if len(all_looks) > 1:
        figure.legend(loc="lower right", frameon=False, fontsize=8)
    return to_svg(figure)


def _draw_values(
    axes: Axes, described: Activations, law: Distribution | None, line: dict[str, Any]
) -> None:
    heights, edges = described.histogram()
    axes.stairs(heights, edges, **line)
    if law:
        centers = (edges[1:] + edges[:-1]) / 2
        axes.plot(centers, density(law, edges), color=MUTED, lw=1.2, ls=(0, (3, 2)))
    axes.set_yticks([])


def _draw_power(axes: Axes, described: Activations, line: dict[str, Any]) -> None:
    floor = described.power.max() * 10 ** (LOWEST_DB / 10)
    power = np.maximum(described.power, floor) / described.power.max()
    axes.plot(described.shares, 10 * np.log10(power), **line)
    axes.set_ylim(LOWEST_DB, 5)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    add_options(options, max_samples=8192)
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    folder = arguments.to
    numbers = file_to_write("--to", f"{folder}/activations.npz") if folder else None
    signal = signal_of(arguments)
    all_looks = list(looks(arguments, signal))
    Console(width=80, markup=False, emoji=False).print(activation_table(all_looks))
    if not numbers:
        return
    _write_numbers(numbers, all_looks)
    print(f"numbers  {numbers}")
    for number, (_, group) in enumerate(
        groupby(all_looks, lambda look: look.subject.label), start=1
    ):
        path = numbers.with_name(f"activations_{number}.svg")
        path.write_text(activation_figure(list(group)))
        print(f"figure   {path}")


def _write_numbers(path: Path, all_looks: Sequence[Look]) -> None:
    """Write what the figures show: for each network and epoch, all layers and the output."""
    labels = [f"{look.subject.label}, epoch {look.subject.epoch}" for look in all_looks]
    arrays: dict[str, Any] = {"labels": np.array(labels)}
    for number, look in enumerate(all_looks):
        layers = [part for layer in look.layers for part in layer]
        for part, described in zip(_parts(len(look.layers)), [*layers, look.output], strict=True):
            heights, edges = described.histogram()
            arrays |= {
                f"{number}_{part}_power": described.power,
                f"{number}_{part}_density": heights,
                f"{number}_{part}_edges": edges,
            }
    np.savez_compressed(path, **arrays)


def _parts(depth: int) -> list[str]:
    layers = [f"layer_{n}_{when}" for n in range(1, depth + 1) for when in ("before", "after")]
    return [*layers, "output"]
