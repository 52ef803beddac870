"""The contest of predictors: regrets of planted scores, and priors without leaks."""

import dataclasses
import time

import numpy as np
import pytest

from analysis.predictors import report as contest_report
from analysis.predictors.contest import (
    REFERENCE,
    contest,
    excess,
    judged,
    nearness_to,
    standings,
)
from analysis.predictors.maps import Maps
from analysis.predictors.predictors import (
    PREDICTORS,
    Drawn,
    Predictor,
)
from analysis.predictors.prior import with_prior
from analysis.predictors.scores import Scores, scores_of, seconds_of_short_fits
from analysis.statistics.intervals import holm, p_value
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.descriptors.bands import bands
from search_spaces.rules import NoiseScales
from search_spaces.rules.spectrum_matching import SEEDS
from search_spaces.rules.table import Table
from tests.fakes.runs import make_signal

SAMPLES = 64

POINTS = tuple(NoiseScales(s0, s1) for s0 in (5.0, 20.0, 40.0) for s1 in (0.1, 0.5))

SETTING = {
    "hp_width": 8, "hp_depth": 2, "hp_zero_output_bias": False, "n": SAMPLES, "fit_epochs": 300,
    "fit_learning_rate": 5e-4, "fit_decay": 0.95, "fit_decay_every": 20, "fit_optimizer": "adam",
}  # fmt: skip


def planted(psnr: np.ndarray, recordings: tuple[str, ...] | None = None) -> Maps:
    """Return maps of noise of these PSNR [s, p, k]."""
    rng = np.random.default_rng(0)
    signals = []
    for i in range(len(psnr)):
        values = rng.uniform(-1, 1, (SAMPLES, 1)).astype(np.float32)
        signal = make_signal(f"clip{i}", n=SAMPLES)
        signal.descriptors["low_pass_40"] = 0.5
        signals.append(dataclasses.replace(signal, values=values, bands=bands(values[:, 0])))
    return Maps(
        signals=tuple(signals),
        targets=tuple(signal.target(8, 2) for signal in signals),
        recordings=recordings or tuple(f"tape{i}" for i in range(len(psnr))),
        points=POINTS,
        seeds=tuple(range(1, 1 + psnr.shape[2])),
        psnr=psnr,
        short_fits=psnr[:, :, 0] - 20,
        setting=SETTING,
    )


@pytest.fixture
def maps() -> Maps:
    rng = np.random.default_rng(1)
    of_points = rng.normal(30, 5, (7, len(POINTS), 1))
    return planted(of_points + rng.normal(0, 0.01, (7, 1, 3)))


def everywhere(maps: Maps, scales: NoiseScales = POINTS[0]) -> Table:
    return Table(points={target.sha256: scales for target in maps.targets})


def test_scores_that_equal_psnr_have_no_regret_and_reversed_ones_the_worst(maps):
    psnr = maps.psnr.mean(axis=2)
    best = judged("psnr", "as_it_is", psnr, maps)
    worst = judged("psnr", "as_it_is", -psnr, maps)
    assert (best.regret == 0).all()
    assert best.correlation == pytest.approx(1)
    spread = maps.psnr.max(axis=1) - maps.psnr.min(axis=1)
    assert worst.regret == pytest.approx(spread)
    assert worst.correlation == pytest.approx(-1)


def test_a_regret_is_of_the_best_point_over_all_judging_seeds():
    psnr = np.array([[[30.0, 10.0], [21.0, 21.0]] + [[0.0, 0.0]] * 4] * 3)
    second = np.array([[0.0, 1.0, 0, 0, 0, 0]] * 3)
    assert judged("second", "as_it_is", second, planted(psnr)).regret.tolist() == [[0, 0]] * 3
    first = np.array([[1.0, 0.0, 0, 0, 0, 0]] * 3)
    assert judged("first", "as_it_is", first, planted(psnr)).regret.tolist() == [[-9, 11]] * 3


def test_the_weight_is_chosen_without_the_recording_that_it_is_for():
    """The predictor is right about one recording by far, and wrong about all others."""
    right = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
    usual = np.array([30.0, 29.0, 28.0, 27.0, 26.0, 25.0])
    psnr = np.repeat(np.array([usual] * 4 + [usual + 1000 * right])[..., None], 2, axis=2)
    recordings = [f"tape{i}" for i in range(5)]
    scores = np.array([right] * 5)
    all_weights = with_prior(scores, psnr, recordings).weights
    assert (all_weights[4] == 0).all()
    # With that recording among them, the others choose a weight that serves it.
    assert (all_weights[:4] > 0).all()


def test_a_recording_of_many_clips_counts_once_for_the_weight():
    """The predictor costs six clips of one tape 1 dB each, and saves two tapes 2 dB each."""
    psnr = np.array([[3.0, 2.0]] * 6 + [[0.0, 2.0]] * 2 + [[9.0, 0.0]] * 2)[..., None]
    recordings = [*"aaaaaa", "b", "c", "y", "z"]
    scores = np.array([[0.0, 1.0]] * 8 + [[0.0, 0.0]] * 2)
    assert with_prior(scores, psnr, recordings, (0.0, 32.0)).weights[-1, 0] == 32


def test_a_prior_knows_neither_its_recording_nor_the_seed_that_judges():
    rng = np.random.default_rng(0)
    psnr, recordings = rng.normal(size=(6, 5, 3)), list("aabcde")
    scores = rng.normal(size=(6, 5))
    before = with_prior(scores, psnr, recordings)
    of_recording = psnr.copy()
    of_recording[:2] += 100 * rng.normal(size=(2, 5, 3))
    after = with_prior(scores, of_recording, recordings)
    assert np.array_equal(after.scores[:2], before.scores[:2])
    assert not np.allclose(after.scores[2:], before.scores[2:])
    of_seed = psnr.copy()
    of_seed[:, :, 1] += 100 * rng.normal(size=(6, 5))
    after = with_prior(scores, of_seed, recordings)
    assert np.array_equal(after.scores[:, :, 1], before.scores[:, :, 1])
    assert not np.allclose(after.scores[:, :, [0, 2]], before.scores[:, :, [0, 2]])


def test_a_prior_alone_is_the_mean_landscape_of_the_other_recordings():
    rng = np.random.default_rng(0)
    psnr, recordings = rng.normal(size=(4, 5, 2)), list("aabc")
    alone = with_prior(np.zeros((4, 5)), psnr, recordings, (0.0,)).scores
    centered = psnr - psnr.mean(axis=1, keepdims=True)
    # Both clips of recording a count as one.
    expected = (centered[:2].mean(axis=0) + centered[3]) / 2
    assert alone[2] == pytest.approx(expected[:, ::-1])


def test_a_useful_predictor_gains_by_the_prior_what_the_mean_lacks():
    """The best point is another for every signal, and the predictor knows it half."""
    rng = np.random.default_rng(3)
    common, own = rng.normal(0, 2, (1, 6, 1)), rng.normal(0, 2, (20, 6, 1))
    maps = planted(np.repeat(common + own, 2, axis=2))
    total, weights = with_prior(own[:, :, 0], maps.psnr, maps.recordings)
    regrets = {}
    for name, scores in {
        "both": total,
        "predictor": own[:, :, 0],
        "prior": with_prior(own[:, :, 0], maps.psnr, maps.recordings, (0.0,)).scores,
    }.items():
        regrets[name] = judged(name, "as_it_is", scores, maps).regret.mean()
    assert regrets["both"] < min(regrets["predictor"], regrets["prior"])
    assert set(weights.ravel().tolist()) <= {1.0, 2.0, 4.0}


def test_a_rule_takes_the_nearest_point_of_the_map(maps):
    wanted = NoiseScales(19.0, 0.45)
    places = []
    for s0, s1 in (*POINTS, wanted):
        places.append(np.log([bandwidth(s0, s1, width=8), gain(s1, width=8)]))
    away = [float(np.square(place - places[-1]).sum()) for place in places[:-1]]
    scores = nearness_to(everywhere(maps, wanted), maps)
    assert scores[0] == pytest.approx([-distance for distance in away])
    assert POINTS[int(scores[0].argmax())] == (20.0, 0.5)


def test_all_that_was_tried_is_paid_for(maps):
    psnr = maps.psnr.mean(axis=2)
    scores = {name: Scores(sign * psnr, 0.5) for name, sign in (("good", 1), ("bad", -1))}
    entries = contest(scores, maps, everywhere(maps))
    assert [(e.predictor, e.form) for e in entries if e.form != "baseline"] == [
        ("good", "as_it_is"), ("good", "with_prior"), ("bad", "as_it_is"), ("bad", "with_prior"),
    ]  # fmt: skip
    all_standings = standings(entries, maps)
    assert all_standings[0].regret.mean == min(s.regret.mean for s in all_standings)
    alone = [p_value(standing.excess) for standing in all_standings]
    assert [s.p_value for s in all_standings] == pytest.approx(holm(alone), nan_ok=True)
    assert sum(np.isfinite(p) for p in alone) >= 6
    (held_out,) = (e for e in entries if e.predictor == REFERENCE)
    assert np.isnan(held_out.correlation).all()
    assert excess(entries[0], held_out, maps).mean == pytest.approx(
        -held_out.regret.mean(), abs=1e-9
    )


def test_a_point_is_looked_at_once_and_every_predictor_counts_the_time(maps, monkeypatch):
    looked_at = []
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def look(drawn: Drawn) -> float:
        looked_at.append(drawn.scales)
        assert len(drawn.networks) == len(SEEDS)
        clock[0] += 3
        return drawn.scales.s0

    twice = {
        "wide": Predictor(look, lambda s0, _: s0),
        "narrow": Predictor(look, lambda s0, _: -s0),
        "nothing": Predictor(lambda drawn: None, lambda seen, _: 0.0),
        "psnr_20": PREDICTORS["psnr_20"],
    }
    scores = scores_of(maps, twice)
    monkeypatch.undo()
    assert looked_at == list(POINTS)
    for i in range(len(maps.signals)):
        assert scores["wide"].scores[i].tolist() == [s0 for s0, _ in POINTS]
    for name in ("wide", "narrow"):
        assert scores[name].seconds == pytest.approx(3)
    assert scores["nothing"].seconds == 0
    assert np.array_equal(scores["psnr_20"].scores, maps.short_fits)
    assert seconds_of_short_fits(maps) > 0


def test_a_predictor_without_training_wins_only_against_both(maps):
    psnr = maps.psnr.mean(axis=2)
    bad = Scores(-psnr, 0.1)
    names = ("kernel_overlap", "spectrum_distance", "psnr_20")
    for winner in names:
        scores = {name: bad for name in names} | {winner: Scores(psnr, 0.1)}
        verdict = contest_report.verdict(contest(scores, maps, everywhere(maps)), maps)
        assert ("kernel_overlap (as it is)" in verdict) == (winner == "kernel_overlap")
        assert "psnr_20" not in verdict
    best = dict(zip((t.sha256 for t in maps.targets), psnr.argmax(axis=1), strict=True))
    ideal = Table(points={sha256: POINTS[place] for sha256, place in best.items()})
    middle = Scores(np.where(psnr == np.sort(psnr, axis=1)[:, [2]], 100, psnr), 0.1)
    entries = contest({"kernel_overlap": middle, "spectrum_distance": bad}, maps, ideal)
    assert "kernel_overlap (as it is)" not in contest_report.verdict(entries, maps)
