"""A new type of signal is one value and one line: it is read, fitted and stored."""

import dataclasses

import numpy as np
import pytest
import torch

from inr_models import FitConfig, Siren2Config
from inr_models.fitting.metrics import psnr_of_zero_db
from studies import audio_grid
from studies.engine.planning.resolving import resolve
from studies.engine.planning.run import read_run, run_json
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch
from studies.engine.signals.reading import SIGNAL_TYPES, find_files, read_all
from studies.engine.signals.signal import Signal, SignalType, sha256_of
from studies.engine.store.rows import signal_from_row, signal_row
from studies.engine.store.store import Store
from tests.fakes.runs import make_run, make_signal
from tests.refusals import refused


def read_volume(path, max_samples) -> Signal:
    voxels = np.load(path).astype(np.float32)
    values = voxels.reshape(-1, 1)
    assert len(values) <= max_samples
    return Signal(
        name=path.stem,
        sha256=sha256_of(values, voxels.shape),
        source=str(path),
        shape=voxels.shape,
        channels=1,
        sample_rate=None,
        file_samples=len(values),
        crop="whole",
        crop_start=0,
        peak=1.0,
        psnr_zero=psnr_of_zero_db(values),
        descriptors={"psi": 0.2},
        values=values,
    )


VOLUME = SignalType(
    noun="volume", suffixes=(".npy",), files="your .npy files", size="voxels", read=read_volume
)


@pytest.fixture
def volume(monkeypatch, tmp_path) -> Signal:
    monkeypatch.setitem(SIGNAL_TYPES, "volume", VOLUME)
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, num) for num in (6, 8, 10)), indexing="ij")
    np.save(tmp_path / "ball.npy", 0.9 * np.cos(2 * z) * np.sin(3 * y + x))
    ((signal,), skipped) = read_all(find_files([str(tmp_path)], "volume"), 1000, "volume")
    assert not skipped
    return signal


def test_a_volume_is_read_fitted_and_stored(volume, tmp_path):
    assert (volume.name, volume.shape, volume.num_samples) == ("ball", (6, 8, 10), 480)
    network = Siren2Config(width=24, depth=2, s0=2.0, s1=0.1)
    config = FitConfig(epochs=150, learning_rate=2e-3)
    trial = Trial(signal=volume.sha256, network=network, fit=config, seed=0)
    (outcome,) = run_batch("test", volume, [trial], torch.device("cpu"), keep=[True])
    error = np.square(outcome.outputs[None] - volume.values, dtype=np.float64).mean()
    assert -10 * np.log10(error) == pytest.approx(outcome.row["metric_psnr_peak"], abs=0.01)
    store = Store(str(tmp_path / "results"))
    store.append([outcome.row], outcome.curve)
    store.add_signals([signal_row(volume)])
    (row,) = store.fits([trial.key]).to_pylist()
    assert (row["status"], row["n"]) == ("ok", 480)
    assert row["hp_s0_nyquist"] == pytest.approx(2.0 / (np.pi * 10 / 2))
    (stored,) = store.signals().to_pylist()
    assert signal_from_row(stored) == volume


def test_a_study_of_volumes_names_them_and_is_stored(volume):
    study = dataclasses.replace(audio_grid.STUDY, media="volume")
    run = resolve(study, "small", [volume])
    assert run.noun == "volume"
    assert read_run(run_json(run), run.folder).identity == run.identity


def test_unknown_types_are_refused():
    with refused("unknown-name", "media", "hologram", "sound, image"):
        dataclasses.replace(audio_grid.STUDY, media="hologram")
    run = make_run(make_signal())
    content = run_json(run)
    assert b'"media": "sound"' in content
    with pytest.raises(ValueError, match="hologram"):
        read_run(content.replace(b'"media": "sound"', b'"media": "hologram"'), run.folder)


def test_rows_of_signals_of_older_versions_are_read():
    row = signal_row(make_signal(n=8192))
    assert (row["num_samples"], row["image_height"], row["shape"]) == (8192, None, None)
    assert signal_from_row(row | {"bands": None}).shape == (8192,)
    image = dataclasses.replace(make_signal(), shape=(30, 20))
    row = signal_row(image)
    assert (row["image_height"], row["image_width"], row["shape"]) == (30, 20, None)
    assert signal_from_row(row) == image


def test_a_hash_knows_the_shape_unless_it_is_one_dimensional():
    values = np.arange(12, dtype=np.float32)[:, None]
    assert sha256_of(values, (12,))[:16] == "29e1889124dc651e"
    assert sha256_of(values, (3, 4))[:16] == "d53aaec83f069fdb"
