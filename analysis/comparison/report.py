"""The report of a comparison: which network fits each signal best, and where it errs."""

import datetime
import math
from collections import defaultdict
from typing import Any

from analysis.comparison import plots
from analysis.comparison.error_plots import fft_error_maps, spectrogram_errors
from analysis.comparison.standings import Comparison, compare, overall
from analysis.comparison.tables import caption, comparison_parquet, comparison_table, overall_table
from analysis.reporting.report import Report, Results, file_name, image, render
from studies.engine.planning.points import trial_of
from studies.engine.store.store import output_path, target_path

MAX_PICTURES = 8


def comparison_report(results: Results, now: datetime.datetime) -> Report:
    """Everything that a comparison came to."""
    run = results.run
    found = compare(run, results.signals, results.rows)
    totals, said = overall(found), caption(run, found)
    if len(found) == 1:
        tables = [comparison_table(found[0], said)]
    else:
        tables = [*map(comparison_table, found), overall_table(run, totals, said)]
    figures: dict[str, str] = {}
    clips = [_clip(results, comparison, figures) for comparison in found]
    html = render(
        "comparison.html.j2",
        results,
        now,
        clips=clips,
        totals=totals,
        caption=said,
    )
    return Report(
        tables=tables,
        html=html,
        numbers={
            c.signal.sha256: {f"psnr_mean_{s.point.case}": s.mean for s in c.standings
                              if s.point.kind == "network" and math.isfinite(s.mean)}
            for c in found
        },
        figures=figures,
        files={"comparison.parquet": comparison_parquet(found)},
    )  # fmt: skip


def _clip(results: Results, comparison: Comparison, figures: dict[str, str]) -> dict[str, Any]:
    signal = comparison.signal
    name = file_name(signal.name, signal.sha256)
    shown = {}
    if any(math.isfinite(peak) for s in comparison.standings for peak in s.peaks):
        figures[f"{name}-networks"] = plots.standings(comparison)
        shown["standings"] = ("networks", "Peak PSNR by network")
    if lines := _lines(results, comparison):
        figures[f"{name}-histories"] = plots.histories(lines, signal.psnr_zero)
        shown["histories"] = ("histories", "PSNR over epochs and seconds")
    if errors := _errors(results, comparison):
        figures[f"{name}-errors"] = errors
        shown["errors"] = ("errors", "Spectra of the errors")
    return {
        "comparison": comparison,
        "with_paper": any(s.paper for s in comparison.standings),
        **{
            key: image(figures[f"{name}-{figure}"], f"{text} for {signal.name}")
            for key, (figure, text) in shown.items()
        },
    }


def _lines(results: Results, comparison: Comparison) -> dict[str, plots.Line]:
    """The curves of the first seed, by the points' names, in the order of the standings."""
    run, signal = results.run, comparison.signal
    keys = {
        s.point.name: (trial_of(run, signal, s.point, 0).key, s.seconds_per_epoch)
        for s in comparison.standings
    }
    curves: dict[str, tuple[list[int], list[float]]] = defaultdict(lambda: ([], []))
    for row in results.store.curves([key for key, _ in keys.values()]).to_pylist():
        curves[row["key"]][0].append(row["epoch"])
        curves[row["key"]][1].append(row["psnr"])
    return {name: (*curves[key], seconds) for name, (key, seconds) in keys.items() if key in curves}


def _errors(results: Results, comparison: Comparison) -> str | None:
    """Pictures of what the first networks of the standings leave out, on the first seed."""
    run, signal, store = results.run, comparison.signal, results.store
    shape = (signal.num_samples, signal.channels)
    values = store.read_array(target_path(signal.sha256))
    if values is None or values.shape != shape:
        return None
    outputs = {}
    for s in comparison.standings:
        output = store.read_array(output_path(trial_of(run, signal, s.point, 0).key))
        if output is not None and output.shape == shape and len(outputs) < MAX_PICTURES:
            outputs[s.point.name] = output
    if not outputs:
        return None
    if len(signal.shape) == 2:
        shape = (*signal.shape, signal.channels)
        images = {name: output.reshape(shape) for name, output in outputs.items()}
        return fft_error_maps(values.reshape(shape), images)
    return spectrogram_errors(values, outputs, signal.sample_rate)
