"""Designs of maps in many settings: which signals, which points, and what is fitted again."""

import numpy as np
import pytest
import soundfile

from benchmarks import landscapes, packed_signals
from benchmarks.designs import read_design, trial_of
from benchmarks.packed_signals import unpack
from benchmarks.setting_design import (
    GAINS,
    MORE_SEEDS,
    SETTINGS,
    Setting,
    designed,
    main,
    unsure,
)
from inr_models import SirenConfig
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.rules import EVEN_LAW, RULES
from studies.engine.store.store import Store
from tests.refusals import refused

SETTING = Setting(values=256, ratio=4.0, epochs=15)


@pytest.fixture
def archive(tmp_path):
    random = np.random.default_rng(0)
    for number in range(8):
        smooth = np.convolve(random.normal(size=600), np.ones(number + 1), "same")
        soundfile.write(tmp_path / f"{number}.wav", 0.9 * smooth / abs(smooth).max(), 8000)
    path = tmp_path / "signals.npz"
    packed_signals.pack(path, [str(tmp_path / "*.wav")], 256)
    return path


def test_settings_differ_and_their_decay_spans_the_fit():
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.epochs // setting.fit.decay_every in (14, 15)


def test_a_setting_has_signals_from_all_of_psi_and_the_rules_points(archive):
    signals = unpack(archive)
    rows = designed(signals, [SETTING])
    psi = {s.sha256: s.descriptors["psi"] for s in signals}
    chosen = sorted({psi[row["sha256"]] for row in rows})
    assert len(chosen) >= 5
    assert chosen[-1] > np.median(list(psi.values())) > chosen[0]
    network = SirenConfig(width=rows[0]["width"])
    parameters = network.num_parameters(in_features=1, out_features=1)
    assert 256 / parameters == pytest.approx(4, rel=0.2)
    by_signal = {s.sha256: s.target(rows[0]["width"], 4) for s in signals}
    for row in rows:
        target = by_signal[row["sha256"]]
        share = bandwidth(row["s0"], row["s1"], width=row["width"]) / target.nyquist
        assert share < 1.61 or not row["point"].startswith("cell")
        if row["point"] == EVEN_LAW:
            assert (row["s0"], row["s1"]) == pytest.approx(RULES[EVEN_LAW](target), rel=1e-5)
        if row["point"].startswith("cell"):
            assert gain(row["s1"], width=row["width"]) < max(GAINS) + 1e-6
    assert designed(signals, [Setting(values=100, ratio=1)]) == []


def test_what_is_unsure_is_the_rules_and_the_best_on_further_seeds(archive, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.setting_design.SETTINGS", (SETTING,))
    monkeypatch.setattr("benchmarks.setting_design.designed.__defaults__", ((SETTING,),))
    design, results = tmp_path / "design.parquet", tmp_path / "results"
    assert main([str(archive), "--to", str(design)]) == 0
    rows = read_design(design)
    fit = [str(archive), "--design", str(design), "--to", str(results)]
    assert landscapes.main(fit) == 0
    store = Store(str(results), create=False)
    fits = store.fits(columns=["key", "metric_psnr_peak"]).to_pylist()
    keys = {trial_of(row).key for row in rows}
    assert {fit["key"] for fit in fits} == keys
    assert landscapes.main(fit) == 0
    assert len(store.fits(columns=["key"])) == len(keys), "nothing is fitted twice"
    again = unsure(rows, store)
    assert {row["seed"] for row in again} == set(MORE_SEEDS)
    peaks = {fit["key"]: fit["metric_psnr_peak"] for fit in fits}
    for sha256 in {row["sha256"] for row in rows}:
        own = [row for row in rows if row["sha256"] == sha256]
        points = {row["point"] for row in again if row["sha256"] == sha256}
        assert max(own, key=lambda row: peaks[trial_of(row).key])["point"] in points
        assert {row["point"] for row in own if not row["point"].startswith("cell")} <= points
        assert len(points) < len(own)


def test_a_file_that_is_no_design_is_refused(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_text("no table")
    with refused("not-there", str(path)):
        read_design(path)
