"""The memory of a stack: how many networks it has room for, and what happens without room."""

import gc
import weakref

import numpy as np
import pytest
import torch

from inr_models.fitting.blocked_step import BlockedStep
from inr_models.fitting.stacking import halved_until_it_fits, networks_in, stack_size
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from tests.fitted import network, problem, results


def test_where_memory_runs_out_the_stack_is_halved_and_all_are_fitted(monkeypatch):
    sizes = []

    def run(self, epochs):
        sizes.append(self.num_networks)
        if self.num_networks > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return real(self, epochs)

    real = Training.run
    expected = results("siren", "loop", "blocked", 7)
    monkeypatch.setattr(Training, "run", run)
    stacked = results("siren", "stack", "blocked", 7)
    assert sizes == [7, 4, 2, 2, 2, 1]
    assert sorted(stacked) == list(range(7))
    for index, result in stacked.items():
        np.testing.assert_allclose(result.psnr, expected[index].psnr, atol=1e-4)


def test_a_stack_that_is_too_large_to_be_timed_is_halved_as_well():
    def seconds(unit):
        if len(unit) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return 1.0

    assert halved_until_it_fits(seconds, range(10)) == (range(3), 1.0)


def test_one_network_that_memory_has_no_room_for_is_an_error(monkeypatch):
    def run(self, epochs):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Training, "run", run)
    with pytest.raises(torch.OutOfMemoryError):
        results("siren", "stack", "blocked", 2)


def test_a_stack_takes_what_memory_there_is():
    net = network("siren", 0)
    assert networks_in(0, net, 8192) == 1
    one = 1 / networks_in(1e12, net, 8192)
    assert networks_in(1e12, net, 2 * 8192) * one == pytest.approx(0.5, rel=0.01)
    # 11 pieces of 52 x 8,192 numbers and more are held of one network.
    assert 11 * 4 * 52 * 8192 < 1e12 * one < 2 * 11 * 4 * 52 * 8192
    assert stack_size([net] * 40, Task(*problem("siren")), "stack") < 40


def test_a_trainings_memory_is_freed_with_it():
    training = Training([network("siren", 0)], Task(*problem("siren")), [1e-4])
    assert isinstance(training.step, BlockedStep)
    work = weakref.ref(training.step.works[0])
    gc.disable()
    try:
        del training
        assert work() is None
    finally:
        gc.enable()
