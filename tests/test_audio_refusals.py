"""Every bad sound file is refused with one sentence that names it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studies.engine.signals.audio import read_audio
from tests.media import refusal, refuses

CROPS = [1024, 150_000]
"""One length with the loudest window, one with the head."""


@pytest.mark.parametrize("max_samples", CROPS)
def test_a_missing_file_an_empty_one_and_a_directory_are_refused(tmp_path, max_samples):
    refuses(read_audio, tmp_path / "missing.wav", "not-there", max_samples=max_samples)
    (tmp_path / "empty.wav").touch()
    refuses(read_audio, tmp_path / "empty.wav", "empty", max_samples=max_samples)
    (tmp_path / "folder.wav").mkdir()
    refuses(read_audio, tmp_path / "folder.wav", "wrong-kind", max_samples=max_samples)


def test_a_name_too_long_for_a_file_is_refused(tmp_path):
    refusal(read_audio, tmp_path / ("a" * 300 + ".wav"), 1024)


@pytest.mark.parametrize("content", [b"This is a text.\n" * 500, bytes(range(256)) * 30])
@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "aiff"])
def test_what_is_not_sound_is_refused_whatever_its_name(tmp_path, suffix, content):
    path = tmp_path / f"text.{suffix}"
    path.write_bytes(content)
    refuses(read_audio, path, "wrong-kind", max_samples=1024)


@pytest.mark.parametrize("max_samples", CROPS)
@pytest.mark.parametrize("num", [0, 1, 255])
def test_fewer_than_256_samples_are_refused(make_wav, noise, num, max_samples):
    refuses(read_audio, make_wav("short.wav", noise[:num]), "too-few", max_samples=max_samples)


@pytest.mark.parametrize("max_samples", CROPS)
def test_silence_is_refused(make_wav, max_samples):
    zeros = make_wav("silence.wav", np.zeros(5000))
    refuses(read_audio, zeros, "constant", max_samples=max_samples)
    opposite = np.tile([0.5, -0.5], (5000, 1))
    refuses(read_audio, make_wav("opposite.wav", opposite), "constant", max_samples=max_samples)


@pytest.mark.parametrize("max_samples", CROPS)
def test_a_constant_is_refused(make_wav, max_samples):
    path = make_wav("dc.wav", np.full(5000, 0.5))
    refuses(
        read_audio, path, "constant", f"{min(5000, max_samples):,} samples", max_samples=max_samples
    )


@pytest.mark.parametrize("level", [0, 1e-60])
def test_a_head_that_is_silent_under_the_peak_of_the_file_is_refused(make_wav, noise, level):
    samples = level * noise[:151_000]
    samples[150_500] = 1
    path = make_wav("late.wav", samples, subtype="DOUBLE")
    refuses(read_audio, path, "constant", max_samples=150_000)


@pytest.mark.parametrize("max_samples", CROPS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 1234, 4999])
def test_a_sample_that_is_no_finite_number_is_refused_by_place(
    make_wav, noise, at, value, max_samples
):
    samples = np.stack([noise[:5000], noise[:5000]], axis=1)
    samples[at, 1] = value
    refuses(
        read_audio,
        make_wav("bad.wav", samples, subtype="FLOAT"),
        "not-finite",
        f"sample {at} ",
        max_samples=max_samples,
    )


TRUNCATABLE = {
    "pcm16.wav": {},
    "pcm24.wav": {"subtype": "PCM_24"},
    "float.wav": {"subtype": "FLOAT"},
    "pcm16.flac": {},
    "vorbis.ogg": {"subtype": "VORBIS"},
    "pcm16.aiff": {},
}


@pytest.fixture(params=TRUNCATABLE)
def whole(request: pytest.FixtureRequest, make_wav: Callable[..., Path], noise) -> Path:
    """A whole file of 100,000 samples, which is read."""
    path = make_wav(request.param, noise[:100_000], **TRUNCATABLE[request.param])
    assert read_audio(path, 150_000).num_samples == 100_000
    return path


@pytest.mark.parametrize("max_samples", CROPS)
def test_a_truncated_file_is_refused(whole, max_samples):
    content = whole.read_bytes()
    for share in (0.3, 0.6, 0.9, 0.99):
        whole.write_bytes(content[: int(share * len(content))])
        refuses(read_audio, whole, "damaged", max_samples=max_samples)
    whole.write_bytes(content[:-1])
    refuses(read_audio, whole, "damaged", max_samples=max_samples)


def test_a_file_cut_within_its_header_is_refused(whole):
    whole.write_bytes(whole.read_bytes()[:20])
    refusal(read_audio, whole, 1024)


def test_a_flac_without_a_length_is_refused(make_wav, noise):
    path = make_wav("pipe.flac", noise[:5000])
    content = bytearray(path.read_bytes())
    # STREAMINFO's sample count: the low half of byte 21 and bytes 22 to 25; 0 is "unknown".
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    refuses(read_audio, path, "missing", max_samples=1024)
