"""Search one signal: what to try next, given what is known of it.

Optuna suggests points in rounds and gets their scores in the order of their numbers. The number
seeds the sampler of a suggestion. So the same scores lead to the same suggestions, whichever fit
ends first.
"""

import contextlib
import hashlib
import math
import statistics
from collections.abc import Callable, Iterable, Mapping

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, Trial, TrialState

from inr_models import InputError
from search_spaces.networks import stable
from search_spaces.rules import NoiseScales
from studies.engine.outcomes.signal_state import (
    SignalState,
    Suggestion,
    objective,
    score_of,
    search_point,
)
from studies.engine.planning.points import PlannedFit, Point
from studies.engine.planning.run import Run
from studies.engine.search import journal
from studies.engine.search.journal import NUM_WARM
from studies.engine.search.rungs import Rungs
from studies.engine.search.samplers import Searched, make_sampler
from studies.engine.search.settings import MAX_REPEATS, SearchSettings
from studies.engine.search.space import space, space_text
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import ZERO_OUTPUT
from studies.engine.store.rows import Row
from studies.engine.store.store import Store

_SCORED = (TrialState.COMPLETE, TrialState.PRUNED)


class SignalSearch:
    """Searches one signal.

    Args:
        state: The signal. Its rows grow while the search runs.
        settings: How the signal is searched.
        storage: Where the signal's Optuna study is.
        store: The results, for the curves that early stopping compares.
        keep: A function that is called when the journal holds something new.

    Attributes:
        is_of_two_versions: Whether another version of Optuna, or one that was not noted, has begun
            the signal's study.
    """

    def __init__(
        self,
        state: SignalState,
        settings: SearchSettings,
        storage: BaseStorage,
        store: Store,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        self.state, self.settings, self.keep = state, settings, keep
        self.run, self.signal, self.rows = state.run, state.signal, state.rows
        self.searched = searched(self.run, self.signal)
        self.space = self.searched.space
        self.study = self._open(storage)
        self.is_of_two_versions = journal.note_version(self.study)
        self.rungs = Rungs(self.run, store) if settings.early_stopping else None

    def warm_start(self) -> None:
        """Give Optuna every known point inside the space, once."""
        values = objective(self.state.known_points(), self.run.scale.map_seeds)
        inside = {}
        for point, value in values.items():
            if point.scales and self._contains(point.scales):
                inside[point.scales] = value
        if NUM_WARM not in self.study.user_attrs:
            journal.add_known(self.study, self.space, inside.items())
            self.study.set_user_attr(NUM_WARM, len(inside))
        self.tried = {self._point(trial).scales for trial in self._scored()}
        for trial in self._unscored():
            # A run may have been killed before it marked a repeat as one.
            if self._point(trial).scales in self.tried:
                self.study.tell(trial.number, state=TrialState.FAIL)
        self.tried |= {self._point(trial).scales for trial in self._unscored()}
        self.tried |= {NoiseScales(row["hp_s0"], row["hp_s1"]) for row in self.rows.values()}
        # Optuna has no scores yet for the other rows: they belong to an unfinished round.
        self._note_rungs(map(self._point, self._scored()))

    def unfinished(self) -> list[PlannedFit]:
        """Return fits of earlier rounds that failed. Optuna has zero output's PSNR for them."""
        suggested = self._suggested()
        fits = self._fits(suggested, stage=0, rungs={})
        # A point that was stopped early needs no other seed.
        stopped = {self._point(t).network for t in suggested if t.state == TrialState.PRUNED}
        return [fit for fit in fits if fit.trial.network not in stopped]

    def suggestions(self) -> list[Suggestion]:
        """Return all that was known or suggested, in order."""
        return journal.suggestions_of(self.study)

    def next_round(self) -> list[PlannedFit]:
        """Return the fits of the next round, or of one that a killed run left. [] at the end."""
        trials, num_scored = self._unscored(), len(self._suggested())
        # Another driver of this search may have suggested some of them.
        self.tried |= {self._point(trial).scales for trial in trials}
        num_suggested, size = num_scored + len(trials), self.settings.together
        # A killed run may have left a round half suggested or half scored. Both are completed.
        full_rounds = math.ceil(num_suggested / size) if trials else num_suggested // size + 1
        while num_suggested < min(full_rounds * size, self.settings.trials):
            suggested = self._ask(num_suggested)
            if suggested is None:
                self.study.set_user_attr(journal.EXHAUSTED, num_suggested)
                break
            trials.append(suggested)
            num_suggested += 1
        self.keep()
        thresholds = {
            seed: self.rungs.thresholds(seed) if self.rungs else {}
            for seed in range(self.run.scale.seeds)
        }
        return self._fits(trials, 1 + num_scored // size, thresholds)

    def _fits(
        self, trials: Iterable[FrozenTrial], stage: int, rungs: Mapping[int, Mapping[int, float]]
    ) -> list[PlannedFit]:
        return [
            PlannedFit(
                signal=self.signal,
                point=point,
                trial=self.state.trial(point, seed),
                stage=stage,
                rungs=rungs.get(seed, {}),
                keep=self.run.question.keeps_outputs,
            )
            for point in map(self._point, trials)
            for seed in range(self.run.scale.seeds)
        ]

    def tell(self) -> None:
        """Give Optuna the scores of the round, in the order of its suggestions."""
        trials = self._unscored()
        for trial in trials:
            rows = self._rows(self._point(trial))
            # Another driver of this search may have suggested more meanwhile.
            if len(rows) == self.run.scale.seeds:
                with contextlib.suppress(UpdateFinishedTrialError):  # it was faster
                    self._tell(Trial(self.study, trial._trial_id), rows)
        self._note_rungs(map(self._point, trials))
        self.keep()

    def _tell(self, trial: Trial, rows: Mapping[int, Row]) -> None:
        scores = {seed: self._score_for_optuna(row) for seed, row in rows.items()}
        trial.set_user_attr("psnr_by_seed", scores)
        whole = [score for score in scores.values() if score is not None]
        if len(whole) == len(scores):
            self.study.tell(trial, statistics.fmean(whole), skip_if_finished=True)
        else:
            assert self.rungs
            epoch, value = self.rungs.at_first_stop(rows)
            trial.report(value, epoch)
            self.study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)

    @property
    def num_left(self) -> int:
        """Number of suggestions that Optuna has still to make."""
        return self.settings.trials - len(self._suggested()) - len(self._unscored())

    @property
    def num_warm(self) -> int:
        """Number of points that were known at the start."""
        return self.study.user_attrs[NUM_WARM]

    def _open(self, storage: BaseStorage) -> optuna.Study:
        # Optuna needs a sampler to load a study. `_ask` replaces it for every suggestion.
        sampler = RandomSampler(seed=0)
        name = journal.stored_name(storage, self.signal)
        if name:
            study = optuna.load_study(study_name=name, storage=storage, sampler=sampler)
            if NUM_WARM in study.user_attrs:
                for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
                    # A run may have been killed while Optuna drew a suggestion.
                    if trial.params.keys() != self.space.keys():
                        study.tell(trial.number, state=TrialState.FAIL)
                return study
            if not study.get_trials(deepcopy=False):
                return study  # its rules are being fitted, perhaps by another driver
            # A run was killed while it added the known points.
            optuna.delete_study(study_name=name, storage=storage)
        study = optuna.create_study(
            study_name=journal.study_name(self.signal),
            storage=storage,
            sampler=sampler,
            direction="maximize",
        )
        journal.note_version(study)
        study.set_user_attr(journal.SPACE, space_text(self.space))
        return study

    def _score_for_optuna(self, row: Row) -> float | None:
        # The sampler learns from a failure. The comparison waits until the fit has a score.
        return row[ZERO_OUTPUT] if row["status"] == "failed" else score_of(row)

    def _ask(self, index: int) -> FrozenTrial | None:
        for attempt in range(MAX_REPEATS):
            content = f"{self.settings.seed} {self.signal.sha256} {index} {attempt}"
            seed = int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], "big")
            self.study.sampler = make_sampler(self.settings.sampler, seed, self.searched)
            trial = self.study.ask(dict(self.space))
            scales = NoiseScales(stable(trial.params["s0"]), stable(trial.params["s1"]))
            if scales not in self.tried:
                self.tried.add(scales)
                return self.study.get_trials(deepcopy=False)[trial.number]
            self.study.tell(trial, state=TrialState.FAIL)  # this suggestion repeats a known point
        return None

    def _unscored(self) -> list[FrozenTrial]:
        trials = self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        # Another driver may be drawing one.
        return [trial for trial in trials if trial.params.keys() == self.space.keys()]

    def _scored(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=_SCORED)

    def _suggested(self) -> list[FrozenTrial]:
        """Return the scored trials that were not known at the start."""
        num_warm = self.num_warm
        return [trial for trial in self._scored() if trial.number >= num_warm]

    def _contains(self, scales: NoiseScales) -> bool:
        at = scales._asdict()
        return all(space.low <= at[name] <= space.high for name, space in self.space.items())

    def _point(self, trial: FrozenTrial) -> Point:
        return search_point(self.run, NoiseScales(trial.params["s0"], trial.params["s1"]))

    def _rows(self, point: Point) -> dict[int, Row]:
        seeds = range(self.run.scale.seeds)
        keys = zip(seeds, self.state.keys(point, seeds), strict=True)
        return {seed: self.rows[key] for seed, key in keys if key in self.rows}

    def _note_rungs(self, points: Iterable[Point]) -> None:
        if self.rungs:
            rows = [row for p in points for row in self._rows(p).values()]
            self.rungs.note({row["key"]: row["seed"] for row in rows})


def searched(run: Run, signal: Signal) -> Searched:
    """Return what a run searches for a signal.

    Raises:
        InputError: The space has no extent.
    """
    target = run.scale.target(signal)
    return Searched(space(run, signal), target, run.scale.seeds)


def check_search(run: Run, settings: SearchSettings, signals: Iterable[Signal]) -> None:
    """Refuse a search that cannot run, before anything starts.

    Raises:
        InputError: There is no such sampler, it knows nothing of such fits, or the space has no
            extent.
    """
    if settings.sampler == "prior" and run.scale.hold_out:
        why = "it knows fits of all samples, not those that hold some out. Use --sampler tpe."
        raise InputError.of_value("conflict", "--sampler", "prior", why)
    for signal in signals:
        make_sampler(settings.sampler, 0, searched(run, signal))
