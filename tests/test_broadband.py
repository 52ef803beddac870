"""S1 to S8: their spectra, how a study names them, and what it fits to them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from analysis.experiments import variants
from studies import bottleneck
from studies.engine.planning.resolving import resolve
from studies.engine.signals.audio import read_audio
from studies.engine.signals.broadband import CUTOFFS, broadband
from studies.engine.signals.reading import find_files, read_all
from tests.refusals import refused


@pytest.mark.parametrize("name", CUTOFFS)
@pytest.mark.parametrize("num_samples", [4096, 4097])
def test_magnitudes_are_one_over_f_from_the_cutoff_on(name, num_samples):
    samples = broadband(name, num_samples)
    assert np.abs(samples).max() == 1
    shares = 2 * np.fft.rfftfreq(num_samples)
    inside = (shares >= CUTOFFS[name]) & (shares > 0)
    magnitudes = np.abs(np.fft.rfft(samples))
    assert magnitudes[~inside].max() < 1e-12 * magnitudes.max()
    # The line at Nyquist is real, so its phase takes a part of it away.
    scaled = (magnitudes * shares)[inside & (shares < 1)]
    assert scaled.max() == pytest.approx(scaled.min(), rel=1e-6)


def test_each_sound_has_less_low_frequency_content_than_the_one_before():
    sounds = [read_audio(Path(name), 8192) for name in CUTOFFS]
    assert [sound.name for sound in sounds] == list(CUTOFFS)
    psi = [sound.descriptors["psi"] for sound in sounds]
    assert psi == sorted(psi)
    assert len({sound.sha256 for sound in sounds}) == 8
    assert all(sound.shape == (8192,) and sound.sample_rate is None for sound in sounds)


def test_a_file_of_that_name_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    soundfile.write("S1.wav", np.sin(np.arange(1000)), 8000)
    Path("S1.wav").rename("S1")
    assert read_audio(Path("S1"), 8192).shape == (1000,)


def test_too_short_a_sound_is_refused():
    with refused("too-few", "--max-samples", 100):
        read_audio(Path("S1"), 100)


def test_what_has_no_file_has_one_channel_and_no_sample_rate(tmp_path):
    with refused("out-of-range", "--channel", 2, "S1"):
        read_audio(Path("S1"), 1024, channel=2)
    assert variants.main(["S1", "--max-samples", "1024", "--to", str(tmp_path / "out")]) == 2


def test_the_study_fits_siren_and_siren2_to_all_of_them_and_networks_that_are_named():
    study = bottleneck.STUDY
    signals, skipped = read_all(find_files(study.signals), 1024)
    assert len(signals) == 8
    assert not skipped
    run = resolve(study, "small", signals)
    assert [point.name for point in run.question.points(run, signals[0])] == [
        "siren", "siren2", "siren2_eqn11",
    ]  # fmt: skip
    run = resolve(study, "small", signals, changes={"networks": ["wire", "siren"]})
    points = run.question.points(run, signals[0])
    assert [(point.name, point.network.network) for point in points] == [
        ("siren", "siren"), ("wire", "wire"),
    ]  # fmt: skip
    with refused("unknown-name", "--networks", "wier"):
        resolve(study, "small", signals, changes={"networks": ["wier"]})
