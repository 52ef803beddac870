"""Damaged sounds, and those that claim more than they hold: refused, or read, in little memory."""

import io
import struct

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.engine.signals.audio import read_audio
from tests.media import (
    RNG,
    check_a_refusal_or_a_valid_signal,
    little_memory,
    peak_bytes,
    refusal,
    refuses,
    wav,
)

STEREO = RNG.uniform(-0.5, 0.5, (2000, 2))
KINDS = {
    "pcm.wav": ("WAV", "PCM_16"),
    "float.wav": ("WAV", "FLOAT"),
    "adpcm.wav": ("WAV", "IMA_ADPCM"),
    "long.wav": ("RF64", "PCM_24"),
    "a.flac": ("FLAC", "PCM_16"),
    "vorbis.ogg": ("OGG", "VORBIS"),
    "pcm.aiff": ("AIFF", "PCM_16"),
    "ulaw.aiff": ("AIFF", "ULAW"),
}
ODD = st.sampled_from([b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\xff" * 4, bytes(4), b"\x80"])


def sound(kind: str, subtype: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, STEREO, 44_100, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_any_damage_ends_in_a_refusal_or_a_valid_signal_in_little_memory(write, name):
    whole, before = sound(*KINDS[name]), peak_bytes()
    path = write(name, whole)
    check_a_refusal_or_a_valid_signal(read_audio, path)
    places = st.integers(0, 120) | st.integers(0, len(whole) - 1)

    @settings(max_examples=100)
    @given(
        changes=st.dictionaries(places, st.binary(min_size=1, max_size=4) | ODD, max_size=4),
        end=st.just(len(whole)) | st.integers(1, len(whole)),
        max_samples=st.sampled_from([1024, 150_000]),
    )
    def damage(changes, end, max_samples):
        content = bytearray(whole)
        for at, new in changes.items():
            content[at : at + len(new)] = new
        path.write_bytes(content[:end])
        check_a_refusal_or_a_valid_signal(read_audio, path, max_samples)

    with little_memory(200 << 20):
        damage()
    assert peak_bytes() - before < 100 << 20


@settings(max_examples=100)
@given(
    channels=st.integers(0, 3) | st.integers(0, 65_535),
    bits=st.sampled_from([8, 16, 24, 32]) | st.integers(0, 65_535),
    rate=st.integers(0, 1 << 31),
    size=st.integers(0, 9000) | st.integers(0, (1 << 32) - 1),
    riff=st.integers(0, (1 << 32) - 1),
    data=st.binary(max_size=4000),
)
def test_a_wav_of_any_header_is_refused_or_valid(tmp_path_factory, channels, bits, **fields):
    path = tmp_path_factory.getbasetemp() / "any.wav"
    content = wav(fields.pop("data") + bytes(5000), 1, 8, **fields)
    frame = struct.pack("<HHIIHH", 1, channels, fields["rate"], 0, 0, bits)
    path.write_bytes(content[:20] + frame + content[36:])
    with little_memory(200 << 20):
        check_a_refusal_or_a_valid_signal(read_audio, path)


@given(content=st.binary(max_size=2000), head=st.sampled_from([b"", b"RIFF", b"fLaC", b"OggS"]))
def test_any_bytes_are_refused(tmp_path_factory, content, head):
    path = tmp_path_factory.getbasetemp() / "bytes.wav"
    path.write_bytes(head + content + b"\0")
    refusal(read_audio, path)


@pytest.mark.parametrize("max_samples", [1024, 150_000])
def test_a_thousand_channels_take_no_more_memory_than_one(write, max_samples):
    num, channels = 30_000, 1024
    size = 2 * num * channels
    path = write("wide.wav", wav(RNG.bytes(100_000), channels, 16, size=size))
    with path.open("r+b") as file:  # the rest is a hole, silent, and takes no disk
        file.truncate(44 + size)
    before = peak_bytes()
    signal = read_audio(path, max_samples)
    assert signal.num_samples == min(num, max_samples)
    assert peak_bytes() - before < 40 << 20, "all samples of all channels are 234 MB"


def test_a_kilobyte_of_flac_that_claims_billions_of_samples_is_refused_in_little_memory(write):
    silence = io.BytesIO()
    soundfile.write(silence, np.full(200_000, 0.5), 44_100, format="FLAC")
    content = bytearray(silence.getvalue())
    content[21] |= 0x0F  # STREAMINFO's sample count: 36 bits up to byte 25
    content[22:26] = b"\xff" * 4
    assert len(content) < 12_000
    with little_memory(100 << 20):
        refuses(read_audio, write("a.flac", bytes(content)), "damaged")


def test_formats_that_libsndfile_would_guess_are_refused_whatever_they_are_called(write):
    for kind in ("W64", "CAF", "MAT4", "VOC", "AU", "NIST"):
        buffer = io.BytesIO()
        soundfile.write(buffer, STEREO[:, 0], 44_100, format=kind, subtype="PCM_16")
        refuses(
            read_audio, write("a.wav", buffer.getvalue()), "wrong-kind", "WAV, FLAC, OGG or AIFF"
        )


def test_a_flac_behind_a_tag_of_mp3_is_read(write):
    tag = b"ID3\4\0\0" + bytes([0, 0, 1, 2]) + bytes(130)
    signal = read_audio(write("a.flac", tag + sound("FLAC", "PCM_16")), 1024)
    assert signal.file_samples == len(STEREO)
