"""What the page of findings stands on, and what it cannot tell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from analysis.findings.page import Findings


class Extent(NamedTuple):
    """How much was fitted: `points` are the fewest and the most of a signal's surface,
    `means_over` tells how many signals have points that are means over so many seeds.
    """

    setting: Mapping[str, Any]
    num_fits: int
    num_dead: int
    seeds: tuple[int, ...]
    points: tuple[int, int]
    means_over: Mapping[int, int]
    num_left_out: int


def limits(findings: "Findings") -> str:
    """The data's extent, and what it cannot tell."""
    made, extent, setting = findings.surfaces, findings.extent, findings.extent.setting
    few, many = extent.points
    seeds = ", ".join(map(str, extent.seeds))
    lines = [
        f"{len(made.names)} signals of {len(set(made.recordings))} recordings, "
        f"{extent.num_fits:,} fits of SIREN² ({extent.num_dead:,} of them dead) on seeds {seeds}. "
        f"Surfaces are of {few} to {many} points a signal, {_means(extent.means_over)}."
        + (
            f" {extent.num_left_out} signals have too few points and are left out."
            if extent.num_left_out
            else ""
        ),
        f"{setting['n']:,} samples, {setting['hp_depth']} x {setting['hp_width']}, "
        f"{setting['fit_epochs']:,} epochs, learning rate {setting['fit_learning_rate']:g}.",
        f"Fits deviate from the smooth surfaces by {made.noise.mean():.2f} dB in the mean. An "
        f"optimum lies at the rim of what was fitted for {rim(findings)} of {len(made.names)} "
        "signals: a better point may lie beyond.",
    ]
    unknown = [
        "Not known from this data: "
        + (
            ""
            if findings.transfer.moved
            else "other lengths, widths, depths and learning rates, and images; "
        )
        + "whether the rule holds for fits of the paper's length;"
        + (" what other seeds would say;" if len(extent.seeds) == 1 else "")
        + ("" if findings.confirmed else " what training the rules' points gives;")
        + " whether a descriptor that is not in the list would do better.",
    ]
    return "\n".join(f"- {line}" for line in [*lines, *unknown])


def _means(means_over: Mapping[int, int]) -> str:
    return ", ".join(
        (f"means over {num} seeds" if num > 1 else "of one seed") + f" for {signals} signals"
        for num, signals in sorted(means_over.items(), reverse=True)
    )


def rim(findings: "Findings") -> int:
    """Signals whose highest point has a neighbour that was not fitted, or none."""
    count = 0
    for psnr in findings.surfaces.psnr:
        k, g = np.unravel_index(np.nanargmax(psnr), psnr.shape)
        around = np.pad(psnr, 1, constant_values=np.nan)[k : k + 3, g : g + 3]
        count += bool(np.isnan(around).any())
    return count
