"""A dead fit is no better than a constant: the definition, its limits, and rows of before it."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from inr_models import FitConfig, NetworkConfig, ReluPeConfig, SirenConfig
from search_spaces.grids import first_factor
from studies.engine.outcomes.results import statuses
from studies.engine.planning.run import run_json
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch
from studies.engine.running.job import Job
from studies.engine.signals.audio import read_audio
from studies.engine.store.dead import DEAD_WITHIN_DB, is_dead
from studies.engine.store.metrics import BEST_CONSTANT
from studies.engine.store.rows import COUNTED, REPORTED, signal_row
from studies.engine.store.schema import arrow_schema
from studies.engine.store.store import Store
from studies.engine.store.superseded import remove_superseded
from tests.fakes.runs import make_run, make_signal, rows_for, stored_row

NUM_SAMPLES = 2048
TRAINING = FitConfig(epochs=160, learning_rate=5e-4, decay=0.95, decay_every=20)
SIGNAL = make_signal()


@pytest.fixture
def hiss_with_offset(make_wav) -> Path:
    """High frequencies of standard deviation 0.0128 around 0.3."""
    noise = np.diff(np.random.default_rng(0).standard_normal(NUM_SAMPLES + 1))
    return make_wav("hiss.wav", 0.3 + 0.0128 * noise / noise.std())


@pytest.mark.parametrize(
    "network",
    [
        SirenConfig(width=26, depth=4, omega_first=30 * first_factor(NUM_SAMPLES)),
        ReluPeConfig(width=26, depth=4),
    ],
    ids=lambda network: network.network,
)
def test_a_network_that_only_finds_the_mean_is_dead(hiss_with_offset, network: NetworkConfig):
    signal = read_audio(hiss_with_offset, NUM_SAMPLES)
    assert signal.psnr_zero < 2
    assert signal.psnr_constant > 28
    trial = Trial(signal=signal.sha256, network=network, fit=TRAINING, seed=0)
    (outcome,) = run_batch("test", signal, [trial], torch.device("cpu"), [{}])
    assert outcome.row["metric_psnr_peak"] > signal.psnr_zero + 10
    assert outcome.row["metric_psnr_peak"] < signal.psnr_constant + 0.1
    assert outcome.row["status"] == "dead"
    assert outcome.row[BEST_CONSTANT] == signal.psnr_constant


@pytest.mark.parametrize(
    ("zero", "constant"), [(10.0, 25.0), (25.0, 10.0), (25.0, 25.0), (25.0, None), (None, 25.0)]
)
def test_a_fit_must_be_1_db_above_the_better_of_what_is_known(zero, constant):
    assert DEAD_WITHIN_DB == 1
    peaks = [-np.inf, 0.0, 24.9, 25.0, np.nextafter(26, 0), 26.0, 26.1, np.inf]
    expected = [True, True, True, True, True, False, False, False]
    assert is_dead(peaks, zero, constant).tolist() == expected
    for peak, dead in zip(peaks, expected, strict=True):
        assert bool(is_dead(peak, zero, constant)) == dead


def test_a_fit_without_a_score_or_without_anything_to_compare_is_not_dead():
    assert is_dead([np.nan, 5.0], [5.0, np.nan], [5.0, np.nan]).tolist() == [False, False]


def old_store(folder: Path, rows: list[dict], constant: float | None) -> Store:
    """A store whose file of fits has no column of the best constant, as in earlier versions."""
    store = Store(str(folder))
    store.append(rows)
    for part in Path(folder).glob("fits/*.parquet"):
        pq.write_table(pq.read_table(part).drop_columns([BEST_CONSTANT]), part)
    store.add_signals([signal_row(SIGNAL) | {"psnr_constant": constant}])
    return store


def old_rows() -> list[dict]:
    peaks = {
        "below": ("ok", 15.0), "near": ("ok", 20.9), "above": ("ok", 21.0), "dead": ("dead", 10.5),
        "partial": ("partial", 15.0), "diverged": ("diverged", 15.0), "failed": ("failed", None),
    }  # fmt: skip
    return [
        stored_row(
            key, status=status, metric_psnr_peak=peak, metric_psnr_zero=10.0, sha256=SIGNAL.sha256
        )
        for key, (status, peak) in peaks.items()
    ]


def read_statuses(store: Store, **how: object) -> dict[str, str]:
    return {row["key"]: row["status"] for row in store.fits(**how).to_pylist()}


WRITTEN = {row["key"]: row["status"] for row in old_rows()}
JUDGED = WRITTEN | {"below": "dead", "near": "dead"}


@pytest.mark.parametrize("columns", [None, ["key"], COUNTED, REPORTED], ids=str)
def test_old_rows_are_judged_by_the_constant_of_their_signal_and_no_file_changes(tmp_path, columns):
    store = old_store(tmp_path, old_rows(), constant=20.0)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    assert read_statuses(store, columns=columns) == JUDGED
    assert read_statuses(store, columns=columns, keys=["near", "above"]) == {
        "near": "dead", "above": "ok",
    }  # fmt: skip
    names = store.fits(columns=columns).column_names
    if columns is None:
        assert names == arrow_schema("fits").names
        assert set(store.fits()[BEST_CONSTANT].to_pylist()) == {20.0}
    else:
        assert set(names) == {*columns, "key", "status", "written_at"}
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == files


def test_old_rows_keep_their_status_while_the_constant_is_not_known(tmp_path):
    store = old_store(tmp_path, old_rows(), constant=None)
    assert read_statuses(store) == WRITTEN
    assert set(store.fits()[BEST_CONSTANT].to_pylist()) == {None}
    # A run reads the signal's file again, and then the score is known.
    store.add_signals([signal_row(SIGNAL) | {"psnr_constant": 20.0}])
    assert read_statuses(store) == JUDGED


def test_a_row_with_the_constant_keeps_what_was_judged_when_it_was_written(tmp_path):
    store = old_store(tmp_path, old_rows(), constant=20.0)
    store.append([stored_row("new", sha256=SIGNAL.sha256, **{BEST_CONSTANT: 29.5})])
    assert read_statuses(store) == JUDGED | {"new": "ok"}


def test_old_rows_of_another_signal_are_left_alone(tmp_path):
    others = [row | {"sha256": "ab"} for row in old_rows()]
    assert read_statuses(old_store(tmp_path, others, constant=20.0)) == WRITTEN


def test_writing_a_file_again_writes_no_judgement(tmp_path):
    store = old_store(tmp_path, [*old_rows()[:3], stored_row("other")], constant=20.0)
    (part,) = store.parts("fits")
    store.append([stored_row("other")])
    remove_superseded(store)
    rows = {row["key"]: row for row in pq.read_table(part).to_pylist()}
    assert "other" not in rows
    assert (rows["below"]["status"], rows["below"].get(BEST_CONSTANT)) == ("ok", None)
    assert read_statuses(store)["below"] == "dead"


def test_a_report_of_an_old_run_counts_by_todays_definition(tmp_path):
    run = make_run(SIGNAL)
    rows = rows_for(run, SIGNAL, lambda point, seed: 15.0 if point.cell == (0, 0) else 30.0)
    of_run = [
        row | {"metric_psnr_zero": 10.0, "hp_depth": run.scale.depth} for row in rows.values()
    ]
    store = old_store(tmp_path, of_run, constant=None)
    store.write_bytes(f"{run.folder}/study.json", run_json(run))
    (state,) = Job(run, [SIGNAL], store).results().states
    assert statuses(state)["dead"] == 0
    store.add_signals([signal_row(SIGNAL) | {"psnr_constant": 20.0}])
    (state,) = Job(run, [SIGNAL], store).results().states
    assert statuses(state) == {"dead": 1, "ok": 28}
