"""Report a comparison: which network fits each signal best, and where it errs."""

import datetime
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from analysis.comparison import plots
from analysis.comparison.error_plots import fft_error_maps, spectrogram_errors
from analysis.comparison.standings import Comparison, compare, summarize_cases
from analysis.comparison.tables import caption, cases_table, comparison_parquet, comparison_table
from analysis.reporting.report import drawn_images, file_name, render
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.store.store import Store, output_path, target_path

MAX_PICTURES = 8

Pieces = Callable[[SignalState, Comparison], dict[str, Any]]
"""From a signal and its standings to values of a template by name."""


def comparison_report(
    results: Results,
    winners: Sequence[Sequence[Point]],
    now: datetime.datetime,
    *,
    template: str = "comparison.html.j2",
    pieces: Pieces = lambda state, comparison: {},
) -> Report:
    """Return the report of a comparison.

    Args:
        results: All that is stored of the run.
        winners: Each signal's points that a tuning chose.
        now: The time that the page shows.
        template: The name of the page's template.
        pieces: Returns what the template needs of a signal beside what all comparisons show.
    """
    run = results.run
    comparisons = compare(results.states, winners)
    totals, text = summarize_cases(comparisons), caption(run, comparisons)
    if len(comparisons) == 1:
        tables = [comparison_table(comparisons[0], text)]
    else:
        tables = [*map(comparison_table, comparisons), cases_table(run, totals, text)]
    figures: dict[str, str] = {}
    clips = [
        _clip(state, results.store, comparison, figures) | pieces(state, comparison)
        for state, comparison in zip(results.states, comparisons, strict=True)
    ]
    html = render(
        template,
        results,
        now,
        clips=clips,
        totals=totals,
        caption=text,
    )
    return Report(
        tables=tables,
        html=html,
        numbers={
            c.signal.sha256: {f"psnr_mean_{s.point.case}": s.mean for s in c.standings
                              if s.point.kind == "network" and math.isfinite(s.mean)}
            for c in comparisons
        },
        figures=figures,
        files={"comparison.parquet": comparison_parquet(comparisons)},
    )  # fmt: skip


def _clip(
    state: SignalState, store: Store, comparison: Comparison, figures: dict[str, str]
) -> dict[str, Any]:
    signal = state.signal
    name = file_name(signal.name, signal.sha256)
    if any(math.isfinite(peak) for s in comparison.standings for peak in s.peaks):
        figures[f"{name}-networks"] = plots.standings(comparison)
    if lines := _lines(state, store, comparison):
        figures[f"{name}-histories"] = plots.histories(lines, signal.psnr_zero)
    errors, without_output = _errors(state, store, comparison)
    if errors:
        figures[f"{name}-errors"] = errors
    shown = {
        "standings": (f"{name}-networks", "Peak PSNR by network"),
        "histories": (f"{name}-histories", "PSNR over epochs and seconds"),
        "errors": (f"{name}-errors", "Spectra of the errors"),
    }
    return {
        "comparison": comparison,
        "without_output": without_output,
        "with_held_out": any(s.held_out for s in comparison.standings),
        "with_paper": any(s.paper for s in comparison.standings),
        **drawn_images(figures, shown, signal),
    }


def _lines(state: SignalState, store: Store, comparison: Comparison) -> dict[str, plots.Line]:
    """Return the curves of the first seed by point, in the order of the standings."""
    keys = {
        s.point.name: (state.trial(s.point, 0).key, s.seconds_per_epoch)
        for s in comparison.standings
    }
    curves = store.curves_by_key([key for key, _ in keys.values()])
    return {name: (*curves[key], seconds) for name, (key, seconds) in keys.items() if key in curves}


def _errors(
    state: SignalState, store: Store, comparison: Comparison
) -> tuple[str | None, list[str]]:
    """Draw the errors of the best networks on the first seed.

    Returns:
        The figure, None if the store has no output. The names of the networks that the figure
        lacks, because another study fitted them and kept no output.
    """
    signal = state.signal
    shape = (signal.num_samples, signal.channels)
    values = store.read_array(target_path(signal.sha256))
    if values is None or values.shape != shape or np.isnan(values).any() or len(signal.shape) > 2:
        return None, []
    outputs, missing = {}, []
    for s in comparison.standings:
        if len(outputs) == MAX_PICTURES:
            break
        output = store.read_array(output_path(state.trial(s.point, 0).key))
        if output is not None and output.shape == shape:
            outputs[s.point.name] = output
        elif state.stored(s.point, [0]):
            missing.append(s.point.name)
    if not outputs:
        return None, missing
    if len(signal.shape) == 2:
        shape = (*signal.shape, signal.channels)
        images = {name: output.reshape(shape) for name, output in outputs.items()}
        return fft_error_maps(values.reshape(shape), images), missing
    return spectrogram_errors(values, outputs, signal.sample_rate), missing
