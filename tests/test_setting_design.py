"""Designs of maps in many settings: which signals, which points, and what is fitted again."""

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from analysis.comparison.without_network import BASELINES
from analysis.settings import confirmed, stored
from analysis.settings.confirmed import SIREN, ZERO_BIAS
from analysis.settings.measured import Row as Measured
from benchmarks import landscapes, packed_signals, restarts, setting_confirmation
from benchmarks.confirmed_maps import CHOOSING, SCORING
from benchmarks.confirmed_maps import RULES as RULES_TO_CONFIRM
from benchmarks.designs import read_design, trial_of
from benchmarks.packed_signals import unpack
from benchmarks.restarts import mean_best
from benchmarks.setting_design import GAINS, SETTINGS, Setting, designed
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


def measured_row(first, rule, share):
    """Return what a rule's point at a share of Nyquist lost on the surface of a map."""
    return Measured(
        rule=rule, signal=first["sha256"], name=first["name"], recording=first["name"],
        values=256, ratio=4.0, dimensions=1, channels=1, width=first["width"], depth=4,
        path=trial_of(first).fit.path_length, regret_db=1.0, share=share, gain=2.0,
        share_best=0.3, gain_best=1.5,
    )  # fmt: skip


def test_an_optimum_is_chosen_and_scored_on_fresh_seeds(archive, tmp_path, capsys):
    signals = unpack(archive)
    design, results, then = (tmp_path / name for name in ("d.parquet", "results", "next.parquet"))
    rows = designed(signals, [SETTING])
    maps = {row["sha256"]: row for row in rows}
    pq.write_table(pa.Table.from_pylist(rows), design)
    known = [
        measured_row(first, rule, 0.05 * (1 + number))
        for first in maps.values()
        for number, rule in enumerate(RULES_TO_CONFIRM)
    ]
    data = str(tmp_path / "data")
    stored.write(known, data)
    command = [str(design), str(archive), "--fits", str(results), "--data", data]
    command += ["--maps", "2", "--to", str(then)]

    def fit(path):
        assert landscapes.main([str(archive), "--design", str(path), "--to", str(results)]) == 0

    fit(design)
    asked = []
    compare = [str(design), *command[2:6], "--maps", "2"]
    assert restarts.main(compare) == 2, "the fits are missing"
    for _ in range(2):  # the fits that choose, then those that score
        assert setting_confirmation.main(command) == 0
        asked.append(read_design(then))
        fit(then)
    assert setting_confirmation.main(command) == 0
    choosing, scoring = ({row["seed"] % 1000 for row in of_round} for of_round in asked)
    assert (choosing, scoring) == (set(CHOOSING), set(SCORING))
    assert len({row["seed"] for row in asked[0]}) == 2 * len(CHOOSING), "each signal has its own"
    store = Store(str(results), create=False)
    peaks = {
        fit["key"]: fit["metric_psnr_peak"]
        for fit in store.fits(columns=["key", "metric_psnr_peak"]).to_pylist()
    }
    # What was fitted says as well whether another seed or another point gains more.
    capsys.readouterr()
    assert restarts.main(compare) == 0
    assert capsys.readouterr().out.count("2 maps, ") == len(restarts.BUDGETS)
    result = confirmed.read(data)
    baselines = [baseline.name for baseline in BASELINES]
    assert result.num_maps == 2
    assert result.rules == [*RULES_TO_CONFIRM, ZERO_BIAS, SIREN, *baselines]
    for row in result.rows:
        if row.rule in baselines:
            assert len(set(row.psnr)) == 1
            continue
        mine = [fit for fit in asked[0] if fit["sha256"] == row.signal]
        scores = {}
        for fit in mine:
            if not fit["zero_output_bias"]:
                scores.setdefault((fit["s0"], fit["s1"]), []).append(peaks[trial_of(fit).key])
        best = max(scores, key=lambda at: sum(scores[at]))
        own = [fit for fit in asked[1] if fit["sha256"] == row.signal]
        at_best = [
            peaks[trial_of(fit).key]
            for fit in own
            if (fit["s0"], fit["s1"]) == best and not fit["zero_output_bias"]
        ]
        assert row.psnr_best == at_best
        at_rule = [
            peaks[trial_of(fit).key]
            for fit in own
            if fit["zero_output_bias"] == (row.rule == ZERO_BIAS)
            and bandwidth(fit["s0"], fit["s1"], width=fit["width"]) / (np.pi * 128)
            == pytest.approx(row.share)
        ]
        assert row.psnr == at_rule
        regret = [best - rule for best, rule in zip(row.psnr_best, row.psnr, strict=True)]
        assert list(row.regret().values()) == pytest.approx(regret)


@pytest.mark.parametrize("budget", [1, 2, 5])
def test_the_best_of_some_seeds_is_the_mean_over_all_choices_of_them(budget):
    scores = np.random.default_rng(0).normal(size=5)
    choices = [max(some) for some in itertools.combinations(scores.tolist(), budget)]
    assert mean_best(scores, budget) == pytest.approx(np.mean(choices))


def test_a_file_that_is_no_design_is_refused(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_text("no table")
    with refused("not-there", str(path)):
        read_design(path)
