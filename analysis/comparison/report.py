"""Report a comparison: which network fits each signal best, and where it errs."""

import datetime
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.comparison import page_tables, plots
from analysis.comparison.error_plots import (
    fft_error_maps,
    spectrogram_errors,
    spectrogram_outputs,
)
from analysis.comparison.standings import Comparison, compare, summarize_cases
from analysis.comparison.tables import caption, cases_table, comparison_parquet, comparison_table
from analysis.comparison.without_network import without_network
from analysis.reporting.drawing import Drawing
from analysis.reporting.players import PAGE_BYTES, players
from analysis.reporting.report import drawn_images, file_name, paper_files, render, svg_texts
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.signals.signal import Signal
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
    comparisons = [
        one._replace(baselines=without_network(state, results.store, one.parameters))
        for state, one in zip(results.states, compare(results.states, winners), strict=True)
    ]
    totals, text = summarize_cases(comparisons), caption(run, comparisons)
    if len(comparisons) == 1:
        tables = [comparison_table(comparisons[0], text)]
    else:
        tables = [*map(comparison_table, comparisons), cases_table(run, totals, text)]
    figures: dict[str, Drawing] = {}
    page = {"networks": page_tables.over_signals(totals)} if len(comparisons) > 1 else {}
    clips = []
    for state, comparison in zip(results.states, comparisons, strict=True):
        signal = state.signal
        table = page_tables.standings(comparison)
        page[f"{file_name(signal.name, signal.sha256)}-networks"] = table
        clip = _clip(state, results.store, comparison, figures, PAGE_BYTES // len(comparisons))
        clips.append({"table": table} | clip | pieces(state, comparison))
    html = render(
        template,
        results,
        now,
        clips=clips,
        totals=totals,
        table=page.get("networks"),
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
        figures=svg_texts(figures),
        files={
            **paper_files(figures, page), "comparison.parquet": comparison_parquet(comparisons)
        },
    )  # fmt: skip


def _clip(
    state: SignalState,
    store: Store,
    comparison: Comparison,
    figures: dict[str, Drawing],
    budget: int,
) -> dict[str, Any]:
    """Return what the page shows of a signal. Its players take at most `budget` bytes."""
    signal = state.signal
    name = file_name(signal.name, signal.sha256)
    if any(math.isfinite(peak) for s in comparison.standings for peak in s.peaks):
        figures[f"{name}-networks"] = plots.standings(comparison)
    if lines := _lines(state, store, comparison):
        figures[f"{name}-histories"] = plots.histories(lines, signal.psnr_zero)
    kept = _kept(state, store, comparison)
    figures |= {f"{name}-{kind}": drawing for kind, drawing in _spectra(signal, kept).items()}
    sounds = None
    if kept.outputs and state.run.media == "sound":
        sounds = players(kept.values, kept.outputs, signal.sample_rate, budget)
    places = {
        "standings": (f"{name}-networks", "Peak PSNR by network"),
        "histories": (f"{name}-histories", "PSNR over epochs and seconds"),
        "spectrograms": (f"{name}-spectrograms", "Spectrograms of the outputs"),
        "errors": (f"{name}-errors", "Spectra of the errors"),
    }
    return {
        "comparison": comparison,
        "without_output": kept.missing,
        "sounds": sounds,
        **drawn_images(figures, places, signal),
    }


def _lines(state: SignalState, store: Store, comparison: Comparison) -> dict[str, plots.Line]:
    """Return the curves of the first seed by point, in the order of the standings."""
    keys = {
        s.point.name: (state.trial(s.point, 0).key, s.seconds_per_epoch)
        for s in comparison.standings
    }
    curves = store.curves_by_key([key for key, _ in keys.values()])
    return {name: (*curves[key], seconds) for name, (key, seconds) in keys.items() if key in curves}


class _Kept(NamedTuple):
    """The samples [n, c] of a signal, and the outputs on the first seed by network, best first.

    `missing` are fitted networks without an output. `run` fits them again.
    """

    values: NDArray[np.float32]
    outputs: dict[str, NDArray[np.float32]]
    missing: list[str]


def _kept(state: SignalState, store: Store, comparison: Comparison) -> _Kept:
    """Return the outputs of the best networks. There is none if the signal has gaps."""
    signal = state.signal
    shape = (signal.num_samples, signal.channels)
    values = store.read_array(target_path(signal.sha256))
    if values is None or values.shape != shape or np.isnan(values).any() or len(signal.shape) > 2:
        return _Kept(np.zeros(shape, np.float32), {}, [])
    outputs, missing = {}, []
    for s in comparison.standings:
        if len(outputs) == MAX_PICTURES:
            break
        output = store.read_array(output_path(state.trial(s.point, 0).key))
        if output is not None and output.shape == shape:
            outputs[s.point.name] = output
        elif state.stored(s.point, [0]):
            missing.append(s.point.name)
    return _Kept(values, outputs, missing)


def _spectra(signal: Signal, kept: _Kept) -> dict[str, Drawing]:
    """Draw the outputs and their errors. Nothing is drawn without an output."""
    if not kept.outputs:
        return {}
    if len(signal.shape) == 2:
        shape = (*signal.shape, signal.channels)
        images = {name: output.reshape(shape) for name, output in kept.outputs.items()}
        return {"errors": fft_error_maps(kept.values.reshape(shape), images)}
    arguments = kept.values, kept.outputs, signal.sample_rate
    return {
        "spectrograms": spectrogram_outputs(*arguments),
        "errors": spectrogram_errors(*arguments),
    }
