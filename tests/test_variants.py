"""Variants have what they promise."""

import io
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.experiments import variants
from analysis.experiments.equal_psi import HIGHEST, KINDS, LOWEST, sound_of_psi
from analysis.experiments.variants import (
    NOISES_DB,
    VARIANTS,
    originals_of,
    phase_randomized,
    upsampled,
)
from search_spaces.descriptors import describe
from search_spaces.descriptors.centroid import spectral_centroid
from studies.engine.signals.audio import read_audio
from studies.engine.signals.signal import Signal
from tests.refusals import refused


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    """A decaying hum with a mean, of an even number of samples."""
    rng = np.random.default_rng(5)
    steps = np.cumsum(rng.standard_normal(4096))
    return (steps - steps.min()) / np.ptp(steps) * np.exp(-np.arange(4096) / 1500)


@pytest.mark.parametrize("n", [4096, 4095])
def test_a_surrogate_has_the_same_spectrum_and_other_samples(clip, n):
    expected = np.abs(np.fft.rfft(clip[:n]))
    one, other = (phase_randomized(clip[:n], seed) for seed in (0, 1))
    for samples in (one, other):
        np.testing.assert_allclose(np.abs(np.fft.rfft(samples)), expected, rtol=1e-5)
        assert abs(np.corrcoef(samples, clip[:n])[0, 1]) < 0.9
    assert np.abs(one - other).max() > 0.1 * np.abs(one).max()
    np.testing.assert_array_equal(one, phase_randomized(clip[:n], 0))


def test_descriptors_of_the_spectrum_do_not_see_the_phases_once_written(clip, make_wav, tmp_path):
    whole, turned = written(clip, make_wav, tmp_path, "clip", "clip_phases0")
    for name in ("psi", "centroid_power", "rolloff_99", "flatness", "participation", "exponent"):
        assert turned.descriptors[name] == pytest.approx(whole.descriptors[name], rel=1e-3), name
    assert turned.descriptors["crest_factor_db"] != pytest.approx(
        whole.descriptors["crest_factor_db"], abs=0.1
    )


@pytest.mark.parametrize("below_db", NOISES_DB)
def test_noise_is_as_far_below_the_clip_as_asked_for_and_white(clip, below_db):
    noise = VARIANTS[f"noise{below_db}"](clip) - clip
    ratio = 10 * math.log10(np.mean(clip**2) / np.mean(noise**2))
    assert ratio == pytest.approx(below_db, abs=0.1)
    assert spectral_centroid(noise) == pytest.approx(0.5, abs=0.02)


def test_upsampling_keeps_the_spectrum_and_adds_nothing_above(clip):
    lines, more = np.fft.rfft(clip), np.fft.rfft(upsampled(clip)) / 2
    assert len(upsampled(clip)) == 2 * len(clip)
    np.testing.assert_allclose(more[:2048], lines[:2048], atol=1e-9)
    assert np.abs(more[2049:]).max() < 1e-9 * np.abs(lines).max()
    # Where there was a sample, the same one is.
    again = upsampled(clip)[::2]
    assert describe(again)["psi"] == pytest.approx(describe(clip)["psi"], rel=1e-2)


@pytest.mark.parametrize("psi", [LOWEST, 0.1, 0.3, HIGHEST])
def test_sounds_of_equal_psi_have_it_and_little_else_in_common(psi):
    sounds = [sound_of_psi(psi, kind, 8192, seed=0).astype(np.float32) for kind in KINDS]
    descriptors = [describe(samples) for samples in sounds]
    assert [d["psi"] for d in descriptors] == pytest.approx([psi] * len(KINDS), abs=1e-3)
    powers = [d["centroid_power"] for d in descriptors]
    assert max(powers) > 2 * min(powers)


@pytest.mark.parametrize("psi", [0.0, 0.6, float("nan")])
def test_a_psi_that_not_every_kind_can_have_is_refused(psi):
    with refused("out-of-range", "--equal-psi", psi if psi else 0, 0.05, 0.45):
        sound_of_psi(psi, "tone", 8192, seed=0)


def written(clip, make_wav, folder: Path, *names: str) -> list[Signal]:
    path = make_wav("clip.wav", clip, subtype="FLOAT")
    assert variants.main([str(path), "--max-samples", "2048", "--to", str(folder / "to")]) == 0
    return [read_audio(folder / "to" / f"{name}.wav", 4096) for name in names]


def test_files_are_read_whole_and_the_crop_is_the_signal_that_studies_know(
    clip, make_wav, tmp_path
):
    whole, twice = written(clip, make_wav, tmp_path, "clip", "clip_twice")
    assert whole.sha256 == read_audio(tmp_path / "clip.wav", 2048).sha256
    assert (whole.num_samples, twice.num_samples) == (2048, 4096)
    assert (whole.sample_rate, twice.sample_rate) == (44_100, 88_200)
    files = sorted(path.stem for path in (tmp_path / "to").iterdir())
    assert files == sorted(["clip", *(f"clip_{end}" for end in VARIANTS)])
    assert soundfile.info(tmp_path / "to" / "clip_noise40.wav").subtype == "FLOAT"


def test_what_is_there_is_kept_and_other_samples_are_never_written_over(
    clip, make_wav, tmp_path, capsys
):
    written(clip, make_wav, tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "to").iterdir()}
    written(clip, make_wav, tmp_path)
    (tmp_path / "to" / "clip_noise50.wav").unlink()
    written(clip, make_wav, tmp_path)  # made again, from the same seed
    last = tmp_path / "to" / "clip_twice.wav"
    soundfile.write(last, np.zeros(300), 44_100)
    other = last.read_bytes()
    (tmp_path / "to" / "clip.wav").unlink()
    command = [str(tmp_path / "clip.wav"), "--max-samples", "2048", "--to", str(tmp_path / "to")]
    assert variants.main(command) == 2
    assert f"error: {last}: " in capsys.readouterr().err
    assert last.read_bytes() == other
    assert not (tmp_path / "to" / "clip.wav").exists()
    kept = [path for path in before if path.exists() and path != last]
    assert len(kept) == len(before) - 2 > 0
    for path in kept:
        np.testing.assert_array_equal(soundfile.read(path)[0], read_bytes(before[path]))


def read_bytes(data: bytes) -> np.ndarray:
    return soundfile.read(io.BytesIO(data))[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "clips: "),
        (["none.wav"], "none.wav: "),
        (["--equal-psi", "0.1", "--max-samples", "10"], "--max-samples 10: "),
        (["--equal-psi", "0.9"], "--equal-psi 0.9: "),
    ],
)
def test_bad_input_gets_a_sentence_and_writes_nothing(tmp_path, capsys, arguments, says):
    assert variants.main([*arguments, "--to", str(tmp_path / "to")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert says in error
    assert not (tmp_path / "to").exists()


def test_a_clip_that_cannot_be_read_is_left_out_and_the_others_are_made(
    clip, make_wav, tmp_path, capsys
):
    path = make_wav("clip.wav", clip)
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    arguments = [str(path), str(tmp_path / "bad.wav"), "--to", str(tmp_path / "to")]
    assert variants.main(arguments) == 3
    assert "bad.wav: " in capsys.readouterr().err
    assert (tmp_path / "to" / "clip_twice.wav").exists()


def test_names_tell_what_belongs_together():
    assert originals_of("my_clip_noise40") == [("noise", "my_clip")]
    assert originals_of("a_phases1") == [("phases", "a"), ("two surrogates", "a_phases0")]
    assert originals_of("psi0.1_tone") == [("equal psi", "psi0.1_one_over_f")]
    for name in ("my_clip", "psi0.1_one_over_f", "a_noise99", "twice"):
        assert originals_of(name) == []
