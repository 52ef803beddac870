"""Check that what the header of a sound claims is compared with what follows it."""

import io
import struct

import numpy as np
import pytest
import soundfile

from studies.engine.signals.audio import read_audio
from studies.engine.signals.chunks import STREAMED
from studies.engine.signals.containers import check_container
from tests.media import RNG, refuses

NUM = 4000
PCM = np.round(RNG.uniform(-2000, 2000, NUM)).astype("<i2").tobytes()


def wav_claiming(size: int, riff: int | None = None, codec: int = 1, rate: int = 8000) -> bytes:
    """A WAV of `NUM` samples whose data chunk claims `size` bytes."""
    riff = size + 36 if riff is None else riff
    head = struct.pack("<IHHIIHH", 16, codec, 1, rate, 2 * rate, 2, 16)
    data = b"data" + struct.pack("<I", size) + PCM
    return b"RIFF" + struct.pack("<I", riff & 0xFFFFFFFF) + b"WAVEfmt " + head + data


def encoded(kind: str, subtype: str, num: int = 20_000, channels: int = 1, rate=48_000) -> bytes:
    buffer = io.BytesIO()
    samples = np.random.default_rng(num).uniform(-0.5, 0.5, (num, channels))
    soundfile.write(buffer, samples, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


@pytest.mark.parametrize("size", [8_002, 1 << 20, 2_100_000_000, 2_200_000_000, 3_000_000_000])
def test_a_wav_that_was_cut_is_refused_however_much_it_promises(write, size):
    refuses(read_audio, write("a.wav", wav_claiming(size)), "damaged", f"{size:,}", f"{len(PCM):,}")


@pytest.mark.parametrize("mark", STREAMED)
@pytest.mark.parametrize("header", [0, -36, -44])
def test_the_marks_of_a_pipe_mean_until_the_end(write, mark, header):
    signal = read_audio(write("a.wav", wav_claiming(mark + header)), 150_000)
    assert signal.file_samples == NUM
    assert not signal.notes


def test_a_wav_of_a_recorder_that_lost_power_says_what_is_there(write):
    refuses(read_audio, write("a.wav", wav_claiming(0)), "damaged", f"{len(PCM):,}")
    empty = wav_claiming(0)[: -len(PCM)]
    refuses(read_audio, write("b.wav", empty), "too-few")
    # A chunk after an empty data chunk is no sound.
    behind = empty + b"LIST" + struct.pack("<I", 12) + bytes(12)
    refuses(read_audio, write("c.wav", behind), "too-few")


@pytest.mark.parametrize(
    ("codec", "rate", "code"),
    [(0x55, 8000, "wrong-kind"), (0x50, 8000, "wrong-kind"), (1, 0, "damaged")],
)
def test_another_codec_and_an_impossible_rate_are_told_apart(write, codec, rate, code):
    content = wav_claiming(len(PCM), codec=codec, rate=rate)
    refuses(read_audio, write("a.wav", content), code)


def test_two_data_chunks_are_refused(write):
    whole = wav_claiming(len(PCM), riff=36 + 2 * (8 + len(PCM)) - 8)
    twice = whole + b"data" + struct.pack("<I", len(PCM)) + PCM
    refuses(read_audio, write("a.wav", twice), "damaged")


def test_a_chunk_without_its_pad_byte_is_named(write):
    whole = wav_claiming(len(PCM))
    odd = b"LIST" + struct.pack("<I", 13) + b"INFOISFT\1\0\0\0x"
    for pad, codes in ((b"", ["damaged"]), (b"\0", [])):
        content = whole[:36] + odd + pad + whole[36:]
        content = content[:4] + struct.pack("<I", len(content) - 8) + content[8:]
        path = write("a.wav", content)
        if codes:
            refuses(read_audio, path, "damaged", "'LIST'")
        else:
            assert read_audio(path, 8192).file_samples == NUM


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "ULAW"])
def test_an_aiff_that_claims_more_frames_than_it_has_is_refused(write, subtype):
    content = bytearray(encoded("AIFF", subtype))
    assert read_audio(write("a.aiff", bytes(content)), 150_000).file_samples == 20_000
    at = content.index(b"COMM") + 10
    content[at : at + 4] = struct.pack(">I", 45_000)
    refuses(read_audio, write("b.aiff", bytes(content)), "damaged")


@pytest.mark.parametrize("num", [2048, 5000, 20_000])
@pytest.mark.parametrize(("subtype", "channels"), [("MS_ADPCM", 1), ("MS_ADPCM", 2), ("GSM610", 1)])
def test_the_padding_of_a_last_block_is_left_out(write, num, channels, subtype):
    path = write("a.wav", encoded("WAV", subtype, num, channels))
    assert soundfile.info(path).frames > num, "the decoder returns the padding as well"
    assert read_audio(path, 150_000).num_samples == num


@pytest.mark.parametrize("num", [5000, 20_000])
def test_a_count_that_does_not_end_in_the_last_block_is_not_believed(write, num):
    # For two channels of IMA ADPCM, libsndfile writes about half of the number of samples.
    path = write("a.wav", encoded("WAV", "IMA_ADPCM", num, channels=2))
    content = path.read_bytes()
    at = content.index(b"fact") + 8
    decoded = soundfile.info(path).frames
    assert struct.unpack("<I", content[at : at + 4])[0] == decoded // 2 < num
    assert read_audio(path, 150_000).num_samples == decoded


OGG = ["VORBIS", "OPUS"]


def pages(content: bytes) -> list[bytes]:
    starts, at = [], 0
    while at < len(content):
        starts.append(at)
        segments = content[at + 26]
        at += 27 + segments + sum(content[at + 27 : at + 27 + segments])
    return [content[a:b] for a, b in zip(starts, [*starts[1:], len(content)], strict=True)]


@pytest.mark.parametrize("subtype", OGG)
def test_an_ogg_with_a_damaged_page_is_refused(write, subtype):
    whole = encoded("OGG", subtype, 400_000)
    assert read_audio(write("a.ogg", whole), 150_000).file_samples == 400_000
    parts = pages(whole)
    assert len(parts) > 6
    for at in (3, len(parts) // 2, len(parts) - 2):
        cut = b"".join(parts[:at] + parts[at + 1 :])
        flipped = bytearray(whole)
        flipped[sum(map(len, parts[:at])) + len(parts[at]) // 2] ^= 1
        zeroed = b"".join([*parts[:at], bytes(len(parts[at])), *parts[at + 1 :]])
        for content in (cut, bytes(flipped), zeroed, b"".join(parts[:at])):
            refuses(read_audio, write("b.ogg", content), "damaged")


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [("OGG", "VORBIS"), ("OGG", "OPUS"), ("FLAC", "PCM_16")],
)
def test_a_second_file_behind_the_first_has_a_note(write, kind, subtype):
    one, other = encoded(kind, subtype, 20_000), encoded(kind, subtype, 10_000)
    path = write("a.sound", one)
    assert not read_audio(path, 150_000).notes
    alone = read_audio(path, 150_000)
    both = read_audio(write("b.sound", one + other), 150_000)
    assert both.sha256 == alone.sha256
    (note,) = both.notes
    assert "second" in note


@pytest.mark.parametrize("kind", ["WAV", "AIFF"])
def test_a_second_file_that_no_reader_passes_over_is_refused(write, kind):
    one, other = encoded(kind, "PCM_16", 20_000), encoded(kind, "PCM_16", 10_000)
    refuses(read_audio, write("a.sound", one + other), "damaged", f"byte {len(one):,}")


def test_channels_that_cancel_have_a_note_and_one_can_be_taken(make_wav):
    rng = np.random.default_rng(0)
    left = 0.3 * np.sin(np.arange(8192) / 20)
    for name, right, subtype, below in (
        ("noise.wav", -left + 1e-4 * rng.normal(size=8192), "FLOAT", 73),
        ("bits.wav", -left + 2.0**-23 * rng.integers(-1, 2, 8192), "PCM_24", None),
    ):
        path = make_wav(name, np.stack([left, right], axis=1), subtype=subtype)
        (note, *_) = read_audio(path, 4096).notes
        assert "--channel 1" in note
        if below:
            assert f" {below} dB" in note
        signal = read_audio(path, 4096, channel=1)
        assert not signal.notes
        mono = make_wav("mono.wav", left, subtype=subtype)
        assert signal.sha256 == read_audio(mono, 4096).sha256
    exact = make_wav("exact.wav", np.stack([left, -left], axis=1), subtype="FLOAT")
    refuses(read_audio, exact, "constant", "--channel 1")
    taken = read_audio(exact, 4096, channel=2)
    assert taken.values.max() > 0.9
    assert taken.name == f"{exact.stem}-channel2"
    alike = make_wav("alike.wav", np.stack([left, 0.9 * left], axis=1))
    assert not read_audio(alike, 4096).notes


def test_a_signal_of_one_step_has_a_note(make_wav):
    steps = np.random.default_rng(0).integers(0, 2, 8192)
    (note,) = read_audio(make_wav("a.wav", steps * 2.0**-15), 4096).notes
    assert "1 steps of PCM_16" in note
    assert not read_audio(make_wav("b.wav", steps * 2.0**-10), 4096).notes


def test_samples_beyond_any_sound_are_refused_by_place(make_wav, noise):
    samples = np.stack([noise[:5000]] * 2, axis=1)
    samples[1234] = 1.7e308
    refuses(
        read_audio, make_wav("a.wav", samples, subtype="DOUBLE"), "out-of-range", "sample 1234 "
    )


def test_every_format_that_is_read_passes_its_check(tmp_path):
    for kind, subtype in (
        ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAV", "PCM_U8"), ("WAVEX", "PCM_24"),
        ("RF64", "PCM_24"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("OGG", "OPUS"),
        ("AIFF", "PCM_24"), ("AIFF", "DOUBLE"), ("AIFF", "ALAW"), ("AIFF", "PCM_U8"),
    ):  # fmt: skip
        path = tmp_path / "a"
        path.write_bytes(encoded(kind, subtype))
        assert check_container(path) == (None, ())
