"""Write what was measured in every setting as Markdown."""

import math

from analysis.findings.numbers import table
from analysis.settings.confirmed import Confirmed
from analysis.settings.stored import BANDS, Measured

FEW = ("1/8", "1/4", "1/2")
"""Ranges of n/p where networks can interpolate, so that a cap on the PSNR hides a part."""


def bands_markdown(measured: Measured) -> str:
    """Return every rule's mean capped regret by values for each parameter."""
    rows = []
    for rule in measured.rules:
        means = [measured.mean(rule, band).mean for band in BANDS]
        shown = ["-" if math.isnan(mean) else f"{mean:.2f}" for mean in means]
        rows.append([rule, *shown, f"{measured.equal_mean(rule):.2f}"])
    return table(["rule", *(f"n/p {band}" for band in BANDS), "mean"], rows)


def counts_markdown(measured: Measured) -> str:
    """Return how many landscapes and recordings each range of n/p has."""
    rows = measured.of(measured.rules[0])
    lines = []
    for band in BANDS:
        inside = measured.of(measured.rules[0], band)
        lines.append([band, len(inside), len({row.recording for row in inside})])
    assert sum(line[1] for line in lines) == len(rows)
    shown = [[str(cell) for cell in line] for line in lines]
    return table(["n/p", "landscapes", "recordings"], shown)


def confirmed_bands(confirmed: Confirmed) -> list[str]:
    """Return the ranges of n/p in which something was confirmed."""
    return [band for band in BANDS if confirmed.of(confirmed.rules[0], band)]


def confirmed_markdown(confirmed: Confirmed) -> str:
    """Return every rule's mean capped regret against confirmed optima, by n/p."""
    bands = confirmed_bands(confirmed)
    rows = []
    for rule in confirmed.rules:
        means = [f"{confirmed.mean(rule, band).mean:.2f}" for band in bands]
        rows.append([rule, *means, f"{confirmed.equal_mean(rule):.2f}"])
    counts = [str(len(confirmed.of(confirmed.rules[0], band))) for band in bands]
    rows.append(["landscapes", *counts, str(confirmed.num_maps)])
    return table(["rule", *(f"n/p {band}" for band in bands), "mean"], rows)
