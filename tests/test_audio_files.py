"""Reading a sound file: formats, mixing, crops, and a flat memory."""

import struct
import tracemalloc

import numpy as np
import pytest

from inr_models.fitting.metrics import psnr_db
from studies.engine.signals.audio import read_audio
from studies.engine.signals.channel_mix import BLOCK_SAMPLES
from studies.engine.signals.signal import coordinates, sha256_of

FORMATS = {"wav": {}, "flac": {}, "aiff": {}, "ogg": {"subtype": "VORBIS"}}


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_read_whole(make_wav, suffix):
    t = np.arange(5000)
    tone = 0.6 * np.sin(t / 9) * (1 + 0.3 * np.sin(t / 500))
    signal = read_audio(make_wav(f"a.{suffix}", tone, **FORMATS[suffix]), 8192)
    assert (signal.num_samples, signal.file_samples, signal.crop_start) == (5000, 5000, 0)
    assert (signal.name, signal.channels, signal.sample_rate) == ("a", 1, 44_100)
    assert signal.values.shape == (5000, 1)
    assert signal.values.dtype == np.float32
    error = signal.values[:, 0] - tone / np.abs(tone).max()
    assert np.abs(error).max() < (0.1 if suffix == "ogg" else 1e-4)


def test_channels_are_averaged(make_wav, noise):
    sides = np.stack([noise[:1000], noise[1000:2000]], axis=1)
    signal = read_audio(make_wav("stereo.wav", sides), 8192)
    mono = sides.mean(axis=1)
    assert signal.peak == np.abs(mono).max()
    np.testing.assert_allclose(signal.values[:, 0], mono / np.abs(mono).max(), rtol=1e-6)


def test_a_signal_knows_its_hash_and_its_zero_output_psnr(make_wav, noise):
    signal = read_audio(make_wav("a.wav", noise[:1000]), 8192)
    assert signal.sha256 == sha256_of(signal.values, signal.shape)
    assert signal.psnr_zero == pytest.approx(psnr_db(np.mean(signal.values.astype(float) ** 2)))
    assert set(signal.descriptors) >= {"psi"}


def test_coordinates_run_from_minus_1_to_1_both_included():
    coords = coordinates((1001,))
    assert coords.shape == (1001, 1)
    assert coords.dtype == np.float32
    assert (coords[0, 0], coords[500, 0], coords[-1, 0]) == (-1, 0, 1)


def test_head_crop_is_normalized_by_the_maximum_of_the_whole_file(make_wav, noise):
    samples = noise[:160_000].copy()
    samples[155_000] = -0.75
    signal = read_audio(make_wav("a.wav", samples), 150_000)
    assert (signal.crop, signal.crop_start, signal.num_samples) == ("head", 0, 150_000)
    assert signal.file_samples == 160_000
    assert signal.peak == 0.75
    np.testing.assert_allclose(signal.values[:, 0], samples[:150_000] / 0.75, rtol=1e-6)


def test_loudest_crop_is_the_window_of_largest_mean_normalized_by_itself(make_wav, noise):
    samples = 0.1 * noise[:6000]
    samples[3 * 1024 : 4 * 1024] *= 4
    samples[100] = 0.9  # the largest sample, in a window of small mean
    signal = read_audio(make_wav("a.wav", samples, subtype="DOUBLE"), 1024)
    assert (signal.crop, signal.crop_start, signal.num_samples) == ("loudest", 3 * 1024, 1024)
    window = samples[3 * 1024 : 4 * 1024]
    assert signal.peak == np.abs(window).max()
    np.testing.assert_allclose(signal.values[:, 0], window / signal.peak, rtol=1e-6)


def test_a_tail_shorter_than_a_window_is_not_chosen(make_wav, noise):
    samples = 0.1 * noise[: 3 * 1024 + 500]
    samples[1024:2048] *= 2
    samples[3 * 1024 :] *= 10
    assert read_audio(make_wav("a.wav", samples), 1024).crop_start == 1024


@pytest.mark.parametrize("max_samples", [1024, 150_000])
def test_a_shorter_file_is_taken_whole(make_wav, noise, max_samples):
    signal = read_audio(make_wav("a.wav", noise[:256]), max_samples)
    assert (signal.num_samples, signal.crop_start) == (256, 0)
    assert np.abs(signal.values).max() == 1


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_streamed_without_its_size_is_read(make_wav, noise, size):
    path = make_wav("a.wav", noise[:2000])
    whole = read_audio(path, 8192)
    header = bytearray(path.read_bytes())
    data = header.index(b"data")
    for at in (4, data + 4):
        header[at : at + 4] = struct.pack("<I", size)
    path.write_bytes(header)
    streamed = read_audio(path, 8192)
    assert streamed == whole
    np.testing.assert_array_equal(streamed.values, whole.values)


@pytest.mark.parametrize("max_samples", [8192, 150_000])
def test_memory_stays_flat_for_half_an_hour_of_sound(tmp_path, noise, max_samples):
    num, at = 30 * 60 * 44_100, 8192 * 9000
    assert num > at > 100 * BLOCK_SAMPLES
    path = tmp_path / "long.wav"
    size = 2 * num
    with path.open("wb") as file:  # silence is a hole in the file, and takes no disk
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, 44_100, 88_200, 2, 16))
        file.write(b"data" + struct.pack("<I", size))
        file.write((noise[:1000] * (1 << 15)).astype("<i2").tobytes())
        file.seek(44 + 2 * at)
        file.write((noise[:8192] * (1 << 16)).clip(-32768, 32767).astype("<i2").tobytes())
        file.truncate(44 + size)
    tracemalloc.start()
    signal = read_audio(path, max_samples)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert signal.file_samples == num
    assert signal.crop_start == (0 if signal.crop == "head" else at)
    assert signal.peak > 0.99, "the end of the file was not seen"
    assert 8 * BLOCK_SAMPLES < peak_bytes < 60e6, "a block of float64 at least must be counted"
