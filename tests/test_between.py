"""What the page of findings says of held-out samples, from planted fits."""

import dataclasses
import hashlib
import json

import pytest

from analysis.findings.between import between_samples
from analysis.findings.page import _render
from search_spaces.bandwidth import nyquist
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from tests.fakes.runs import make_signal, scored_row
from tests.refusals import refused

CELLS = ((100.0, 0.0), (1000.0, 0.5))


def planted(folder, loss: float, num: int = 8) -> str:
    """Store maps whose second cell fits 20 dB better and loses `loss` between the samples."""
    store = Store(str(folder))
    rows = []
    for number in range(num):
        signal = dataclasses.replace(make_signal(f"clip{number}"), bands=(0.5,))
        store.add_signals([signal_row(signal)])
        for cell, (s0, s1) in enumerate(CELLS):
            for seed in (0, 1005 + number, 2005 + number):
                jitter = 0.1 * ((number + seed) % 3)
                values = {
                    "network": "siren2", "hp_s0": s0, "hp_s1": s1, "hp_width": 52,
                    "hp_bandwidth": (0.1, 0.7)[cell] * nyquist(8192), "fit_epochs": 160,
                    "seed": seed, "parameters": 8425, "objective": "held_out",
                    "metric_psnr_band_limit": 25.0,
                    "metric_psnr_held_out": 22.0 - cell * loss + jitter,
                    "config": json.dumps({"objective": {"name": "held_out", "every": 2.0}}),
                }  # fmt: skip
                key = hashlib.sha256(f"{number} {cell} {seed}".encode()).hexdigest()[:32]
                rows.append(scored_row(key, signal, 30.0 + 20 * cell, **values))
    store.append(rows)
    return store.results


def test_the_two_best_cells_are_compared_on_seeds_that_chose_neither(tmp_path):
    (compared,) = between_samples(planted(tmp_path, loss=6.0))
    assert (compared.setting.every, compared.setting.noun) == (2, "sounds")
    assert compared.setting.samples_per_parameter == pytest.approx(4096 / 8425)
    assert len(compared.signals) == 8
    assert compared.loss.mean == pytest.approx(6.0)
    assert compared.gain.mean == pytest.approx(20.0)
    assert compared.below_limit.mean == pytest.approx(3.0, abs=0.2)
    assert compared.above_zero.mean == pytest.approx(12.0, abs=0.2)
    assert compared.shares == pytest.approx((1.4, 0.2))
    assert compared.num_above == (8, 0)
    assert compared.num_below_zero == 0
    (worse,) = between_samples(planted(tmp_path / "worse", loss=15.0))
    assert worse.num_below_zero == 8


@pytest.mark.parametrize(("loss", "is_said"), [(6.0, True), (-3.0, False)])
def test_the_page_claims_a_loss_only_if_there_is_one(tmp_path, loss, is_said):
    class Found:
        between = between_samples(planted(tmp_path, loss))

    text = _render("between.md.j2", f=Found)
    assert ("is thus no rule for interpolation" in text) == is_said
    assert "| sounds | 2 | 0.49 | 8 |" in text
    assert "(8 of 8)" in text


def test_a_folder_without_such_runs_is_refused(tmp_path):
    with refused("not-there", tmp_path):
        between_samples(str(tmp_path))


def test_a_point_that_no_fresh_seed_scored_leaves_no_recording_out(tmp_path):
    """A rule's point may beat every cell on the map's seed."""
    store = Store(planted(tmp_path, loss=6.0))
    signal = dataclasses.replace(make_signal("clip0"), bands=(0.5,))
    values = {
        "network": "siren2", "hp_s0": 55.0, "hp_s1": 0.1, "hp_width": 52, "hp_bandwidth": 100.0,
        "fit_epochs": 160, "seed": 0, "parameters": 8425, "objective": "held_out",
        "metric_psnr_band_limit": 25.0, "metric_psnr_held_out": 40.0,
        "config": json.dumps({"objective": {"name": "held_out", "every": 2.0}}),
    }  # fmt: skip
    store.append([scored_row("f" * 32, signal, 90.0, **values)])
    (compared,) = between_samples(store.results)
    assert len(compared.signals) == 8
    assert compared.loss.mean == pytest.approx(6.0)
