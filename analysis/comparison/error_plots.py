"""Draw where in the spectrum networks err, in the manner of the paper's Figs. 9 and 10."""

import base64
import io
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from analysis.comparison.error_spectra import Maps, Spectra, Values, image_spectra, spectrograms
from analysis.reporting.drawing import Drawing, drawing_of
from analysis.reporting.style import INK, MUTED, PANEL, STYLE

WIDTH = 9.3  # inches: a page of about 900 px
PIXELS_PER_INCH = 90
TICKS = (-0.5, 0, 0.5)
COLORS = matplotlib.colormaps["viridis"].resampled(64)  # smooth to the eye, and small files
TITLE: Any = {"loc": "left", "fontsize": 9, "color": INK, "parse_math": False}
FRAMELESS = STYLE | {"axes.spines.left": False, "axes.spines.bottom": False}


def spectrogram_errors(
    values: Values, outputs: Mapping[str, Values], sample_rate: float | None
) -> Drawing:
    """Draw the spectrogram of a sound [n, 1] and of each network's error, on one scale (Fig. 9).

    A pixel shows the largest of the bins that it covers, so that no error vanishes.

    Args:
        values: The samples [n, 1] in [-1, 1].
        outputs: The outputs [n, 1] by network, the best first.
        sample_rate: The sample rate in Hz. None if it is not known.
    """
    spectra = spectrograms(values, outputs, sample_rate)
    return _spectrogram_panels(spectra, spectra.maps, len(values), sample_rate)


def spectrogram_outputs(
    values: Values, outputs: Mapping[str, Values], sample_rate: float | None
) -> Drawing:
    """Draw the spectrogram of a sound [n, 1] and of each network's output.

    The colours and their scale are those of `spectrogram_errors`.

    Args:
        values: The samples [n, 1] in [-1, 1].
        outputs: The outputs [n, 1] by network, the best first.
        sample_rate: The sample rate in Hz. None if it is not known.
    """
    spectra = spectrograms(values, outputs, sample_rate)
    maps = [spectra.truth, *spectra.outputs.values()]
    return _spectrogram_panels(spectra, maps, len(values), sample_rate)


def _spectrogram_panels(
    spectra: Spectra, maps: Sequence[Maps | None], num_samples: int, sample_rate: float | None
) -> Drawing:
    """Draw the ground truth's map, then one of each network."""
    count = len(maps)
    rows, columns = _grid(count, widest=3)
    size = 0.88 * WIDTH / columns, 1.45 if columns == 3 else 2.2
    with matplotlib.rc_context(FRAMELESS):
        height = 0.6 + rows * (size[1] + 0.5)
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        heads = _heads(spectra, f"{num_samples:,} samples")
        for number, axes in enumerate(panels.flat):
            if number >= count:
                axes.remove()
                continue
            axes.set_title(heads[number], **TITLE)
            axes.tick_params(labelbottom=number + columns >= count)
            _draw(axes, maps[number], spectra, size)
        panels[0, 0].set(xlim=spectra.x[[0, -1]], ylim=spectra.y[[0, -1]])  # shared by all
        across, up = ("time (s)", "kHz") if sample_rate else ("sample", "share of Nyquist")
        figure.supxlabel(across, fontsize=9, color=INK)
        figure.supylabel(f"frequency ({up})", fontsize=9, color=INK)
        _bar(figure, maps, spectra.floor, "dB relative to the\nground truth's peak")
        return _small(drawing_of(figure))


def fft_error_maps(values: Values, outputs: Mapping[str, Values]) -> Drawing:
    """Draw an image [H, W, C] in [-1, 1], the networks' outputs, and spectra below (Fig. 10).

    The spectra are the ground truth's and those of the networks' errors, on one scale. A pixel of
    a spectrum shows the largest of the bins that it covers, a pixel of a picture their mean.

    Args:
        values: The pixels [H, W, C] in [-1, 1].
        outputs: The outputs [H, W, C] by network, the best first.
    """
    spectra = image_spectra(values, outputs)
    count = len(spectra.maps)
    high, wide, channels = values.shape
    rows, columns = _grid(count, widest=4)
    box = min(max(high / wide, 0.3), 2)  # a strip's picture has blank sides
    width = min((WIDTH - 1.3) / columns - 0.25, 3.2, 3.2 / box)
    size = width, width * box
    note = f"{high} × {wide}" + ("" if channels in (1, 3) else f", first of {channels} channels")
    with matplotlib.rc_context(FRAMELESS):
        across, down = columns * (width + 0.25) + 1.3, rows * (2 * size[1] + 0.9) + 0.3
        figure = Figure(figsize=(across, down), layout="compressed")
        panels = figure.subplots(2 * rows, columns, squeeze=False)
        shown = zip(_heads(spectra, note), [values, *outputs.values()], spectra.maps, strict=True)
        for number, (head, picture, db) in enumerate(shown):
            row, column = divmod(number, columns)
            above, below = panels[2 * row : 2 * row + 2, column]
            # An empty line separates each pair from the pair above.
            above.set_title(f"\n{head}" if row else head, **TITLE)
            above.set(xticks=[], yticks=[])
            below.set_title("spectrum of the error" if number else "spectrum", **TITLE)
            below.tick_params(labelleft=column == 0, labelbottom=number + columns >= count)
            for axes in (above, below):
                axes.set_box_aspect(box)
            if db is None:
                _say_diverged(above)
            else:
                edges = (0, wide, high, 0)
                above.imshow(_pixels(picture, size), interpolation="none", extent=edges)
                above.set_adjustable("datalim")
            _draw(below, db, spectra, size)
            # The axis points down, like the rows of the picture.
            below.set(xlim=(-0.5, 0.5), ylim=(0.5, -0.5), xticks=TICKS, yticks=TICKS)
        for axes in panels[-2:, count - (rows - 1) * columns :].flat:
            axes.remove()
        figure.supxlabel("cycles per pixel", fontsize=9, color=INK)
        _bar(
            figure, spectra.maps, spectra.floor,
            "dB relative to the ground\ntruth's peak without its mean",
        )  # fmt: skip
        return _small(drawing_of(figure))


def _grid(count: int, widest: int) -> tuple[int, int]:
    """Return the numbers of rows and columns for `count` panels, as even as possible."""
    rows = math.ceil(count / widest)
    return rows, math.ceil(count / rows)


def _heads(spectra: Spectra, note: str) -> list[str]:
    heads = [f"ground truth\n{note}"]
    for name, psnr in spectra.psnr.items():
        line = " ".join(name.split())
        short = line if len(line) <= 28 else f"{line[:15]}…{line[-12:]}"
        score = "∞ (exact)" if psnr == math.inf else f"{psnr:z.1f} dB"
        heads.append(f"{short}\nPSNR {'–' if math.isnan(psnr) else score}")
    return heads


def _draw(axes: Axes, db: Maps | None, spectra: Spectra, size: tuple[float, float]) -> None:
    """Draw a map in as many pixels as `size` in inches can show."""
    if db is None:
        _say_diverged(axes)
        return
    spans: list[tuple[float, float]] = []
    for axis, inches, at in zip((1, 0), size, (spectra.x, spectra.y), strict=True):
        # Every pixel covers the same number of bins: otherwise noise would look woven.
        bins = math.ceil(len(at) / (inches * PIXELS_PER_INCH))
        db = np.maximum.reduceat(db, np.arange(0, len(at), bins), axis)
        start, step = at[0] - (at[1] - at[0]) / 2, at[1] - at[0]
        spans.append((start, start + step * bins * db.shape[axis]))
    axes.imshow(
        np.maximum(db, spectra.floor), interpolation="none", cmap=COLORS, vmin=spectra.floor,
        vmax=0, extent=(*spans[0], *spans[1]), origin="lower", aspect="auto",
    )  # fmt: skip


def _say_diverged(axes: Axes) -> None:
    axes.set_facecolor(PANEL)
    axes.text(0.5, 0.5, "diverged", ha="center", va="center", color=MUTED, transform=axes.transAxes)


def _pixels(picture: Values, size: tuple[float, float]) -> NDArray[np.uint8]:
    """Return three channels as colours, or the first as grey. A pixel is a mean."""
    shown = picture if picture.shape[2] == 3 else picture[:, :, 0]
    image = Image.fromarray(np.uint8(np.rint(127.5 * (np.clip(shown, -1, 1) + 1))))
    most = [max(1, round(inches * PIXELS_PER_INCH)) for inches in size]
    wide, high = (min(pair) for pair in zip(most, image.size, strict=True))
    return np.asarray(image.convert("RGB").resize((wide, high), Image.Resampling.BOX))


def _bar(figure: Figure, maps: Sequence[Maps | None], floor: float, label: str) -> None:
    finite = [db for db in maps if db is not None]
    # An arrow at an end of the bar says that values lie beyond it.
    below = any(db.min() < floor for db in finite)
    above = any(db.max() > 0.01 for db in finite)
    arrows = {
        (False, False): "neither",
        (True, False): "min",
        (False, True): "max",
        (True, True): "both",
    }
    bar = figure.colorbar(
        ScalarMappable(Normalize(floor, 0), COLORS), ax=figure.axes, pad=0.02,
        aspect=10 * figure.get_figheight(), extendfrac=0.03,
        extend=arrows[below, above],
    )  # fmt: skip
    bar.outline.set_visible(False)  # type: ignore[operator]
    bar.set_label(label)


def _small(drawing: Drawing) -> Drawing:
    """Return a drawing whose SVG has maps as PNG with a palette, and photographs as JPEG."""

    def smaller(match: re.Match[str]) -> str:
        image = Image.open(io.BytesIO(base64.b64decode(match[1]))).convert("RGB")
        colors, index = np.unique(np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True)
        kind = "png" if len(colors) <= COLORS.N else "jpeg"
        if kind == "png":
            image = Image.frombytes("P", image.size, np.uint8(index).tobytes())
            image.putpalette(colors.tobytes())
        buffer = io.BytesIO()
        image.save(buffer, kind, quality=85)
        return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"

    return drawing._replace(svg=re.sub(r"data:image/png;base64,\s*([^\"]+)", smaller, drawing.svg))
