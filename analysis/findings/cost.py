"""What asking a rule costs, by the clock of the machine at hand."""

import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from analysis.findings.text import COST
from search_spaces.descriptors import describe, low_pass
from search_spaces.descriptors.centroid import spectral_centroid
from search_spaces.descriptors.spectrum import spectrum
from search_spaces.rules import AnyRule, Target
from search_spaces.rules.eqn11 import PAPER_SAMPLES, PAPER_WIDTH

REPEATS = 7


def cost_sentence(rule: AnyRule) -> str:
    """Milliseconds at the paper's length of descriptors, and of the rule's own arithmetic."""
    values = np.random.default_rng(0).standard_normal(PAPER_SAMPLES)
    target = Target(
        descriptors=describe(values), shape=(PAPER_SAMPLES,), width=PAPER_WIDTH, sha256=""
    )
    costs = {
        "psi": lambda: spectral_centroid(values),
        "`low_pass_40`": lambda: low_pass.describe(
            spectrum(values), float(values.var()), low_pass.peak(values)
        ),
        "all descriptors": lambda: describe(values),
        "then the rule itself": lambda: rule(target),
    }
    parts = ", ".join(f"{name} {_milliseconds(do):.2g} ms" for name, do in costs.items())
    threads = f"{torch.get_num_threads()} threads" if torch.get_num_threads() > 1 else "one thread"
    return (
        f"{COST} for {PAPER_SAMPLES:,} samples (median of {REPEATS}, {platform.machine()}, "
        f"{threads}, where this page was made): {parts}."
    )


def _milliseconds(do: Callable[[], object]) -> float:
    do()
    seconds = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(seconds)
