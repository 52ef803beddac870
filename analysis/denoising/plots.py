"""Draw the clean signal, the noisy one and what methods make of it (paper, Figs. 11 and 12)."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.denoising.methods import DenoisedSignal, Method
from analysis.reporting.drawing import Drawing, drawing_of
from analysis.reporting.style import set_title, styled

FRAME = 256
"""Samples in a frame of a spectrogram."""

RANGE_DB = 60.0
"""The range of a spectrogram below the loudest point of the noisy sound."""


@styled
def pictures(denoised: DenoisedSignal) -> Drawing:
    """Return the clean signal, the noisy one and the outputs as one figure.

    A sound is shown as a spectrogram. All panels share one scale. The outputs are those of the
    chosen network, of the other networks in the order of their held-out PSNR, and of the best
    classical method.
    """
    assert denoised.noisy is not None, "there are outputs only of a signal that is stored"
    panels: dict[str, NDArray] = {}
    if denoised.truth is not None:
        panels["clean"] = denoised.truth
    panels["noisy" + _score(denoised.noisy_scores)] = denoised.noisy
    for method in methods_shown(denoised):
        panels[method.name + _score(method.blind.scores)] = method.blind.output
    columns = 3
    rows = -(-len(panels) // columns)
    shape = denoised.signal.shape
    height = 1.9 if len(shape) == 1 else 3.1 * shape[0] / shape[1]
    figure = Figure(figsize=(9.3, rows * (height + 0.35)), layout="constrained")
    axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
    for place, (name, values) in zip(axes, panels.items(), strict=False):
        _panel(place, denoised, values)
        set_title(place, name)
    for place in axes[len(panels) :]:
        place.set_visible(False)
    return drawing_of(figure)


def methods_shown(denoised: DenoisedSignal) -> list[Method]:
    """Return the methods whose outputs the page shows, each once."""
    networks = [method for method in denoised.methods if method.kind == "network"]
    networks.sort(key=lambda method: -method.held_out)
    shown: dict[str, Method] = {}
    for method in (denoised.chosen, *networks[:3], denoised.best_classical):
        if method:
            shown.setdefault(method.name, method)
    return list(shown.values())


def _score(scores: object) -> str:
    psnr = scores.get("PSNR") if isinstance(scores, dict) else None
    return "" if psnr is None else f", {psnr:.1f} dB"


def _panel(axes: Axes, denoised: DenoisedSignal, values: NDArray) -> None:
    signal = denoised.signal
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if len(signal.shape) == 2:
        axes.imshow(pixels(values, signal.shape), cmap="gray", vmin=0, vmax=255)
        return
    assert denoised.noisy is not None, "it is stored"
    top = _levels(denoised.noisy[:, 0]).max()
    levels = _levels(values[:, 0])
    axes.imshow(
        levels, origin="lower", aspect="auto", cmap="magma", vmin=top - RANGE_DB, vmax=top,
        rasterized=True,
    )  # fmt: skip


def _levels(samples: NDArray) -> NDArray[np.float64]:
    from scipy.signal import stft

    frame = min(FRAME, len(samples))
    hop = max(frame // 4, len(samples) // 400)  # a panel has about 300 pixels
    _, _, lines = stft(samples, window="hann", nperseg=frame, noverlap=max(frame - hop, 0))
    return 20 * np.log10(np.abs(lines) + 1e-12)


def pixels(values: NDArray, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an image's samples as pixels of 8 bits: [h, w, 3] of three channels, else [h, w].

    Args:
        values: Samples [n, c] in [-1, 1]. Unless there are three channels, the first one counts.
        shape: The height and width.

    Example:
        >>> pixels(np.zeros((6, 1)), (2, 3)).tolist()
        [[128, 128, 128], [128, 128, 128]]
    """
    picture = np.clip((values.reshape(*shape, -1) + 1) * 127.5, 0, 255).round().astype(np.uint8)
    return picture if picture.shape[-1] == 3 else picture[..., 0]
