"""The commands about the paper's theory on sounds, images and bad input."""

from pathlib import Path

import numpy as np
import pytest

from analysis.theory import (
    activation_report,
    kernel_report,
)
from analysis.theory.activation_report import line_of, theory_of
from analysis.theory.kernel_report import centroid, power_of
from analysis.theory.subjects import Subject, radial_shares
from inr_models import MODELS, SirenConfig, make_network
from studies import audio_grid
from studies.engine.signals.reading import read_all

BELL = str(Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac")
COMMANDS = (kernel_report, activation_report)
FAST = ["--max-samples", "256", "--width", "12", "--depth", "3"]


@pytest.fixture
def picture(tmp_path) -> str:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "picture.npy", rng.random((16, 20, 3)))
    return str(tmp_path / "picture.npy")


def test_the_spectrum_of_a_kernel_moves_towards_the_signal_with_the_noise(tmp_path, capsys):
    command = [BELL, *FAST, "--networks", "siren2", "--points", "0,0", "30,0.2", "200,0.5"]
    assert kernel_report.main([*command, "--to", str(tmp_path)]) == 0
    stored = np.load(tmp_path / "tangent_kernel.npz")
    assert stored["spectra"].shape == (3, 256)
    centroids = [centroid(spectrum) for spectrum in stored["spectra"]]
    assert centroids == sorted(centroids)
    sums = stored["spectra"].sum(1)
    np.testing.assert_allclose(stored["eigenvalues"].sum(1), sums, rtol=1e-9)
    (signal,), _ = read_all([Path(BELL)], 256)
    assert signal.values is not None
    energy = np.square(signal.values.astype(float)).sum()
    assert power_of(signal).sum() == pytest.approx(energy)
    output = capsys.readouterr().out
    for value in centroids:
        assert f"{value:.3f}" in output
    figure = (tmp_path / "tangent_kernel.svg").read_text()
    assert figure.count("siren2 ") >= 3


@pytest.mark.parametrize("module", COMMANDS, ids=lambda m: m.__name__)
def test_epochs_of_a_fit_are_looked_at(module, tmp_path):
    assert module.main([BELL, *FAST, "--epochs", "0", "30", "--to", str(tmp_path)]) == 0
    (numbers,) = tmp_path.glob("*.npz")
    stored = np.load(numbers)
    arrays = stored["spectra"] if "spectra" in stored else [
        stored[f"{i}_layer_2_before_density"] for i in range(len(stored["labels"]))
    ]  # fmt: skip
    assert len(arrays) == 2 * 3  # SIREN and two rules, at two epochs
    for before, after in zip(arrays[::2], arrays[1::2], strict=True):
        assert not np.array_equal(before, after)
    assert list(tmp_path.glob("*.svg"))


@pytest.mark.parametrize("module", COMMANDS, ids=lambda m: m.__name__)
def test_images_with_channels_work(module, picture, tmp_path, capsys):
    arguments = ["--max-samples", "320", "--width", "12", "--to", str(tmp_path / "out")]
    assert module.main([picture, *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(len(line) for line in lines if "out/" not in line) <= 80


@pytest.mark.parametrize("module", COMMANDS, ids=lambda m: m.__name__)
@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["nowhere.wav"], "nowhere.wav"),
        ([BELL, "--networks", "sirne"], "network"),
        ([BELL, "--points", "1,x"], "--points"),
        ([BELL, "--points", "1,-1"], "s1"),
        ([BELL, "--points", "eqn12"], "--points"),
        ([BELL, "--epochs", "-1"], "--epochs"),
        ([BELL, "--width", "0"], "width"),
        ([BELL, "--networks", "siren2", "--width", "0"], "width"),
        (
            [BELL, "--networks", "relu_pe", "--learning-rate", "1e9", "--epochs", "30"],
            "--learning-rate",
        ),
        (["S1", "--max-samples", "1000000000000"], "--max-samples"),
        ([BELL, "--seed", "-1"], "seed"),
        ([BELL, "--learning-rate", "0", "--epochs", "3"], "learning_rate"),
        ([BELL, "--max-samples", "0"], "--max-samples"),
        ([str(Path(BELL).parent)], "file"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    module, arguments, field, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    limit = [] if "--max-samples" in arguments else ["--max-samples", "256"]
    assert module.main([*arguments, *limit]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", ["hosc", "siren_scaled", "finer"])
def test_the_theory_is_silent_on_networks_that_it_is_not_about(name):
    config = MODELS[name](width=8)
    network = make_network(config, in_features=1, out_features=1, seed=0)
    assert theory_of(Subject(name, config, 0, network), 1) is None
    siren = SirenConfig(width=8)
    assert theory_of(Subject("siren", siren, 0, network), 1) is not None
    assert theory_of(Subject("siren", siren, 10, network), 1) is None


def test_the_line_of_an_image_is_its_middle_row(picture):
    (signal,), _ = read_all([Path(picture)], 320, "image")
    line = line_of(signal)
    assert line.shape == (20, 2)
    assert (line[:, 0] == line[0, 0]).all()
    assert abs(line[0, 0]) < 0.1
    assert line[[0, -1], 1].tolist() == [-1, 1]
    assert signal.values is not None
    assert power_of(signal).sum() == pytest.approx(np.square(signal.values.astype(float)).sum())


def test_shares_of_an_image_are_radial():
    shares = radial_shares((4, 8))
    assert shares.shape == (4, 8)
    assert shares[2, 0] == shares[0, 4] == 1
    assert shares.max() == pytest.approx(np.sqrt(2))
