"""Theorem 3.1 and Propositions 1 and 2, where they hold and where they stop."""

import math
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from analysis.theory import propositions_report
from analysis.theory.noise_and_omega import equivalences, proposition_2, ratio_of_deviations
from analysis.theory.propositions import phases_of_layer_2, powers, proposition_1, theorem_3_1
from studies import audio_grid

BELL = str(Path(audio_grid.__file__).parent / "clips" / "perc_bell.flac")


def test_theorem_3_1_holds_with_biases_and_without():
    results = list(theorem_3_1([0, 0.03, 0.3, 1.0], [64, 256, 1024]))
    assert len(results) == 24
    for result in results:
        assert result.measured == pytest.approx(result.theory, abs=result.tolerance)
        # The tolerance follows from the sample size, and would notice 20 % at 64 features.
        assert result.tolerance < {64: 0.35, 256: 0.12, 1024: 0.03}[result.width] * result.theory
    plain = [r for r in results if r.s1 == 0 and r.width == 64]
    without, biases = sorted(plain, key=lambda r: r.has_biases)
    assert without.theory == 1
    assert biases.theory == pytest.approx(math.sqrt(1 + 900 / 192))
    # Without biases the distribution is Gaussian. Uniform biases of a narrow layer change it.
    assert max(result.distance for result in results if not result.has_biases) < 0.02
    assert biases.distance > 0.02


def test_a_deviation_far_from_the_theory_is_not_within():
    [result] = [r for r in theorem_3_1([0.3], [64]) if not r.has_biases]
    assert result.is_within
    assert not result._replace(measured=result.theory + 1.1 * result.tolerance).is_within
    assert not result._replace(measured=result.theory - 1.1 * result.tolerance).is_within
    assert not result._replace(measured=math.nan).is_within


def test_biases_shift_all_phases_of_a_feature():
    phases, biases = phases_of_layer_2(0.3, 64, num_samples=32)
    assert phases.shape == (32, 64)
    assert biases.shape == (64,)
    assert np.abs(biases).max() <= 30 / math.sqrt(64)
    without, with_biases = theorem_3_1([0.3], [64], num_samples=32)
    assert without.measured == pytest.approx(math.sqrt(np.mean(phases**2)))
    assert with_biases.measured == pytest.approx(math.sqrt(np.mean((phases + biases) ** 2)))


def test_proposition_1_is_exact():
    one, many = proposition_1(30.0)
    np.testing.assert_allclose(many.power, 900 * one.power, rtol=1e-9)
    np.testing.assert_allclose(many.values, 30 * one.values, rtol=1e-12)


def test_the_power_is_measured_where_it_is_farthest_from_proposition_1():
    measured = list(powers([3.0, 100.0], width=64))
    assert [power.theory for power in measured] == [9, 10_000]
    assert all(power.is_within for power in measured)
    assert not measured[0]._replace(measured=9.001).is_within


def test_proposition_2_holds_for_wide_layers_and_stops_for_narrow_ones():
    """A larger omega also multiplies the biases: omega^2 / (3 width) in the variance."""
    ratios = {}
    for width in (64, 2048):
        both = proposition_2(0.5, s0=300, width=width, num_samples=512)
        ratios[width] = both.ratio
    # With biases the ratio of the variances is g^2 (1 + b) to g^2 + b, b = omega^2 / (3 width).
    for width, ratio in ratios.items():
        g2, b = 1 + width * 0.5**2 / 2, 900 / (3 * width)
        expected = math.sqrt(g2 * (1 + b) / (g2 + b))
        assert ratio_of_deviations(0.5, width=width, omega=30) == pytest.approx(expected)
        assert ratio == pytest.approx(expected, rel=0.2 if width == 64 else 0.05)
    assert ratios[64] > 1.8
    assert ratios[2048] < 1.15


def test_noise_and_omega_give_the_same_spectrum_of_a_wide_layer():
    both = proposition_2(0.1, s0=300, width=2048, num_samples=512)
    noise, omega = both.noise, both.omega
    assert omega.before.centroid == pytest.approx(noise.before.centroid, rel=0.1)
    assert omega.after.centroid == pytest.approx(noise.after.centroid, rel=0.1)
    assert both.omega_output.centroid == pytest.approx(both.noise_output.centroid, rel=0.15)


def test_without_biases_proposition_2_holds_in_narrow_layers_too():
    results = {result.has_biases: result for result in equivalences([1.0], [64])}
    assert results[False].theory == 1
    assert results[False].ratio == pytest.approx(1, abs=0.1)
    assert results[False].distance < 0.05
    # Biases shift a feature's phases. They leave its frequencies.
    assert results[True].ratio == pytest.approx(results[True].theory, rel=0.1)
    assert results[True].ratio > 2
    assert results[True].distance > 0.15
    for result in results.values():
        for noise, omega in (result.layer_2, result.output):
            assert omega == pytest.approx(noise, rel=0.1)
        # The noise of s1 = 1 raises the frequencies several times.
        [plain] = [r for r in equivalences([0.0], [64]) if r.has_biases == result.has_biases]
        assert result.output[0] > 3 * plain.output[0]


def test_the_propositions_are_measured_and_written(tmp_path, capsys):
    command = ["--scales", "0.3", "0", "0.3", "--widths", "32", "--seed", "3"]
    assert propositions_report.main([*command, "--to", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert max(len(line) for line in output.splitlines() if str(tmp_path) not in line) <= 80
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
        assert f"{deviation.measured:.3f}" in output
        assert f"{deviation.theory:.3f} ± {deviation.tolerance:.3f}" in output
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
        assert f"{result.ratio:.2f}" in output
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
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field}")
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [["--widths", "2.5"], ["--scales", "x"]])
def test_what_is_no_number_has_code_2(arguments):
    with pytest.raises(SystemExit) as stopped:
        propositions_report.main(arguments)
    assert stopped.value.code == 2
