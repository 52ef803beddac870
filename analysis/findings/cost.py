"""Measure what a rule costs, by the clock of this machine."""

import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch

from search_spaces.descriptors import describe, low_pass
from search_spaces.descriptors.centroid import spectral_centroid
from search_spaces.descriptors.spectrum import spectrum
from search_spaces.rules import AnyRule, Target
from search_spaces.rules.eqn11 import PAPER_SAMPLES, PAPER_WIDTH

REPEATS = 7


class Cost(NamedTuple):
    """Median milliseconds of each step at `samples` samples, and where they were measured."""

    samples: int
    milliseconds: Mapping[str, float]
    repeats: int
    machine: str
    num_threads: int


def measure(rule: AnyRule) -> Cost:
    """Time the descriptors at the paper's length, and the rule's own arithmetic."""
    values = np.random.default_rng(0).standard_normal(PAPER_SAMPLES)
    target = Target(
        descriptors=describe(values), shape=(PAPER_SAMPLES,), width=PAPER_WIDTH, sha256=""
    )
    steps = {
        "psi": lambda: spectral_centroid(values),
        "`low_pass_40`": lambda: low_pass.describe(
            spectrum(values), float(values.var()), low_pass.peak(values)
        ),
        "all descriptors": lambda: describe(values),
        "then the rule itself": lambda: rule(target),
    }
    milliseconds = {name: _milliseconds(step) for name, step in steps.items()}
    threads = torch.get_num_threads()
    return Cost(PAPER_SAMPLES, milliseconds, REPEATS, platform.machine(), threads)


def _milliseconds(step: Callable[[], object]) -> float:
    step()
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(seconds)
