"""Collect what each method makes of a noisy signal, chosen blindly or by the clean signal."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from numpy.typing import NDArray

from analysis.denoising.baselines import baselines
from analysis.denoising.scores import scores
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point, snapshot_epochs
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Store, output_path, target_path, truth_path

Scoring = Callable[[NDArray], dict[str, float]]
"""From an output to its scores by name, none without a clean signal."""

Kind = Literal["network", "rule", "classical"]


class Candidate(NamedTuple):
    """One output that a method offers.

    Args:
        setting: The setting in words, "" for the only one.
        output: The samples [n, c].
        held_out: The PSNR in dB of samples that were not seen, over the noisy signal.
        is_blind: Whether the blind choice may take it. It may take one output of each fit alone.
        scores: Its scores by name, empty without a clean signal.
    """

    setting: str
    output: NDArray
    held_out: float
    is_blind: bool
    scores: Mapping[str, float]


class Method(NamedTuple):
    """Hold what a method reaches on a signal.

    Args:
        name: Its name in tables.
        kind: What it is.
        blind: The candidate that the held-out samples choose.
        oracle: The candidate of the best PSNR by the clean signal. None without one.
    """

    name: str
    kind: Kind
    blind: Candidate
    oracle: Candidate | None

    @property
    def regret(self) -> float:
        """The loss of the blind choice in PSNR in dB, NaN without a clean signal."""
        if self.oracle is None:
            return math.nan
        return self.oracle.scores["PSNR"] - self.blind.scores["PSNR"]


class DenoisedSignal(NamedTuple):
    """All that is known of a signal.

    Args:
        signal: The noisy signal.
        noisy: Its samples [n, c]. None if the store lacks them.
        truth: The clean samples. None if nobody knows them.
        noisy_scores: The scores of the noisy signal itself.
        methods: Every method that has an output, networks first.
    """

    signal: Signal
    noisy: NDArray | None
    truth: NDArray | None
    noisy_scores: Mapping[str, float]
    methods: Sequence[Method]

    @property
    def chosen(self) -> Method | None:
        """The network or rule whose held-out samples are fitted best. None without an output."""
        own = [method for method in self.methods if method.kind != "classical"]
        return max(own, key=lambda method: method.blind.held_out, default=None)

    @property
    def best_classical(self) -> Method | None:
        """The classical method whose unseen samples are predicted best. None without any."""
        others = [method for method in self.methods if method.kind == "classical"]
        return max(others, key=lambda method: method.blind.held_out, default=None)


def denoised_signal(state: SignalState, store: Store) -> DenoisedSignal:
    """Return what every method made of one signal, from the outputs in the store."""
    signal = state.signal
    noisy = store.read_array(target_path(signal.sha256))
    truth = store.read_array(truth_path(signal.sha256))
    if noisy is None:
        return DenoisedSignal(signal, None, truth, {}, ())

    def scored(output: NDArray) -> dict[str, float]:
        return {} if truth is None else scores(output, truth, signal.shape)

    methods: list[Method] = []
    cases = {p.case: [q for q in state.points if q.case == p.case and q.kind != "rule"]
             for p in state.points if p.kind != "rule"}  # fmt: skip
    for case, points in cases.items():
        candidates = [c for point in points for c in _candidates(state, store, point, scored)]
        methods += _chosen(case, "network", candidates)
    for point in state.points:
        if point.kind == "rule":
            methods += _chosen(point.name, "rule", list(_candidates(state, store, point, scored)))
    classical = groupby(baselines(noisy, signal.shape), lambda denoised: denoised.name)
    for name, outputs in classical:
        candidates = [
            Candidate(f"x{d.strength:g}", d.output, d.held_out, True, scored(d.output))
            for d in outputs
        ]
        methods += _chosen(name, "classical", candidates)
    return DenoisedSignal(signal, noisy, truth, scored(noisy), methods)


def _candidates(
    state: SignalState, store: Store, point: Point, scored: Scoring
) -> Iterator[Candidate]:
    """Yield the outputs of a point's fit on the first seed.

    The first one is the best by its held-out samples. Those after fixed epochs follow, which the
    clean signal alone may choose.
    """
    seeds = state.run.scale.map_seeds
    key = state.keys(point, seeds)[0]
    held_out = state.mean(point, seeds)
    output = store.read_array(output_path(key))
    if output is None or math.isnan(held_out):
        return
    setting = point.name.partition(", ")[2]
    yield Candidate(setting, output, held_out, True, scored(output))
    if not scored(output):
        return
    for epoch in snapshot_epochs(state.run.scale.fit.epochs):
        output = store.read_array(output_path(key, epoch))
        if output is not None:
            words = f"{setting}, {epoch} epochs" if setting else f"{epoch} epochs"
            yield Candidate(words, output, math.nan, False, scored(output))


def _chosen(name: str, kind: Kind, candidates: Sequence[Candidate]) -> Iterator[Method]:
    """Yield the method with its two choices, if it has an output."""
    blind = [candidate for candidate in candidates if candidate.is_blind]
    if not blind:
        return
    oracle = None
    if blind[0].scores:
        oracle = max(candidates, key=lambda candidate: candidate.scores["PSNR"])
    yield Method(name, kind, max(blind, key=lambda candidate: candidate.held_out), oracle)
