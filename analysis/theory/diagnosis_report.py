"""Say before any training whether a network can see your sound or image.

    python -m analysis.diagnose my_clip.wav
    python -m analysis.diagnose my_clip.wav --networks siren finer --width 128 --to out

For each network, a sentence says how much of the signal's energy lies where the tangent kernel's
spectrum S(k) is within reach, and whether training is expected to get stuck at zero output. If it
is, the sentence says what to use instead. The figure has S(k) over the signal's spectrum.
"""

import argparse
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import files_to_write
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.style import INK, MUTED, line_colors, set_title, styled, to_svg
from analysis.reporting.tables import short
from analysis.theory.diagnosis import REACH, Diagnosis, diagnose
from analysis.theory.subjects import add_options, samples_of, signal_of, subjects
from inr_models import Siren2Config, make_network
from search_spaces.networks import stable
from search_spaces.rules import RECOMMENDED, RULES, NoiseScales
from studies.engine.signals.signal import Signal

COMMAND = "analysis.diagnose"

LOWEST_DB = -60

FILES = ("diagnosis.parquet", "diagnosis.svg")


class Labelled(NamedTuple):
    """A network's name, and what it can see."""

    label: str
    diagnosis: Diagnosis


class Advice(NamedTuple):
    """The recommended point for a signal, and what a SIREN² can see there."""

    scales: NoiseScales
    diagnosis: Diagnosis


def diagnoses(arguments: argparse.Namespace, signal: Signal) -> list[Labelled]:
    """Return what each network that the arguments ask for can see of a signal.

    Args:
        arguments: The parsed arguments, see `subjects.add_options`.
        signal: The signal.
    """
    coords, values = samples_of(signal)
    labelled = []
    for subject in subjects(arguments, signal):
        diagnosis = diagnose(subject.network, coords, values, signal.shape)
        labelled.append(Labelled(subject.label, diagnosis))
    return labelled


def advice_for(arguments: argparse.Namespace, signal: Signal) -> Advice:
    """Return the recommended point for a signal, checked by the same diagnosis.

    Args:
        arguments: The parsed arguments, see `subjects.add_options`.
        signal: The signal.
    """
    coords, values = samples_of(signal)
    scales = RULES[RECOMMENDED](signal.target(arguments.width, arguments.depth))
    s0, s1 = map(stable, scales)
    config = Siren2Config(width=arguments.width, depth=arguments.depth, s0=s0, s1=s1)
    features = {"in_features": coords.shape[1], "out_features": signal.channels}
    network = make_network(config, **features, seed=arguments.seed)
    return Advice(scales, diagnose(network, coords, values, signal.shape))


def sentence(labelled: Labelled, advice: Advice) -> str:
    """Return what the diagnosis means, and what to change if the network does not see enough.

    Args:
        labelled: What a network sees.
        advice: What to use instead.
    """
    diagnosis = labelled.diagnosis
    reached = 1 - diagnosis.unreached
    reach = f"{labelled.label} reaches {reached:.0%} of the signal's energy"
    if diagnosis.sees_it:
        return f"{reach}, so training should not get stuck at zero output."
    s0, s1 = advice.scales
    instead = 1 - advice.diagnosis.unreached
    return (
        f"{reach}, so expect training to get stuck at zero output. Use siren2 with "
        f"s0 = {short(s0)} and s1 = {s1:.3g} ({RECOMMENDED}), which reaches {instead:.0%}."
    )


@styled
def diagnosis_figure(labelled: Sequence[Labelled]) -> str:
    """Draw each network's S(k) over the signal's spectrum, as SVG text."""
    colors = line_colors(len(labelled))
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axes = figure.subplots()
    shares, _, energy = labelled[0].diagnosis
    axes.fill_between(shares, _db(energy), LOWEST_DB, color=MUTED, alpha=0.25, lw=0)
    axes.plot([], [], color=MUTED, alpha=0.4, lw=6, label="signal")
    for (label, diagnosis), color in zip(labelled, colors, strict=True):
        name = f"{label}: {1 - diagnosis.unreached:.0%} within reach"
        axes.plot(shares, _db(diagnosis.kernel), color=color, lw=1.6, label=name)
    axes.axhline(10 * np.log10(REACH), color=INK, lw=0.8, ls=(0, (3, 2)))
    axes.annotate(
        "reach", (1, 10 * np.log10(REACH)), ha="right", va="bottom", fontsize=8, color=INK
    )
    axes.set(xlabel="frequency (share of Nyquist)", ylabel="dB below the largest band")
    axes.set(xlim=(0, 1), ylim=(LOWEST_DB, 3))
    title = "Untrained networks' S(k), over the signal's spectrum"
    set_title(axes, title)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return to_svg(figure)


def _db(power: np.ndarray) -> np.ndarray:
    floor = power.max() * 10 ** (LOWEST_DB / 10)
    return 10 * np.log10(np.maximum(power, floor) / power.max())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    add_options(options, max_samples=8192, has_fits=False)
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    files = files_to_write(arguments.to, *FILES)
    signal = signal_of(arguments)
    labelled = diagnoses(arguments, signal)
    advice = advice_for(arguments, signal)
    for one in labelled:
        print(sentence(one, advice))
    if not files:
        return
    numbers, figure = files
    numbers.write_bytes(parquet_bytes([_row(signal, one) for one in labelled]))
    figure.write_text(diagnosis_figure(labelled))
    print(f"numbers  {numbers}\nfigure   {figure}")


def _row(signal: Signal, labelled: Labelled) -> dict[str, object]:
    diagnosis = labelled.diagnosis
    return {
        "signal": signal.name,
        "sha256": signal.sha256,
        "network": labelled.label,
        "unreached": diagnosis.unreached,
        "most_db": diagnosis.most_db,
        "sees_it": diagnosis.sees_it,
        "shares": diagnosis.shares.tolist(),
        "kernel": diagnosis.kernel.tolist(),
        "energy": diagnosis.energy.tolist(),
    }
