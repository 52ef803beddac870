"""Collect what each method makes of a noisy signal, chosen blindly or by the clean signal."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Literal, NamedTuple

from numpy.typing import NDArray

from analysis.denoising.baselines import baselines
from analysis.denoising.perceptual import perceptual_scores
from analysis.denoising.scores import scores
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point, snapshot_epochs
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Store, output_path, target_path, truth_path

Scoring = Callable[[NDArray], dict[str, float]]
"""From an output to its scores by name, none without a clean signal."""

SEARCHED = "siren2 searched"
"""The name of SIREN² at the points of a search."""

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


class Choice(NamedTuple):
    """Hold what a method reaches with one seed, which repeats the whole choice.

    Args:
        seed: The seed of the initializations. None for a method that draws nothing.
        blind: The candidate that the held-out samples choose.
        oracle: The candidate of the best PSNR by the clean signal. None without one.
    """

    seed: int | None
    blind: Candidate
    oracle: Candidate | None

    @property
    def regret(self) -> float:
        """The loss of the blind choice in PSNR in dB, NaN without a clean signal."""
        if self.oracle is None:
            return math.nan
        return self.oracle.scores["PSNR"] - self.blind.scores["PSNR"]


class Method(NamedTuple):
    """Hold what a method reaches on a signal.

    Args:
        name: Its name in tables.
        kind: What it is.
        choices: One for each seed. The pictures and the files that are written show the first.
    """

    name: str
    kind: Kind
    choices: Sequence[Choice]

    @property
    def blind(self) -> Candidate:
        """What the held-out samples choose with the first seed."""
        return self.choices[0].blind

    @property
    def oracle(self) -> Candidate | None:
        """What the clean signal chooses with the first seed."""
        return self.choices[0].oracle

    @property
    def held_out(self) -> float:
        """The PSNR in dB of the samples that were not seen, mean over seeds."""
        return statistics.fmean(choice.blind.held_out for choice in self.choices)

    @property
    def scores(self) -> dict[str, float]:
        """The scores of the blind choices by name, means over seeds."""
        names = self.blind.scores
        return {n: statistics.fmean(c.blind.scores[n] for c in self.choices) for n in names}

    @property
    def deviation(self) -> float:
        """The standard deviation of the blind choices' PSNR over seeds, NaN for one seed."""
        if len(self.choices) < 2 or not self.blind.scores:
            return math.nan
        return statistics.stdev(choice.blind.scores["PSNR"] for choice in self.choices)

    @property
    def oracle_psnr(self) -> float:
        """The PSNR in dB of what the clean signal chooses, mean over seeds. NaN without one."""
        outputs = [choice.oracle for choice in self.choices if choice.oracle]
        return statistics.fmean(c.scores["PSNR"] for c in outputs) if outputs else math.nan

    @property
    def regret(self) -> float:
        """The loss of the blind choices in dB, mean over seeds. NaN without a clean signal."""
        return statistics.fmean(choice.regret for choice in self.choices)


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
    def num_seeds(self) -> int:
        """The number of seeds that a network has outputs of."""
        return max((len(method.choices) for method in self.methods), default=0)

    @property
    def chosen(self) -> Method | None:
        """The network or rule whose held-out samples are fitted best. None without an output."""
        own = [method for method in self.methods if method.kind != "classical"]
        return max(own, key=lambda method: method.held_out, default=None)

    @property
    def best_classical(self) -> Method | None:
        """The classical method whose unseen samples are predicted best. None without any."""
        others = [method for method in self.methods if method.kind == "classical"]
        return max(others, key=lambda method: method.held_out, default=None)


def denoised_signal(state: SignalState, store: Store) -> DenoisedSignal:
    """Return what every method made of one signal, from the outputs in the store.

    Args:
        state: The signal with its fits.
        store: The store with their outputs.
    """
    signal = state.signal
    noisy = store.read_array(target_path(signal.sha256))
    truth = store.read_array(truth_path(signal.sha256))
    if noisy is None:
        return DenoisedSignal(signal, None, truth, {}, ())

    def scored(output: NDArray) -> dict[str, float]:
        return {} if truth is None else scores(output, truth, signal.shape)

    def completed(candidate: Candidate) -> Candidate:
        """Add the scores that cost much, which only what is chosen gets."""
        if truth is None:
            return candidate
        more = perceptual_scores(candidate.output, truth, signal.shape)
        return candidate._replace(scores={**candidate.scores, **more})

    seeds = state.run.scale.map_seeds

    def trained(name: str, kind: Kind, points: Sequence[Point]) -> Iterator[Method]:
        choices = []
        for seed in seeds:
            candidates = [c for p in points for c in _candidates(state, store, p, seed, scored)]
            choices += _chosen(seed, candidates, completed)
        if choices:
            yield Method(name, kind, choices)

    methods: list[Method] = []
    cases: dict[str, list[Point]] = defaultdict(list)
    for point in state.points:
        if point.kind in ("network", "tuning"):
            cases[point.case].append(point)
    for suggestion in state.suggestions:
        cases[SEARCHED].append(state.point_at(suggestion.scales))
    for case, points in cases.items():
        methods += trained(case, "network", points)
    for point in state.points:
        if point.kind == "rule":
            methods += trained(point.name, "rule", [point])
    classical = groupby(baselines(noisy, signal.shape), lambda denoised: denoised.name)
    for name, outputs in classical:
        candidates = [
            Candidate(f"x{d.strength:g}", d.output, d.held_out, True, scored(d.output))
            for d in outputs
        ]
        methods.append(Method(name, "classical", list(_chosen(None, candidates, completed))))
    return DenoisedSignal(signal, noisy, truth, scored(noisy), methods)


def _candidates(
    state: SignalState, store: Store, point: Point, seed: int, scored: Scoring
) -> Iterator[Candidate]:
    """Yield the outputs of a point's fit on a seed.

    The first one is the best by its held-out samples. Those after fixed epochs follow, which the
    clean signal alone may choose.
    """
    (key,) = state.keys(point, [seed])
    held_out = state.mean(point, [seed])
    output = store.read_array(output_path(key))
    if output is None or math.isnan(held_out):
        return
    setting = point.name.partition(", ")[2]
    if point.kind == "search" and point.scales:
        setting = f"s0 {point.scales.s0:.3g}, s1 {point.scales.s1:.2g}"
    yield Candidate(setting, output, held_out, True, scored(output))
    if not scored(output):
        return
    for epoch in snapshot_epochs(state.run.scale.fit.epochs):
        output = store.read_array(output_path(key, epoch))
        if output is not None:
            words = f"{setting}, {epoch} epochs" if setting else f"{epoch} epochs"
            yield Candidate(words, output, math.nan, False, scored(output))


def _chosen(
    seed: int | None,
    candidates: Sequence[Candidate],
    completed: Callable[[Candidate], Candidate],
) -> Iterator[Choice]:
    """Yield the two choices among the candidates of a seed, if there are any."""
    blind = [candidate for candidate in candidates if candidate.is_blind]
    if not blind:
        return
    oracle = None
    if blind[0].scores:
        oracle = max(candidates, key=lambda candidate: candidate.scores["PSNR"])
    best = max(blind, key=lambda candidate: candidate.held_out)
    yield Choice(seed, completed(best), oracle)
