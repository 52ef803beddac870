"""A landscape whose optimum is known, gone through as a study goes through a real one."""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from optuna.storages import BaseStorage, InMemoryStorage

from analysis.regret.regret import Regret, regrets
from inr_models import Siren2Config
from inr_models.fitting.metrics import curve_epochs
from search_spaces.rules import NoiseScales
from studies import audio_search
from studies.engine.outcomes.choosing import Choice
from studies.engine.outcomes.signal_state import SignalState, Suggestion
from studies.engine.planning.points import PlannedFit, trial_of
from studies.engine.planning.run import Run
from studies.engine.running.schedule import Schedule
from studies.engine.search.signal_search import SignalSearch
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import Store
from tests.fakes.runs import fit_row

Score = Callable[[PlannedFit], float]


def height(network: Siren2Config) -> float:
    """Noise-free PSNR in dB: a paraboloid of 50 dB at s0 = 200, s1 = 1."""
    return 50 - 4 * math.log(network.s0 / 200) ** 2 - 6 * (network.s1 - 1) ** 2


def noisy(seed: int, *, shared: float = 2.0, own: float = 0.5) -> Score:
    """`height` plus an effect that a seed has on all points, plus noise of each fit."""

    def draw(kind: int, number: int, scale: float) -> float:
        return np.random.default_rng([seed, kind, number]).normal(0, scale)

    def score(fit: PlannedFit) -> float:
        assert isinstance(fit.trial.network, Siren2Config)
        effect = draw(1, fit.trial.seed, shared)
        return height(fit.trial.network) + effect + draw(2, int(fit.trial.key[:8], 16), own)

    return score


def grid_rows(run, signal, score, seeds):
    """Rows of the whole grid, as `audio_grid` leaves them."""
    rows = {}
    for point in run.question.points(run, signal):
        for seed in seeds:
            if point.kind == "grid":
                trial = trial_of(run.scale, signal, point, seed)
                fit = PlannedFit(signal=signal, point=point, trial=trial, stage=0)
                rows[trial.key] = fit_row(fit, score(fit))
    return rows


def cells_of(run, signal):
    return {p.scales for p in run.question.points(run, signal) if p.kind == "grid"}


class Search:
    """Runs a search over planted landscapes, fit by fit. `rows` are what a store would hold."""

    def __init__(
        self,
        run: Run,
        signals: Sequence[Signal],
        folder: Path,
        score: Score,
        *,
        storage: BaseStorage | Sequence[BaseStorage] | None = None,
        rows: dict[str, dict[str, Row]] | None = None,
        num_workers: int = 4,
        curves: bool = False,
    ) -> None:
        storage, store = storage or InMemoryStorage(), Store(str(folder))
        # A sequence holds a storage for each signal.
        storages = [storage] * len(signals) if isinstance(storage, BaseStorage) else storage
        self.run, self.score, self.num_workers = run, score, num_workers
        self.store, self.curves = store, curves
        self.fitted: list[PlannedFit] = []
        self.rows = rows or {signal.sha256: {} for signal in signals}
        question = run.question
        assert isinstance(question, audio_search.Search)
        self.question = question
        self.searches, steps = {}, []
        for signal, of_signal in zip(signals, storages, strict=True):
            state = SignalState(run, signal, self.rows[signal.sha256])
            search = SignalSearch(state, question.settings, of_signal, store)
            self.searches[signal.sha256] = search
            steps.append((question.steps_of(state, search), state.rows))
        self.schedule = Schedule(steps, lambda _: 4.0, num_workers=num_workers)

    def fits(self, order: np.random.Generator | None = None) -> Iterator[PlannedFit]:
        """Every fit as it ends; with `order`, at a random worker each time."""
        busy: list[list[PlannedFit]] = []
        while not self.schedule.is_finished:
            while len(busy) < self.num_workers and (batch := self.schedule.next()):
                busy.append(list(batch.fits))
            worker = busy[int(order.integers(len(busy))) if order else 0]
            fit = worker.pop(0)
            busy = [batch for batch in busy if batch]
            self.schedule.record(self._train(fit))
            self.fitted.append(fit)
            yield fit

    def to_the_end(self) -> Self:
        """Run all that is left, and return the search."""
        for _ in self.fits():
            pass
        return self

    def _train(self, fit: PlannedFit) -> Row:
        """The row of a fit whose PSNR climbs to its score; it ends at a rung where it is behind."""
        psnr, epochs = self.score(fit), curve_epochs(fit.trial.fit.epochs)
        climb = psnr * (epochs / epochs[-1]) ** 0.2
        behind = [
            i for i, epoch in enumerate(epochs) if climb[i] < fit.rungs.get(int(epoch), -math.inf)
        ]
        end = behind[0] if behind else len(epochs) - 1
        if self.curves:
            curve = zip(epochs[: end + 1].tolist(), climb[: end + 1].tolist(), strict=True)
            self.store.append([], [{"key": fit.trial.key, "epoch": e, "psnr": p} for e, p in curve])
        row = fit_row(fit, float(climb[end]), "partial" if behind else "ok")
        return row | {"num_epochs": int(epochs[end])}

    def known(self, signal: Signal) -> list[Suggestion]:
        """All that the signal's study holds."""
        return self.searches[signal.sha256].suggestions()

    def state(self, signal: Signal) -> SignalState:
        """What is known of a signal by now."""
        return SignalState(self.run, signal, self.rows[signal.sha256], self.known(signal))

    def choice(self, signal: Signal) -> Choice:
        """How the optimum of a signal is chosen."""
        return self.question.choice(self.state(signal))

    def regrets(self, signal: Signal) -> list[Regret]:
        """Every rule's regret on a signal."""
        return regrets(self.state(signal), self.choice(signal), self.question.confirmation)

    def suggested(self) -> dict[str, list[NoiseScales]]:
        """Every suggestion in its order, by signal."""
        return {
            sha: [s.scales for s in search.suggestions() if not s.warm]
            for sha, search in self.searches.items()
        }
