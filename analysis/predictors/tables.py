"""Make the two tables of the contest of predictors: their regrets, and what they cost."""

import math
from collections.abc import Sequence

import numpy as np
from rich.table import Table

from analysis.predictors.contest import PRIOR, REFERENCE, Entry, Standing, excess
from analysis.predictors.maps import Maps
from analysis.reporting.tables import short, wide_table
from analysis.statistics.intervals import DIRECTION_ONLY, Interval, mark
from search_spaces.rules import EQN11_SCALED, EVEN_LAW

FRESH = "spectrum_distance"
"""The published predictor that the others have to beat."""

TITLES = {"as_it_is": "as it is", "with_prior": "with the prior", "baseline": "baselines"}

LABELS = {
    PRIOR: "prior alone",
    REFERENCE: "recommended held out",
    EVEN_LAW: "recommended fitted",
    EQN11_SCALED: "Eqn. 11, scaled",
}
"""The baselines' names in the table."""


def regret_table(all_standings: Sequence[Standing]) -> Table:
    """Return the table of regrets, with a section for each form."""
    caption = (
        "regret: mean in dB on the maps' points, with its 95 % interval; excess: over the\n"
        "recommended rule, fitted without the recording; p: of no excess, Holm's for all\n"
        "rows; w: median weight in dB beside the prior; rank: mean rank correlation with\n"
        "PSNR. A rule has the point of the map that is nearest in (log K, log g)."
    )
    # All rows share their seeds, so the heads have the mark for every cell.
    marked = mark(all_standings[0].regret)
    if marked:
        caption += f"\n{DIRECTION_ONLY}"
    table = wide_table(
        caption,
        "regret of predictors",
        named="",
        numbers=(f"regret (dB){marked}", f"excess (dB){marked}", "p", "w", "rank"),
    )
    for form, title in TITLES.items():
        table.add_row(f"[bold]{title}")
        for standing in all_standings:
            entry = standing.entry
            if entry.form != form:
                continue
            table.add_row(
                LABELS.get(entry.predictor, entry.predictor), _interval(standing.regret),
                "" if entry.predictor == REFERENCE else _interval(standing.excess),
                _unless_nan(standing.p_value, ".3f"),
                _unless_nan(float(np.median(entry.weights)), "g"),
                _unless_nan(_mean(entry.correlation), ".2f"),
            )  # fmt: skip
        table.add_section()
    return table


def cost_table(entries: Sequence[Entry], maps: Maps) -> Table:
    """Return the table of costs, and of regrets beside FreSh's predictor in the same form.

    Args:
        entries: All entries.
        maps: The maps that they chose on.
    """
    num = len(maps.points)
    caption = (
        f"seconds: of one core for a point; all: for the {num} points of a map. Predictors\n"
        "without training serve all signals of one length with that, psnr_20 one signal.\n"
        f"as it is, with prior: regret minus that of {FRESH} there (dB)."
    )
    table = wide_table(
        caption,
        f"cost, and against {FRESH}",
        named="",
        numbers=("seconds", "all", "as it is", "with prior"),
    )
    fresh = {entry.form: entry for entry in entries if entry.predictor == FRESH}
    for entry in entries:
        if entry.form != "as_it_is":
            continue
        cells = [short(entry.seconds), short(entry.seconds * num)]
        for other in entries:
            if other.predictor == entry.predictor:
                has_rival = other.form in fresh and other.predictor != FRESH
                cells.append(
                    _interval(excess(other, fresh[other.form], maps)) if has_rival else "-"
                )
        table.add_row(entry.predictor, *cells)
    return table


def _interval(interval: Interval) -> str:
    largest = max(map(abs, interval[:3]))
    # Large regrets would take the width that names need.
    digits = 2 if largest < 10 else 1
    # Adding 0.0 turns -0.0 into 0.0.
    mean, low, high = (f"{round(value, digits) + 0.0:.{digits}f}" for value in interval[:3])
    return f"{mean} [{low}, {high}]"


def _unless_nan(value: float, form: str) -> str:
    return "" if math.isnan(value) else format(value, form)


def _mean(correlations: np.ndarray) -> float:
    """Return the mean of what is known, NaN if nothing is."""
    known = correlations[np.isfinite(correlations)]
    return float(known.mean()) if known.size else math.nan
