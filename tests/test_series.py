"""Time series: what is read of a file, and what becomes of gaps."""

import numpy as np
import pandas as pd
import pytest

import studies.series_grid
from inr_models import FitConfig, SirenConfig
from inr_models.fitting.metrics import psnr_of_zero_db
from search_spaces.descriptors import describe
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch, samples_on
from studies.engine.signals.duplicates import near_duplicates
from studies.engine.signals.series import CHIRP, read_series, with_lines
from studies.engine.store.rows import signal_from_row, signal_row
from tests import commands
from tests.refusals import refused

T = np.arange(1000)
WAVE = 20 + 3 * np.sin(0.05 * T) + np.sin(0.4 * T)


@pytest.fixture
def table(tmp_path):
    frame = pd.DataFrame({"time": T / 250, "volts": WAVE, "note": ["x"] * 1000})
    frame.loc[300:349, "volts"] = np.nan
    return frame


def write(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        np.save(path, frame[["time", "volts"]].to_numpy())
    return path


@pytest.mark.parametrize(("name", "column"), [("a.csv", "volts"), ("a.parquet", "volts"),
                                              ("a.npy", "2")])  # fmt: skip
def test_a_column_is_scaled_by_its_own_range_and_its_gaps_stay(tmp_path, table, name, column):
    signal = read_series(write(table, tmp_path / name), 900, column, 250.0)
    values = table["volts"].to_numpy()[:900]
    present = ~np.isnan(values)
    assert signal.values is not None
    np.testing.assert_array_equal(~np.isnan(signal.values[:, 0]), present)
    assert np.nanmin(signal.values) == -1
    assert np.nanmax(signal.values) == 1
    back = signal.values[present, 0].astype(float) * signal.peak + signal.offset
    np.testing.assert_allclose(back, values[present], rtol=1e-6)
    assert signal.psnr_zero == psnr_of_zero_db(signal.values[present])
    assert (signal.sample_rate, signal.crop, signal.file_samples) == (250.0, "head", 1000)
    assert signal.notes
    assert "50" in signal.notes[0]
    again = signal_from_row(dict.fromkeys(["shape"]) | signal_row(signal))
    assert (again.peak, again.offset, again.shape) == (signal.peak, signal.offset, (900,))


def test_the_only_column_of_numbers_needs_no_name(tmp_path, table):
    path = write(table[["note", "volts"]], tmp_path / "one.csv")
    assert read_series(path, 900).name == "one"
    flat = tmp_path / "flat.npy"
    np.save(flat, WAVE)
    assert read_series(flat, 900).sha256 == read_series(flat, 900, "1").sha256


def test_missing_values_at_the_ends_are_no_gaps(tmp_path):
    values = np.full(1200, np.nan)
    values[100:1100] = WAVE
    path = tmp_path / "late.npy"
    np.save(path, values)
    signal = read_series(path, 4000)
    assert (signal.shape, signal.crop_start, signal.has_gaps) == ((1000,), 100, False)
    assert "200" in signal.notes[0]


def test_descriptors_see_a_line_through_each_gap(tmp_path, table):
    signal = read_series(write(table, tmp_path / "a.csv"), 1000, "volts")
    assert signal.values is not None
    assert signal.descriptors == describe(with_lines(signal.values[:, 0]))
    whole = read_series(write(table.assign(volts=WAVE), tmp_path / "b.csv"), 1000, "volts")
    # A gap that is filled with zeros, the middle of the range, moves psi more.
    zeros = describe(np.nan_to_num(signal.values[:, 0]))["psi"]
    moved = abs(signal.descriptors["psi"] - whole.descriptors["psi"])
    assert moved < abs(zeros - whole.descriptors["psi"])
    assert signal.sha256 != whole.sha256


def test_no_fit_sees_a_gap(tmp_path, table):
    import torch

    signal = read_series(write(table, tmp_path / "a.csv"), 1000, "volts")
    coords, values = samples_on(torch.device("cpu"), signal)
    assert len(coords) == len(values) == 950
    assert torch.isfinite(values).all()
    trial = Trial(
        signal=signal.sha256,
        network=SirenConfig(width=16, depth=2),
        fit=FitConfig(epochs=30, learning_rate=1e-3),
        seed=0,
    )
    (outcome,) = run_batch("test", signal, [trial], torch.device("cpu"), keep=[True])
    output = outcome.outputs[None]
    assert output.shape == (1000, 1)
    assert np.isfinite(output).all()
    assert signal.values is not None
    present = ~np.isnan(signal.values)
    error = np.square(output[present] - signal.values[present], dtype=np.float64).mean()
    assert outcome.row["metric_psnr_peak"] == pytest.approx(-10 * np.log10(error), abs=1e-3)


def test_copies_with_gaps_are_named(tmp_path, table):
    one = read_series(write(table, tmp_path / "a.csv"), 1000, "volts")
    louder = table.assign(volts=2 * table["volts"] + 1e-6 * T)
    other = read_series(write(louder, tmp_path / "b.csv"), 1000, "volts")
    assert len(near_duplicates([one, other])) == 1


def test_what_is_no_series_is_refused(tmp_path, table):
    def written(text):
        path = tmp_path / "bad.csv"
        path.write_text(text)
        return path

    rows = "\n".join(map(str, WAVE))
    with refused("missing", "--column"):
        read_series(write(table, tmp_path / "two.csv"), 900)
    with refused("unknown-name", "--column", "amps"):
        read_series(tmp_path / "two.csv", 900, "amps")
    with refused("wrong-kind", "--column", "line 2"):
        read_series(tmp_path / "two.csv", 900, "note")
    with refused("wrong-kind", "--column", "line 1002", "oops"):
        read_series(written(f"v\n{rows}\noops\n"), 900, "v")
    bad = tmp_path / "bad.csv"
    with refused("wrong-kind", bad):
        read_series(written("a,b\n1,2\n3\n"), 900, "a")
    with refused("missing", bad):
        read_series(written(rows), 900)
    with refused("not-finite", bad, 3):
        read_series(written(f"v\n1\n2\ninf\n{rows}"), 900)
    with refused("constant", bad):
        read_series(written("v\n" + "7\n" * 500), 900)
    with refused("too-few", bad, 9):
        read_series(written("v\n" + "1\n2\n3\n" * 3), 900)
    with refused("out-of-range", "--sample-rate"):
        read_series(bad, 900, "", -1.0)
    array = tmp_path / "two.npy"
    np.save(array, np.ones((500, 2)))
    with refused("missing", "--column"):
        read_series(array, 900)
    with refused("out-of-range", "--column", 3):
        read_series(array, 900, "3")
    np.save(array, np.array(["a"]))
    with refused("wrong-kind", array):
        read_series(array, 900)


@pytest.mark.slow
def test_a_study_fills_the_gap_of_a_series(tmp_path):
    results, script = tmp_path / "results", studies.series_grid.__file__
    flags = ("--scale", "small", "--epochs", "150", "--max-samples", "1024", "--signals", CHIRP)
    output = commands.run(script, "run", results, *flags)
    (file,) = results.glob("_studies/*/*-filled.csv")
    filled = pd.read_csv(file)
    assert len(filled) == 1024
    assert filled["is_filled"].sum() == pytest.approx(102, abs=1)
    assert filled["value"].between(10, 40).all()
    assert CHIRP in output
