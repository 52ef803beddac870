"""The linearized dynamics of Eqns. 3 and 4 against gradient descent."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis.theory import dynamics_report
from analysis.theory.dynamics import decay
from analysis.theory.kernel_report import power_of
from analysis.theory.layer_pass import exact_copy
from analysis.theory.subjects import samples_of
from analysis.theory.tangent_kernel import eigenvalues, tangent_kernel
from inr_models import Siren2Config, SirenConfig, make_network
from studies import audio_grid
from studies.engine.signals.reading import read_all
from tests.refusals import refused

SAMPLES = 256
STEPS = [0, 1, 2, 4, 8, 16, 32, 64]

BELL = str(Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac")
FAST = ["--max-samples", "256", "--width", "12", "--depth", "3"]


def problem(config, outputs=1, seed=0):
    coords = torch.linspace(-1, 1, SAMPLES)[:, None]
    values = torch.sin(9 * coords) + 0.3 * torch.sin(60 * coords)
    return make_network(config, in_features=1, out_features=outputs, seed=seed), coords, values


def test_where_only_the_output_layer_moves_the_prediction_is_exact():
    """With output weights near 0, the error hardly depends on the other layers: a linear model."""
    network, coords, values = problem(SirenConfig(width=32, depth=1, omega_first=60))
    for parameter in network.layers[1].parameters():
        parameter.data *= 1e-6
    result = decay(network, coords, 1e-4 * values, STEPS)
    np.testing.assert_allclose(result.actual, result.predicted, atol=1e-3 * result.actual.max())


def test_the_first_step_is_that_of_the_kernel_to_first_order():
    network, coords, values = problem(Siren2Config(width=64, depth=3, s0=30, s1=0.2))
    distances = [
        decay(network, coords, values, [0, 1], share=share).distance[1] for share in (0.02, 0.01)
    ]
    # The difference is of second order in the rate.
    assert distances[0] / distances[1] == pytest.approx(4, rel=0.2)
    assert distances[0] < 0.01


def test_wide_networks_follow_the_theory_more_closely():
    furthest = {}
    for width in (16, 512):
        decays = [decay(*problem(SirenConfig(width=width, depth=2), seed=s), STEPS) for s in (0, 1)]
        furthest[width] = np.mean([result.distance.max() for result in decays])
        assert all(result.holds_until(2.0) == STEPS[-1] for result in decays)
        assert all(result.holds_until(1e-9) == 0 for result in decays)
    assert furthest[512] < furthest[16] / 2


def test_the_theory_holds_until_the_step_before_the_errors_part():
    network, coords, values = problem(SirenConfig(width=64, depth=2))
    every = decay(network, coords, values, range(65))
    until = every.holds_until()
    assert 0 < until < 64
    assert every.distance[until] <= 0.1 < every.distance[until + 1]
    # It does not depend on the steps that are compared.
    few = decay(network, coords, values, [64])
    assert few.holds_until() == until
    np.testing.assert_array_equal(few.distance_by_step, every.distance)
    np.testing.assert_array_equal(few.distance, every.distance[[0, 64]])


def test_a_descent_that_diverges_does_not_hold():
    network, coords, values = problem(SirenConfig(width=8, depth=2))
    result = decay(network, coords, values, [3])
    diverged = result._replace(distance_by_step=np.array([0, 0.05, np.nan, np.nan]))
    assert diverged.holds_until() == 1


def test_norms_are_shares_of_the_first_error():
    network, coords, values = problem(SirenConfig(width=32, depth=2))
    result = decay(network, coords, values, STEPS)
    first = exact_copy(network)(coords.double()).detach() - values.double()
    for norms, spectra in (
        (result.actual_norm, result.actual),
        (result.predicted_norm, result.predicted),
    ):
        # Each frequency but 0 and Nyquist is two of the two-sided spectrum.
        energy = 2 * (spectra**2).sum(1) - spectra[:, 0] ** 2 - spectra[:, -1] ** 2
        np.testing.assert_allclose(norms, np.sqrt(energy) / float(first.norm()), rtol=1e-9)


def test_frequencies_of_large_eigenvalues_decay_first():
    network, coords, values = problem(SirenConfig(width=512, depth=2))
    result = decay(network, coords, values, STEPS)
    low, high = 3, 19  # 9 and 60 rad per unit are 2.9 and 19.1 periods
    for errors in (result.actual, result.predicted):
        left = errors[-1] / errors[0]
        assert left[low] < left[high] / 2
        assert left[high] < 1


def test_the_prediction_is_a_power_of_the_kernel():
    network, coords, values = problem(SirenConfig(width=24, depth=2))
    kernel = tangent_kernel(network, coords)
    rate = 0.5 / (2 * float(eigenvalues(kernel)[0]))
    error = exact_copy(network)(coords.double()).detach() - values.double()
    for _ in range(8):
        error = error - 2 * rate * kernel @ error
    expected = torch.fft.rfft(error[:, 0], norm="ortho").abs().numpy()
    predicted = decay(network, coords, values, [0, 8]).predicted[1]
    np.testing.assert_allclose(predicted, expected, rtol=1e-6, atol=1e-9)


def test_what_the_theory_does_not_cover_is_refused():
    network, coords, values = problem(SirenConfig(width=8, depth=2), outputs=2)
    with refused("unsupported", "network", 2):
        decay(network, coords, values, [0])
    network, coords, values = problem(SirenConfig(width=8, depth=2))
    steps: tuple[Any, ...] = (-1, 1.5)
    for step in steps:
        with refused("out-of-range" if step == -1 else "wrong-kind", "steps", step):
            decay(network, coords, values, [step])
    # Without steps, and with later ones alone, the first error is compared.
    assert decay(network, coords, values, []).steps.tolist() == [0]
    late = decay(network, coords, values, [200], share=1.9)
    assert late.steps.tolist() == [0, 200]
    assert late.holds_until(1e-12) == 0
    for share in (0, 2, float("nan")):
        with refused("out-of-range", "share", share):
            decay(network, coords, values, [0], share=share)


def test_the_decay_of_errors_is_shown_and_written(tmp_path, capsys):
    command = [BELL, *FAST, "--points", "30,0.2", "--steps", "9", "2", "--share", "0.3"]
    assert dynamics_report.main([*command, "--to", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert max(len(line) for line in output.splitlines() if str(tmp_path) not in line) <= 80
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
        assert f"{values[2]:.3f}" in output
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
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field}")
    assert error.count("\n") == 1


def test_dynamics_of_an_image_are_refused(tmp_path, capsys):
    picture = tmp_path / "picture.npy"
    np.save(picture, np.random.default_rng(0).random((16, 20, 3)))
    assert dynamics_report.main([str(picture), "--max-samples", "320", "--steps", "1"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: file")
    assert "16 x 20 x 3" in error


def test_a_descent_that_diverges_is_refused(monkeypatch, capsys):
    def diverging(*arguments, **options):
        result = decay(*arguments, **options)
        return result._replace(distance=np.full_like(result.distance, np.nan))

    monkeypatch.setattr(dynamics_report, "decay", diverging)
    assert dynamics_report.main([BELL, *FAST, "--steps", "1"]) == 2
    assert capsys.readouterr().err.startswith("error: --share 0.5")


@pytest.mark.parametrize(
    "arguments",
    # Gradient descent takes the place of fits.
    [["--steps", "1.5"], ["--epochs", "1"], ["--learning-rate", "1e-3"]],
)
def test_what_is_no_number_or_option_has_code_2(arguments):
    with pytest.raises(SystemExit) as stopped:
        dynamics_report.main([BELL, *arguments])
    assert stopped.value.code == 2
