"""Regrets of points that were trained: what is read, what confirms a claim, what a choice loses."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.findings.confirmation import Claim, confirmation
from analysis.regret.choice_loss import ChoiceLoss, choice_loss, gain_of
from analysis.regret.parquet import SCHEMA
from analysis.regret.stored import EXPORTED, confirmed
from analysis.reporting.parquet import parquet_bytes
from analysis.statistics.intervals import mean_interval
from search_spaces.rules import NoiseScales, rule_json
from search_spaces.rules.table import Table
from studies.engine.planning.resolving import resolve
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from tests.fakes.maps import GAIN, MAP_ALONE, planted_rows, planted_signals
from tests.refusals import refused


def test_a_claim_is_confirmed_only_beyond_its_margin_and_after_paying_for_all(tmp_path):
    signals = planted_signals(12)
    Store(str(tmp_path)).add_signals(map(signal_row, signals))
    lost = {"a": 1.0, "b": 1.1, "c": 1.3, "d": 1.4}
    rows = [
        {
            "rule": rule, "sha256": signal.sha256, "num_dead": 0,
            "psi": 0.1, "s0_rule": 1.0, "s1_rule": db, "scoring_seeds": [i],
            # Nine in ten of these differences lie within 0.15 dB.
            "differences_db": [db + 0.1 * (-1) ** i * (rule == "a")],
        }
        for i, signal in enumerate(signals)
        for rule, db in lost.items()
    ]  # fmt: skip
    (tmp_path / "_rules").mkdir()
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / EXPORTED)

    def verdicts(*claims):
        one_by_one = confirmation(str(tmp_path), claims).verdicts
        return [one.is_confirmed for one in one_by_one]

    better, as_good = Claim("a", "d"), Claim("d", "a", 0.25)
    assert verdicts(better, as_good, Claim("c", "a", 0.5)) == [True, False, True]
    assert verdicts(Claim("d", "a")) == [False], "it is worse, and surely so"
    # 0.1 dB is clear if it is asked alone, and not among a hundred questions.
    small = Claim("a", "b")
    assert verdicts(small) == [True]
    assert verdicts(*[small] * 100)[0] is False
    assert verdicts(Claim("a", "nobody")) == []


def test_the_regret_of_a_held_out_rule_is_that_of_its_point(tmp_path):
    names = [f"{i:064}" for i in range(3)]
    recordings = {name: name for name in names}
    rows = [
        {
            "rule": rule, "sha256": name, "s0_rule": 100.0 + i,
            "s1_rule": s1, "regret_db": s1, "num_dead": 0, "psi": 0.1, "scoring_seeds": [i],
            "differences_db": [s1],
        }
        for rule, s1 in (("held_out_chosen", 0.5), ("held_out_constant", 0.7), ("spectrum", 0.9))
        for i, name in enumerate(names)
    ]  # fmt: skip
    folder = tmp_path / "_rules" / "held_out"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), tmp_path / EXPORTED)

    def regrets():
        by_rule = confirmed(str(tmp_path), recordings)
        return {one.rule: dict(zip(one.signals, one.regret, strict=True)) for one in by_rule}

    assert regrets()["held_out_chosen"] == dict.fromkeys(names, 0.5)
    # Now it takes another rule's point for one signal, and a point that nobody trained.
    points = {
        names[0]: NoiseScales(100.0, 0.5),
        names[1]: NoiseScales(101.0 * (1 + 1e-9), 0.7),
        names[2]: NoiseScales(102.0, 0.3),
    }
    (folder / "held_out_chosen.json").write_text(rule_json(Table(points=points)))
    (folder / "held_out_new.json").write_text(rule_json(Table(points=points)))
    now = regrets()
    assert now["held_out_chosen"] == now["held_out_new"] == {names[0]: 0.5, names[1]: 0.7}
    assert now["held_out_constant"] == dict.fromkeys(names, 0.7)
    (folder / "held_out_new.json").write_text("{")
    with refused("damaged", "_rules/held_out/held_out_new.json", tmp_path):
        regrets()


def test_what_a_choice_loses_lies_between_the_two_laws():
    rng = np.random.default_rng(0)
    gains, lost = [], []
    for _ in range(1500):
        heights = rng.normal(0, 0.5, 6)
        scores = heights[:, None] + rng.normal(0, 1, (6, 5))
        gains.append(gain_of(scores))
        lost.append(heights.max() - heights[scores.mean(axis=1).argmax()])
    loss = ChoiceLoss(1500, 5, mean_interval([{i: g} for i, g in enumerate(gains)], range(1500)))
    assert loss.gain.sign > 0
    assert loss.loss(1).mean < np.mean(lost) < loss.loss(0.5).mean


def test_what_a_choice_loses_is_read_from_the_fits_on_the_choosing_seeds(tmp_path):
    rng = np.random.default_rng(0)
    store = Store(str(tmp_path))
    regrets, gains = [], []
    for number, signal in enumerate(planted_signals(3)):
        seeds = range(1000 * (number + 1), 1000 * (number + 1) + 5)
        run = resolve(MAP_ALONE, "small", [signal])
        scores = rng.normal(40, 1, (4, 5))
        rows = []
        for row, of_point in zip(planted_rows(run, signal, 1000.0, GAIN), scores, strict=False):
            for seed, score in zip(seeds, of_point.tolist(), strict=True):
                key = f"{row['key']} {seed}"
                rows.append({**row, "key": key, "seed": seed, "metric_psnr_peak": score})
        # The last candidate left the choice after two seeds, however good it was.
        store.append(rows[:-3])
        store.add_signals([signal_row(signal)])
        gains.append(gain_of(scores[:-1]))
        row = {"rule": "r", "sha256": signal.sha256, "choosing_seeds": list(seeds)}
        regrets.append(row)
    setting = {"hp_width": 52}
    assert choice_loss(str(tmp_path), setting) is None
    store.write_bytes(EXPORTED, parquet_bytes(regrets, SCHEMA))
    loss = choice_loss(str(tmp_path), setting)
    assert (loss.num_signals, loss.num_seeds) == (3, 5)
    assert loss.gain.mean == pytest.approx(np.mean(gains))
    assert not loss.gain.is_direction_only
    assert choice_loss(str(tmp_path), {"hp_width": 53}) is None
