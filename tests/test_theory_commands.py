"""The commands about the paper's theory on sounds, images and bad input."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.theory import (
    activation_report,
    dynamics_report,
    kernel_report,
    propositions_report,
)
from analysis.theory.activation_report import line_of, theory_of
from analysis.theory.dynamics import decay
from analysis.theory.kernel_report import centroid, power_of
from analysis.theory.noise_and_omega import equivalences
from analysis.theory.propositions import theorem_3_1
from analysis.theory.subjects import Subject, radial_shares, samples_of
from inr_models import MODELS, Siren2Config, SirenConfig, make_network
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
    said = capsys.readouterr().out
    for value in centroids:
        assert f"{value:.3f}" in said
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
    said = capsys.readouterr().err
    assert said.startswith(f"error: {field}")
    assert said.count("\n") == 1


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


def test_the_propositions_are_measured_and_written(tmp_path, capsys):
    command = ["--scales", "0.3", "0", "0.3", "--widths", "32", "--seed", "3"]
    assert propositions_report.main([*command, "--to", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert max(len(line) for line in said.splitlines() if str(tmp_path) not in line) <= 80
    table = pq.read_table(tmp_path / "propositions.parquet")
    assert table.schema == propositions_report.SCHEMA
    rows = {
        tuple(row[key] for key in ("quantity", "s1", "has_biases", "factor")): row
        for row in table.to_pylist()
    }
    # Of 2 scales with biases and without: 2 of Theorem 3.1 and 6 of Proposition 2.
    assert len(rows) == table.num_rows == 2 * 2 * (2 + 6) + 4
    for deviation in theorem_3_1([0.0, 0.3], [32], seed=3):
        row = rows["deviation", deviation.s1, deviation.has_biases, None]
        assert (row["statement"], row["width"]) == ("theorem_3_1", 32)
        assert row["measured"] == deviation.measured
        assert row["theory"] == deviation.theory
        assert row["tolerance"] == deviation.tolerance
        assert f"{deviation.measured:.3f}" in said
        assert f"{deviation.theory:.3f} ± {deviation.tolerance:.3f}" in said
        row = rows["distance_from_gaussian", deviation.s1, deviation.has_biases, None]
        assert row["measured"] == deviation.distance
        assert row["theory"] is None
    for factor in propositions_report.FACTORS:
        row = rows["ratio_of_powers", None, None, factor]
        assert row["statement"] == "proposition_1"
        assert row["measured"] == pytest.approx(row["theory"], abs=row["tolerance"])
    for result in equivalences([0.0, 0.3], [32], seed=3):
        key = result.s1, result.has_biases, None
        row = rows["ratio_of_deviations", *key]
        assert (row["statement"], row["measured"]) == ("proposition_2", result.ratio)
        assert (row["theory"], row["tolerance"]) == (result.theory, None)
        assert f"{result.ratio:.2f}" in said
        assert rows["distance", *key]["measured"] == result.distance
        for place, centroids in (("layer_2", result.layer_2), ("output", result.output)):
            noise, omega = (
                rows[f"centroid_{place}_{kind}", *key]["measured"] for kind in ("noise", "omega")
            )
            assert (noise, omega) == centroids
    figure = (tmp_path / "propositions.svg").read_text()
    assert "width 32" in figure
    assert "nan" not in figure


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["--scales", "0", "-1"], "--scales"),
        (["--scales", "nan"], "--scales"),
        (["--scales", "1e200"], "--scales"),
        (["--widths", "64", "0"], "--widths"),
        (["--widths", "100000"], "--widths"),
        (["--seed", "-1"], "--seed"),
        (["--to", BELL], "--to"),
    ],
)
def test_propositions_of_bad_input_are_refused(arguments, field, capsys):
    assert propositions_report.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {field}")
    assert said.count("\n") == 1


def test_the_decay_of_errors_is_shown_and_written(tmp_path, capsys):
    command = [BELL, *FAST, "--points", "30,0.2", "--steps", "9", "2", "--share", "0.3"]
    assert dynamics_report.main([*command, "--to", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert max(len(line) for line in said.splitlines() if str(tmp_path) not in line) <= 80
    stored = np.load(tmp_path / "dynamics.npz")
    assert stored["labels"].tolist() == ["siren", "siren2 30,0.2"]
    assert stored["steps"].tolist() == [0, 2, 9]
    (signal,), _ = read_all([Path(BELL)], 256)
    config = Siren2Config(width=12, depth=3, s0=30, s1=0.2)
    network = make_network(config, in_features=1, out_features=1, seed=0)
    expected = decay(network, *samples_of(signal), [2, 9], share=0.3)
    for name in ("actual", "predicted", "distance", "actual_norm", "predicted_norm"):
        np.testing.assert_allclose(stored[name][1], getattr(expected, name), rtol=1e-9)
    assert stored["holds_until"][1] == expected.holds_until()
    for values in (expected.actual_norm, expected.predicted_norm, expected.distance):
        assert f"{values[2]:.3f}" in said
    assert stored["shares"].tolist() == pytest.approx(np.linspace(0, 1, 129))
    assert stored["signal_power"] == pytest.approx(power_of(signal)[:129])
    figure = (tmp_path / "dynamics.svg").read_text()
    for text in ("siren2 30,0.2", "step 0", "step 2", "step 9", "predicted", "signal"):
        assert text in figure


def test_bands_of_one_spectrum_are_relative_to_those_of_another():
    reference = np.zeros(129)
    reference[10] = 4.0
    _, top = dynamics_report.in_bands(reference, reference)
    _, tenth = dynamics_report.in_bands(reference / 10, reference)
    assert top.max() == 0
    assert tenth.max() == pytest.approx(-10)
    assert np.isfinite(tenth).all()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ([BELL, "--steps", "0", "-1"], "--steps"),
        ([BELL, "--share", "0"], "--share"),
        ([BELL, "--share", "2"], "--share"),
        ([BELL, "--share", "nan"], "--share"),
        ([BELL, "--width", "0"], "width"),
        ([BELL, "--networks", "siren2_tt", "--width", "16"], "network"),
        ([BELL, "--points", "1,x", "--networks", "siren2"], "--points"),
        ([BELL, "--to", BELL], "--to"),
        (["nowhere.wav"], "nowhere.wav"),
    ],
)
def test_dynamics_of_bad_input_are_refused(arguments, field, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert dynamics_report.main([*arguments, "--max-samples", "256"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {field}")
    assert said.count("\n") == 1


def test_dynamics_of_an_image_are_refused(picture, capsys):
    assert dynamics_report.main([picture, "--max-samples", "320", "--steps", "1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: file")
    assert "16 x 20 x 3" in said


def test_a_descent_that_diverges_is_refused(monkeypatch, capsys):
    def diverging(*arguments, **options):
        result = decay(*arguments, **options)
        return result._replace(distance=np.full_like(result.distance, np.nan))

    monkeypatch.setattr(dynamics_report, "decay", diverging)
    assert dynamics_report.main([BELL, *FAST, "--steps", "1"]) == 2
    assert capsys.readouterr().err.startswith("error: --share 0.5")


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        (propositions_report, ["--widths", "2.5"]),
        (propositions_report, ["--scales", "x"]),
        (dynamics_report, [BELL, "--steps", "1.5"]),
        # Gradient descent takes the place of fits.
        (dynamics_report, [BELL, "--epochs", "1"]),
        (dynamics_report, [BELL, "--learning-rate", "1e-3"]),
    ],
)
def test_what_is_no_number_or_option_has_code_2(module, arguments):
    with pytest.raises(SystemExit) as stopped:
        module.main(arguments)
    assert stopped.value.code == 2
