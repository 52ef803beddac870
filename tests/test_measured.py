"""Measurements of the paper's statements: exact ones agree to rounding, others with the theory."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.measured import command, equations, fits, spectra
from analysis.measured.command import main, measured
from analysis.measured.quantities import QUANTITIES
from analysis.measured.quantity import Quantity
from studies.engine.signals.broadband import CUTOFFS
from studies.engine.signals.reading import find_files, read_all
from tests.refusals import refused

CHANCE_OF_A_SHARE = 1.36 / np.sqrt(1 << 15)
"""The 95 % quantile of Kolmogorov's distance for 32,768 weights."""


def generated(name: str, num_samples: int):
    [signal], _ = read_all(find_files([name], None, flag="--signals"), num_samples, "sound")
    return signal


def test_equations_agree_with_numpy_and_with_the_gradient_at_each_sample():
    differences = equations.definitions(None, 1)
    assert max(differences.values()) < 1e-12
    assert differences["Eqn. 7, later layers"] == 0


def test_the_noise_has_the_deviation_of_the_theorems_proof():
    ratios = equations.noise(None, 1)
    # The relative deviation of a deviation of n numbers is 1 / sqrt(2 n).
    assert ratios["layer 1"] == pytest.approx(1, abs=5 / np.sqrt(2 * 1024))
    assert ratios["layer 2"] == pytest.approx(1, abs=5 / np.sqrt(2 * 1024**2))


def test_numbers_of_parameters_are_those_of_the_dense_networks_of_table_1():
    counts = equations.parameters(None, 0)
    assert {counts[f"Table 1, {n}"] for n in ("siren", "finer", "finer_pp", "siren2")} == {149_185}
    assert counts["exponent of Fourier features"] == pytest.approx(1)


@pytest.mark.slow
def test_the_noise_alone_is_a_product_and_not_a_laplace_distribution():
    distances = spectra.layer_1(None, 1)
    assert distances["noise alone from the product"] < CHANCE_OF_A_SHARE
    assert distances["noise alone from Laplace"] > 3 * CHANCE_OF_A_SHARE


def test_a_siren_that_sees_nothing_keeps_the_whole_error_and_a_siren2_does_not():
    numbers = fits.spectra_of_fit(generated("S7", 1024), 0)
    assert numbers["target"] > CUTOFFS["S7"]
    assert numbers["siren whole error"] == pytest.approx(1, abs=0.01)
    assert numbers["siren2 whole error"] < 0.5
    for part in ("layer 3", "output"):
        before, after = (numbers[f"siren2 {when}, {part}"] for when in ("before", "after"))
        assert numbers[f"siren2, change of {part}"] == after - before


def test_the_theory_is_near_after_one_step_of_gradient_descent():
    numbers = fits.linear_dynamics(generated("S1", 256), 0)
    assert all(numbers[f"distance, width {width}, step 1"] < 0.05 for width in (64, 256, 512))


def test_a_file_keeps_its_other_measurements(tmp_path):
    to = tmp_path / "measured.parquet"
    assert main(["--only", "noise", "parameters", "--to", str(to)]) == 0
    before = pq.read_table(to).to_pylist()
    assert {row["quantity"] for row in before} == {"noise", "parameters"}
    assert {row["seed"] for row in before if row["quantity"] == "noise"} == set(range(5))
    assert main(["--only", "noise", "--to", str(to)]) == 0
    assert pq.read_table(to).to_pylist() == before


def test_a_measurement_of_a_signal_needs_its_file(tmp_path, capsys):
    to = tmp_path / "measured.parquet"
    assert main(["--only", "spectra_of_fit", "--to", str(to)]) == 2
    assert "tetris" in capsys.readouterr().err
    assert not to.exists()
    with refused("missing", "--signals", "tetris"):
        list(command.signals_for(QUANTITIES["spectra_of_fit"], []))


def test_a_file_of_another_kind_is_refused_and_kept(tmp_path):
    to = tmp_path / "notes.parquet"
    to.write_text("mine")
    assert main(["--only", "parameters", "--to", str(to)]) == 2
    assert to.read_text() == "mine"


def test_a_new_quantity_is_a_function_and_a_line():
    quantity = Quantity("twice", "no size", lambda _, seed: {"twice": 2.0 * seed})
    [row] = measured(quantity, None, 3)
    assert (row["quantity"], row["case"], row["seed"], row["value"]) == ("twice", "twice", 3, 6.0)
