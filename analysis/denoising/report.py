"""Report a denoising study: what blind choices reach, and the denoised signals themselves."""

import dataclasses
import datetime
import io
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image

from analysis.denoising import perceptual, plots
from analysis.denoising.methods import DenoisedSignal, denoised_signal
from analysis.denoising.tables import (
    CAPTION,
    denoising_parquet,
    denoising_table,
    page_table,
)
from analysis.reporting.drawing import Drawing, image
from analysis.reporting.page_table import PageTable
from analysis.reporting.players import PAGE_BYTES, UNKNOWN_RATE, Players, players
from analysis.reporting.report import file_name, paper_files, render, svg_texts
from search_spaces.rules import Target
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal


def denoising_report(results: Results, now: datetime.datetime) -> Report:
    """Return the report of a denoising study.

    Args:
        results: All that is stored of the run.
        now: The time that the page shows.
    """
    signals = [denoised_signal(state, results.store) for state in results.states]
    figures: dict[str, Drawing] = {}
    tables: dict[str, PageTable] = {}
    files = {"denoising.parquet": denoising_parquet(results.run, signals)}
    clips = []
    for denoised in signals:
        name = file_name(denoised.signal.name, denoised.signal.sha256)
        clip: dict[str, Any] = {"denoised": denoised, "picture": "", "verdict": "", "sounds": None}
        clip["psi"] = psi_sentence(results.run, denoised)
        if denoised.methods:
            figures[f"{name}-denoised"] = plots.pictures(denoised)
            clip["picture"] = image(
                figures[f"{name}-denoised"], f"{denoised.signal.name}, denoised"
            )
            clip["verdict"] = verdict(denoised)
            clip["table"] = tables[f"{name}-methods"] = page_table(denoised)
            if results.run.media == "sound":
                clip["sounds"] = _sounds(denoised, PAGE_BYTES // len(signals))
        if denoised.chosen:
            suffix, content = written(denoised.signal, denoised.chosen.blind.output)
            files[f"{name}-denoised.{suffix}"] = content
            clip["file"] = f"{name}-denoised.{suffix}"
        clips.append(clip)
    lacks = perceptual.measures() if results.run.media == "image" else ""
    html = render(
        "denoising.html.j2",
        results,
        now,
        clips=clips,
        caption=CAPTION,
        lacks=lacks if isinstance(lacks, str) else "",
    )
    captions = [""] * (len(signals) - 1) + [f"{CAPTION} {' '.join(map(verdict, signals))}".strip()]
    return Report(
        tables=[denoising_table(s, c) for s, c in zip(signals, captions, strict=True)],
        html=html,
        numbers={s.signal.sha256: _numbers(s) for s in signals},
        figures=svg_texts(figures),
        files={**paper_files(figures, tables), **files},
    )


def _sounds(denoised: DenoisedSignal, budget: int) -> Players:
    """Return players of the noisy sound, the clean one and the outputs of the figure."""
    assert denoised.noisy is not None, "there are outputs only of a signal that is stored"
    outputs = {} if denoised.truth is None else {"clean": denoised.truth}
    outputs |= {method.name: method.blind.output for method in plots.methods_shown(denoised)}
    rate = denoised.signal.sample_rate
    return players(denoised.noisy, outputs, rate, budget, "noisy", with_errors=False)


def psi_sentence(run: Run, denoised: DenoisedSignal) -> str:
    """Return what the rules know of the clean spectrum: psi of three signals in words.

    Args:
        run: The run.
        denoised: What the methods made of a signal.
    """
    if denoised.noisy is None:
        return ""
    noisy = dataclasses.replace(denoised.signal, values=denoised.noisy)
    estimate = run.question.rule_target(noisy, run.scale).descriptors["psi"]
    text = f"psi is {noisy.descriptors['psi']:.3f} with the noise, and {estimate:.3f} without its "
    text += "estimated floor, which is what the rules see"
    if denoised.truth is not None:
        clean = denoised.truth.reshape(*noisy.shape, -1)
        clean = clean[:, 0] if len(noisy.shape) == 1 else clean
        known = Target.of(clean, width=run.scale.width, depth=run.scale.depth)
        text += f". Of the clean signal it is {known.descriptors['psi']:.3f}"
    return f"{text}."


def verdict(denoised: DenoisedSignal) -> str:
    """Return a sentence on the chosen network: against the noisy signal and classical methods."""
    chosen, classical, name = denoised.chosen, denoised.best_classical, denoised.signal.name
    if chosen is None:
        return ""
    if denoised.truth is None:
        return (
            f"{name}: no clean signal is known, so no score says whether {chosen.name} is better "
            "than the noisy signal. Listen to what is written."
        )
    psnr = chosen.scores["PSNR"]
    gain = psnr - denoised.noisy_scores["PSNR"]
    text = f"{name}: {chosen.name} is {abs(gain):.1f} dB {'better' if gain > 0 else 'worse'} than "
    text += "the noisy signal"
    if classical:
        behind = psnr - classical.scores["PSNR"]
        text += f" and {abs(behind):.1f} dB {'better' if behind > 0 else 'worse'} than "
        text += classical.name
    return f"{text}."


def _numbers(denoised: DenoisedSignal) -> dict[str, float]:
    """Return the numbers that MLflow shows."""
    if denoised.truth is None or denoised.chosen is None:
        return {}
    numbers = {"psnr_noisy": denoised.noisy_scores["PSNR"]}
    for method in denoised.methods:
        key = method.name.replace(" ", "_").replace("-", "_")
        numbers[f"psnr_denoised_{key}"] = method.scores["PSNR"]
    return numbers | {"psnr_denoised": denoised.chosen.scores["PSNR"]}


def written(signal: Signal, output: NDArray[np.float32]) -> tuple[str, bytes]:
    """Return the suffix and the content of a file that holds a denoised signal.

    Args:
        signal: The noisy signal.
        output: The denoised samples [n, c]. What lies outside [-1, 1] is cut off.
    """
    buffer = io.BytesIO()
    if len(signal.shape) == 1:
        rate = round(signal.sample_rate or UNKNOWN_RATE)
        samples = np.clip(output[:, 0], -1, 1)
        soundfile.write(buffer, samples, rate, format="WAV", subtype="PCM_24")
        return "wav", buffer.getvalue()
    Image.fromarray(plots.pixels(output, signal.shape)).save(buffer, "PNG")
    return "png", buffer.getvalue()
