"""Let a reader hear a sound, what networks make of it, and their errors."""

import base64
import io
import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import soundfile
from markupsafe import Markup, escape
from numpy.typing import NDArray

PAGE_BYTES = 20_000_000
"""The players of a page take at most so many bytes. The best networks come first."""

STEP_DB = 10
"""An error is made louder in steps of so many dB, so that those of networks can be compared."""

LOUDEST_DB = -3.0
"""An error is made at most so loud, relative to full scale."""

UNKNOWN_RATE = 8_000
"""The sample rate in Hz of a sound whose file has none."""

LOWEST_RATE, HIGHEST_RATE = 4_000, 96_000
"""Sample rates in Hz that browsers play."""

LOOPED_SECONDS = 1.0
"""A shorter sound repeats while it plays."""


class Players(NamedTuple):
    """The players of a signal.

    Args:
        html: The players. Each holds its sound.
        note: How loud and how fast they play.
        left_out: The networks that have none, because the page would be too large.
    """

    html: Markup
    note: str
    left_out: Sequence[str]


class _Rate(NamedTuple):
    hertz: int
    times: int
    """By how much the sound is slowed down, or sped up if it is negative."""


def players(
    original: NDArray[np.floating],
    outputs: Mapping[str, NDArray[np.floating]],
    sample_rate: float | None,
    budget: int = PAGE_BYTES,
    original_name: str = "original",
    *,
    with_errors: bool = True,
) -> Players:
    """Return players of a sound, of each output and of each error (original minus output).

    Args:
        original: The samples [n, 1] in [-1, 1].
        outputs: The outputs [n, 1] by name, the best first. One that is not finite has no player.
        sample_rate: The sample rate in Hz. None if it is not known.
        budget: The players' largest size in bytes.
        original_name: The name of the first player.
        with_errors: Whether the errors can be heard as well.
    """
    finite = {name: output for name, output in outputs.items() if np.isfinite(output).all()}
    loudest = max(float(np.abs(sound).max()) for sound in (original, *finite.values()))
    # One factor for all keeps their loudness. What goes far beyond full scale is cut off instead.
    factor = min(1.0, max(0.5, 1 / loudest)) if loudest else 1.0
    rate = _playable(sample_rate or UNKNOWN_RATE)
    items = [_card([_player(original_name, original * factor, rate)])]
    size, left_out = len(items[0]), []
    for name, output in finite.items():
        own = [_player(name, output * factor, rate)]
        if with_errors:
            error = (original - output) * factor
            gain = gain_db(error)
            label = f"error of {name}" + (f", {gain} dB louder" if gain else "")
            own.append(_player(label, error * 10 ** (gain / 20), rate))
        size += sum(map(len, own))
        if size > budget or left_out:
            left_out.append(name)
        else:
            items.append(_card(own))
    html = Markup('<div class="sounds">\n{}\n</div>').format(Markup("\n").join(items))
    return Players(html, _note(len(original), factor, rate, with_errors=with_errors), left_out)


def gain_db(error: NDArray[np.floating]) -> int:
    """Return by how many dB an error is made louder, in whole steps. It is never made quieter.

    Example:
        >>> gain_db(np.array([0.005])), gain_db(np.array([0.9])), gain_db(np.array([0.0]))
        (40, 0, 0)
    """
    peak = float(np.abs(error).max())
    if peak == 0:
        return 0
    steps = math.floor((LOUDEST_DB - 20 * math.log10(peak)) / STEP_DB)
    return STEP_DB * max(0, steps)


def wav(samples: NDArray[np.floating], rate: int) -> bytes:
    """Return samples [n, 1] as a WAV file of 16 bits. What is beyond full scale is cut off.

    Args:
        samples: Samples [n, 1], in [-1, 1] where nothing is to be cut.
        rate: The sample rate in Hz.

    Example:
        >>> wav(np.zeros((8, 1)), 8000)[:4]
        b'RIFF'
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), rate, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def _playable(sample_rate: float) -> _Rate:
    """Return a rate that browsers play, and by how much it changes the speed."""
    times = 1
    while sample_rate / times > HIGHEST_RATE:
        times *= 10
    if times > 1:
        return _Rate(round(sample_rate / times), times)
    while sample_rate * times < LOWEST_RATE:
        times *= 10
    return _Rate(round(sample_rate * times), -times if times > 1 else 1)


def _player(name: str, samples: NDArray[np.floating], rate: _Rate) -> Markup:
    data = base64.b64encode(wav(samples, rate.hertz)).decode()
    loop = Markup(" loop") if len(samples) / rate.hertz < LOOPED_SECONDS else ""
    return Markup(
        '<figure><figcaption>{0}</figcaption><audio controls{1} aria-label="{0}" '
        'src="data:audio/wav;base64,{2}"></audio></figure>'
    ).format(escape(name), loop, Markup(data))


def _card(own: Sequence[Markup]) -> Markup:
    """Return an output with its error, which stay together."""
    return Markup("<div>{}</div>").format(Markup("\n").join(own))


def _note(num_samples: int, factor: float, rate: _Rate, *, with_errors: bool) -> str:
    seconds = num_samples / rate.hertz
    text = "All sounds have one loudness scale"
    if factor < 1:
        text += f", {-20 * math.log10(factor):.1f} dB below the file's, so that none clips"
    text += "."
    if with_errors:
        text += " An error is the original minus the output, on the same scale unless it says how "
        text += "much louder it is."
    text += f" Each takes {seconds:.3g} s"
    text += ", and repeats while it plays." if seconds < LOOPED_SECONDS else "."
    if rate.times > 1:
        text += (
            f" The sample rate is too high for browsers, so they play {rate.times} times slower."
        )
    if rate.times < 0:
        text += (
            f" The sample rate is too low for browsers, so they play {-rate.times} times faster."
        )
    return text
