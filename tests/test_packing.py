"""Fits are packed by what they are expected to cost; that is recorded and changes no result."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.large_store import make_signals
from inr_models import FitConfig, Siren2Config
from studies.engine.cluster.workers import FILLS_A_GPU, Workers, workers_per_gpu
from studies.engine.planning.points import PlannedFit, Point, Step
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch
from studies.engine.running.schedule import BATCH_SECONDS, MAX_BATCH, Schedule, make_batches
from tests.fakes.runs import make_signal

SIGNAL = make_signal()


def planned(num: int, width: int = 8, stage: int = 0, signal=SIGNAL) -> list[PlannedFit]:
    point = Point(name="p", kind="grid", network=Siren2Config(width=width, s0=30.0, s1=0.5))
    config = FitConfig(epochs=12, learning_rate=1e-3)
    return [
        PlannedFit(
            signal=signal,
            point=point,
            trial=Trial(signal=signal.sha256, network=point.network, fit=config, seed=seed),
            stage=stage,
        )
        for seed in range(num)
    ]


@given(
    num=st.integers(1, 700),
    seconds=st.floats(1e-4, 100),
    stack=st.integers(1, 300),
    share=st.integers(1, 700),
)
def test_a_batch_lasts_for_seconds_and_no_fit_is_lost(num, seconds, stack, share):
    fits = planned(num)
    batches = make_batches(fits, lambda _: seconds, stack, share)
    assert [fit for batch in batches for fit in batch] == fits
    sizes = [len(batch) for batch in batches]
    assert max(sizes) - min(sizes) <= 1
    most = min(share, MAX_BATCH)
    assert max(sizes) <= most
    if len(batches) > 1:
        # As long or as large as was wished for, but for the rest being dealt out evenly.
        wished = min(max(BATCH_SECONDS / seconds, stack), most)
        assert min(sizes) >= np.floor(wished / 2)


def test_fits_of_unlike_shapes_are_not_in_one_batch():
    fits = [*planned(3, width=8), *planned(3, width=16)]
    batches = make_batches(fits, lambda _: 0.01, 1, 100)
    assert [{f.trial.network.width for f in batch} for batch in batches] == [{8}, {16}]


def test_fits_of_a_stage_that_alternate_between_structures_are_packed_by_structure():
    fits = [
        fit for pair in zip(planned(3, width=8), planned(3, width=16), strict=True) for fit in pair
    ]
    batches = make_batches(fits, lambda _: 0.01, 1, 100)
    assert [len(batch) for batch in batches] == [3, 3]
    later = [dataclasses.replace(fit, stage=1) for fit in fits]
    widths = [
        batch[0].trial.network.width for batch in make_batches(fits + later, lambda _: 1, 1, 9)
    ]
    assert widths == [8, 16, 8, 16], "the first stage comes first"


def test_a_stack_may_reach_into_the_next_stage_and_comes_as_early_as_its_first_fit():
    fits = [*planned(3, stage=0), *[dataclasses.replace(f, stage=1) for f in planned(6)[3:]]]
    whole = Schedule([(iter([Step(fits)]), {})], lambda _: 5.0, num_workers=1, min_batch=6).next()
    assert whole is not None
    assert [fit.stage for fit in whole.fits] == [0, 0, 0, 1, 1, 1]
    assert whole.seconds == 30.0


@pytest.mark.parametrize(
    ("errors", "hopeless"),
    [
        (["boom"] * 3, "boom"),
        (["boom"] * 2, None),
        (["boom", "boom", "other"], None),
        ([None, "boom", "boom", "boom"], None),
    ],
)
def test_a_run_whose_first_fits_all_fail_alike_is_given_up(errors, hopeless):
    fits = planned(9)
    schedule = Schedule(
        [(iter([Step(fits)]), {}), (iter([Step(planned(2))]), {})], lambda _: 10.0, num_workers=1
    )
    for fit, error in zip(fits, errors, strict=False):
        status = "failed" if error else "ok"
        schedule.record({"key": fit.trial.key, "status": status, "error": error})
    assert schedule.hopeless == hopeless
    assert schedule.is_finished == (hopeless is not None)
    assert (schedule.next() is None) == schedule.is_finished


def test_the_packing_changes_no_result():
    (signal,) = make_signals(1, num_samples=512)
    values = np.sin(np.linspace(0, 60, 512, dtype=np.float32))[:, None]
    signal = dataclasses.replace(signal, values=values)
    trials = [fit.trial for fit in planned(5, signal=signal)]

    def run(*parts: list[Trial]) -> dict[int, tuple[float, ...]]:
        scores = {}
        for part in parts:
            for row, curve, *_ in run_batch("test", signal, part, torch.device("cpu")):
                assert (row["stack"], row["path"]) == (1, "blocked")
                scores[row["seed"]] = (row["metric_mse"], *(point["psnr"] for point in curve))
        return scores

    packed = run(trials)
    assert len(packed) == 5
    assert packed == run(*([trial] for trial in trials)) == run(trials[3:], trials[:3])


def test_workers_share_a_gpu_that_a_stack_does_not_fill():
    assert workers_per_gpu(1, width=222, num_samples=150_000) == 1
    assert workers_per_gpu(500, width=52, num_samples=8_192) == 1
    assert workers_per_gpu(8, width=52, num_samples=8_192) == 4
    half = FILLS_A_GPU // (2 * 52 * 8_192)
    assert workers_per_gpu(half, width=52, num_samples=8_192) == 2
    sharing = Workers(device="cuda", count=8, limit=8, per_gpu=4)
    assert sharing.resources == {"cpu": 1, "gpu": 0.25}
    assert str(sharing) == "8 workers, 4 on a GPU"
    assert Workers(device="cpu", count=2, limit=2).resources == {"cpu": 1}
