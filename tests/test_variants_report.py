"""The report of variants says how far a planted optimum has moved."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analysis.experiments import variants_report
from tests.fakes.maps import db_below, plant


def test_the_report_says_what_the_originals_optimum_loses_on_the_variant(tmp_path, capsys):
    results = plant(
        tmp_path,
        {
            "a": (0.15, 3.0, 8192),
            "a_phases0": (0.15, 3.0, 8192),
            "a_phases1": (0.45, 3.0, 8192),
            "a_noise40": (0.15, 6.0, 8192),
            "a_twice": (0.075, 3.0, 16384),
            "b_noise40": (0.1, 3.0, 8192),
            "psi0.1_one_over_f": (0.1, 3.0, 8192),
            "psi0.1_tone": (0.4, 3.0, 8192),
        },
    )
    assert variants_report.main([results]) == 0
    table = pq.read_table(f"{results}/_rules/variants.parquet").to_pandas()
    lost = table.set_index(["experiment", "variant"])["regret_db"]
    assert lost["phases", "a_phases0"] == pytest.approx(0, abs=0.15)
    assert lost["twice", "a_twice"] == pytest.approx(0, abs=0.15)
    assert lost["phases", "a_phases1"] == pytest.approx(db_below(3), abs=0.5)
    assert lost["two surrogates", "a_phases1"] == pytest.approx(db_below(3), abs=0.5)
    assert lost["noise", "a_noise40"] == pytest.approx(db_below(2), abs=0.3)
    assert lost["equal psi", "psi0.1_tone"] == pytest.approx(db_below(4), abs=0.7)
    assert len(lost) == 6
    # The best point for both lies halfway between their optima, in log K.
    shared = table.set_index("experiment")["shared_db"]
    assert shared["equal psi"] == pytest.approx(db_below(2), abs=0.5)
    assert shared.drop("equal psi").isna().all()
    at = table.set_index("variant").loc["a_twice"]
    assert at["bandwidth_variant"] == pytest.approx(at["bandwidth_original"], rel=0.15)
    assert at["share_variant"] == pytest.approx(at["share_original"] / 2, rel=0.15)
    text = capsys.readouterr().out
    (line,) = [line for line in text.splitlines() if line.startswith("left out ")]
    assert line.startswith("left out b_noise40: "), "its original is not mapped"
    assert max(map(len, text.split("left out")[0].splitlines())) <= 80
    figures = sorted(Path(results, "_rules").glob("variants-a-*.svg"))
    assert len(figures) == 1
    assert "<svg" in figures[0].read_text()


def test_the_report_pairs_widths_and_gains_keep_their_meaning(tmp_path, capsys):
    optima = {"a": (0.15, 3.0, 8192), "b": (0.2, 4.0, 8192)}
    results = plant(tmp_path, optima, widths=(52, 104, 222))
    assert variants_report.main([results, "--widths", "52", "104", "222"]) == 0
    table = pq.read_table(f"{results}/_rules/widths.parquet").to_pandas()
    assert list(zip(table["variant"], table["width_variant"], strict=True)) == [
        ("a", 104), ("a", 222), ("b", 104), ("b", 222),
    ]  # fmt: skip
    assert table["regret_db"].max() < 0.15
    there = table[table["variant"] == "b"].assign(regret_db=9.0, width_original=26)
    (tmp_path / "data" / "_rules").mkdir(parents=True)
    there.to_parquet(tmp_path / "data" / "_rules" / "widths.parquet")
    arguments = [results, "--widths", "52", "104", "222", "--to", str(tmp_path / "data")]
    assert variants_report.main(arguments) == 0
    both = pq.read_table(tmp_path / "data" / "_rules" / "widths.parquet").to_pandas()
    assert both["width_original"].tolist() == [26, 26, 52, 52, 52, 52]
    assert "x104" in capsys.readouterr().out
    assert variants_report.main([results, "--widths", "52", "77"]) == 2
    assert "--widths 77: " in capsys.readouterr().err


def test_a_folder_without_variants_is_told_what_to_do(tmp_path, capsys):
    results = plant(tmp_path, {"a": (0.15, 3.0, 8192), "b": (0.2, 4.0, 8192)})
    assert variants_report.main([results]) == 2
    assert capsys.readouterr().err.startswith(f"error: {results}: ")
