"""Players hold the sounds they name, at the loudness that the page states."""

import base64
import html
import io
import math
import re

import numpy as np
import pytest
import soundfile

from analysis.reporting.players import Players, players

RATE = 8000
NASTY = 'a "x" <b>'


def tone(amplitude: float, n: int = 4000) -> np.ndarray:
    return (amplitude * np.sin(0.3 * np.arange(n)))[:, None].astype(np.float32)


def sounds(player: Players) -> dict[str, tuple[np.ndarray, int]]:
    """The samples and the sample rate of every player by its name."""
    elements = re.findall(r'aria-label="([^"]*)" src="data:audio/wav;base64,([^"]+)"', player.html)
    return {
        html.unescape(name): soundfile.read(io.BytesIO(base64.b64decode(data)))
        for name, data in elements
    }


def test_all_have_one_scale_and_an_error_says_how_much_louder_it_is():
    original = tone(0.8)
    heard = sounds(players(original, {"good": 0.999 * original, "bad": 0 * original}, RATE))
    assert list(heard) == [
        "original", "good", "error of good, 50 dB louder", "bad", "error of bad",
    ]  # fmt: skip
    assert {rate for _, rate in heard.values()} == {RATE}
    assert np.allclose(heard["original"][0], original[:, 0], atol=1e-4)
    assert np.allclose(heard["good"][0], 0.999 * original[:, 0], atol=1e-4)
    louder = 0.001 * original[:, 0] * 10 ** (50 / 20)
    assert np.allclose(heard["error of good, 50 dB louder"][0], louder, atol=1e-3)
    assert np.allclose(heard["error of bad"][0], original[:, 0], atol=1e-4)


def test_what_exceeds_full_scale_makes_all_quieter_and_the_note_says_so():
    original = tone(1.0)
    player = players(original, {"loud": 1.6 * original}, RATE)
    heard = sounds(player)
    ratio = np.abs(heard["loud"][0]).max() / np.abs(heard["original"][0]).max()
    assert ratio == pytest.approx(1.6, rel=1e-3)
    assert f"{20 * math.log10(1.6):.1f} dB" in player.note


def test_a_network_that_diverged_has_no_player_and_silences_no_other():
    original = tone(0.5)
    broken = original.copy()
    broken[3] = np.nan
    heard = sounds(players(original, {"broken": broken, "far": 1000 * original}, RATE))
    assert "broken" not in heard
    assert np.abs(heard["original"][0]).max() == pytest.approx(0.25, abs=0.01)


def test_networks_beyond_the_budget_are_named():
    original = tone(0.5)
    outputs = {name: 0.9 * original for name in ("a", "b", "c")}
    size = len(players(original, {"a": outputs["a"]}, RATE).html)
    player = players(original, outputs, RATE, budget=size + 100)
    assert list(player.left_out) == ["b", "c"]
    assert len(sounds(player)) == 3


@pytest.mark.parametrize(("rate", "played"), [(250_000, 25_000), (300, 30_000), (44_100, 44_100)])
def test_a_rate_that_browsers_do_not_play_is_changed_and_the_note_says_so(rate, played):
    player = players(tone(0.5), {}, rate)
    ((_, shown),) = sounds(player).values()
    assert shown == played
    times = max(rate / played, played / rate)
    assert (f"{times:.0f} times" in player.note) == (times > 1)


def test_a_name_is_text_and_no_markup():
    player = players(tone(0.5), {NASTY: tone(0.4)}, RATE)
    assert "<b>" not in player.html
    assert NASTY in sounds(player)
