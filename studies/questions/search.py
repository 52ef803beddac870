"""Search with Optuna: how far below the optimum that it finds does each rule lie?"""

import dataclasses
import datetime
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from studies.engine.outcomes.choosing import Choice, race, suggested_means, top_candidates
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState, Suggestion
from studies.engine.planning.points import Ahead, Place, PlannedFit, Point, Step, planned
from studies.engine.planning.question import Flag, Question, Steps, field_flag, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale
from studies.engine.planning.study import Study
from studies.engine.search.settings import MAX_REPEATS, ROUND_SIZES, SearchSettings
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import Row
from studies.engine.store.store import UNFINISHED, Store
from studies.questions.rule_check import RuleCheck

if TYPE_CHECKING:
    from studies.engine.search.signal_search import SignalSearch  # needs Optuna


class Suggesting(Protocol):
    """Name what the steps of a signal need of a search, which is running or only read."""

    @property
    def num_left(self) -> int: ...
    def warm_start(self) -> None: ...
    def unfinished(self) -> list[PlannedFit]: ...
    def next_round(self) -> list[PlannedFit]: ...
    def tell(self) -> None: ...
    def suggestions(self) -> Sequence[Suggestion]: ...


@kind("search")
@dataclass(frozen=True, kw_only=True)
class Search(RuleCheck):
    """Search each signal's optimum with Optuna, and score every rule against it.

    A search starts from all stored fits of a signal and from the rules' points.

    Args:
        settings: How each signal is searched.
    """

    counts_at_most = True

    settings: SearchSettings = field(default_factory=SearchSettings)

    def check_signals(self, run: Run, signals: Sequence[Signal]) -> None:
        from studies.engine.search.signal_search import check_search

        check_search(run, self.settings, signals)

    def flags(self, study: Study) -> list[Flag]:
        return [
            *super().flags(study),
            field_flag(
                "trials",
                "question.settings.trials",
                "suggestions for every signal",
                type=int,
                metavar="N",
            ),
            field_flag(
                "sampler",
                "question.settings.sampler",
                "tpe, gp, random, or prior, which knows landscapes of other signals",
                names=tuple(ROUND_SIZES),
                metavar="NAME",
            ),
            field_flag(
                "early_stopping",
                "question.settings.early_stopping",
                "stop fits that are behind the others of their signal",
                action="store_true",
            ),
        ]

    def identity(self) -> Question:
        return dataclasses.replace(self, settings=self.settings.identity())

    def choice(self, state: SignalState) -> Choice:
        """Return the optimum, which the choosing seeds choose among the candidates."""
        tried = suggested_means(state)
        candidates = top_candidates(state, tried, self.top)
        chosen = race(state, candidates, self.choosing_seeds)
        cells = [point for point in candidates if point.kind == "grid"]
        compared = [*state.rule_points, *cells]
        return Choice(tried, chosen.winner, compared, state.rule_points, chosen.rounds)

    def all_steps(self, states: Sequence[SignalState], store: Store) -> list[Steps]:
        from studies.engine.search.journals import FOLDER, Journals
        from studies.engine.search.signal_search import SignalSearch

        journals = Journals(store, states[0].run, self.settings)
        searches = []
        for state in states:
            storage, keep = journals.open(state.signal)
            searches.append(SignalSearch(state, self.settings, storage, store, keep))
        if num := sum(search.is_of_two_versions for search in searches):
            print(
                f"{store.results}/{FOLDER}: another version of Optuna began {num} of these "
                "searches, or one that was not noted. Their suggestions may differ from those of "
                "one version.",
                file=sys.stderr,
            )
        return [self.steps_of(*pair) for pair in zip(states, searches, strict=True)]

    def steps(self, state: SignalState) -> Steps:
        """Yield the steps that follow from the suggestions of `state`."""
        return self.steps_of(state, _Stored(state, self.settings))

    def steps_of(self, state: SignalState, search: "Suggesting | SignalSearch") -> Steps:
        """Yield the rules' points, round after round, then what confirms the optimum."""

        def ahead() -> Ahead:
            return self._ahead(state)

        places = [Place(0, p, s) for p in state.rule_points for s in state.run.scale.map_seeds]
        keep = self.keeps_outputs
        yield Step(planned(state.run.scale, state.signal, places, lambda _: keep), ahead)
        search.warm_start()
        yield Step(search.unfinished(), ahead)
        while fits := search.next_round():
            yield Step(fits, ahead)
            search.tell()
        # A search can suggest more only when its suggestions have their scores.
        yield Step((), ahead, is_open=search.num_left > 0)
        state.suggestions = search.suggestions()
        yield from self._confirmation(state)

    def suggested_ahead(self, state: SignalState) -> Ahead:
        """Return the fits of all suggestions, and a bound on those of suggestions to come."""
        stored = _Stored(state, self.settings)
        return Ahead(stored.fits(), stored.num_left * state.run.scale.seeds)

    def _ahead(self, state: SignalState) -> Ahead:
        """Return the fits of all suggestions and comparisons, and a bound on what follows."""
        scale = state.run.scale
        suggested, num_left = self.suggested_ahead(state)
        certain, at_most = super()._ahead(state)
        at_most += num_left
        # The best cell is compared, too, if the store has fits of a grid.
        cells = [key for point in state.cells for key in state.keys(point, scale.map_seeds)]
        if any(state.rows[key]["status"] not in UNFINISHED for key in cells if key in state.rows):
            at_most += len(self.choosing_seeds) + len(self.scoring_seeds)
        return Ahead([*suggested, *certain], at_most)

    def suggestions(
        self, run: Run, signals: Sequence[Signal], store: Store
    ) -> Mapping[str, Sequence[Suggestion]]:
        from studies.engine.search.journals import Journals

        return Journals(store, run, self.settings).suggestions(signals)

    def stored_where(self, run: Run) -> dict[str, Any]:
        return super().stored_where(run) | {
            "network": "siren2",
            "hp_zero_output_bias": run.scale.zero_output_bias,
        }

    def reported_rows(self, state: SignalState, asked: set[str]) -> dict[str, Row]:
        # A search starts from every stored fit of its signals.
        return state.rows

    def tracked_points(self, state: SignalState) -> Sequence[Point]:
        """Return the rules' points, the search's own, and what was fitted to be confirmed."""
        confirming = (*self.choosing_seeds, *self.scoring_seeds)
        points = {point.network: point for point in state.rule_points}
        for suggestion in state.suggestions:
            point = state.point_at(suggestion.scales)
            # A point of another study is shown if it was fitted on confirming seeds.
            if not suggestion.warm or state.stored(point, confirming):
                points.setdefault(point.network, point)
        return list(points.values())

    def num_together(self, scale: Scale, num_missing: int) -> int:
        return self.settings.together * scale.seeds

    def facts(self, run: Run) -> dict[str, str]:
        return super().facts(run) | {"search": self.search_fact(run)}

    def notes(self, state: SignalState) -> list[str]:
        num, asked = len(state.suggested), self.settings.trials
        if not (_is_exhausted(state) and num < asked):
            return []
        return [
            f"{state.signal.name}: the search ended after {num} of {asked} suggestions, because "
            f"{MAX_REPEATS} in a row repeated points that were tried. More trials find nothing new."
        ]

    def search_fact(self, run: Run) -> str:
        """Return what the report says of the search."""
        stopped = ""
        if self.settings.early_stopping:
            stopped = " Fits that were behind ended early."
        return (
            f"{self.settings.trials} suggestions for each {run.noun} by the sampler "
            f"{self.settings.sampler}, in rounds of {self.settings.together}, seed "
            f"{self.settings.seed}.{stopped} The Optuna study of each {run.noun} is in _searches, "
            "in a file whose name begins with its SHA-256."
        )

    def report(self, results: Results, now: datetime.datetime) -> Report:
        from analysis.regret.report import regret_report
        from studies.engine.search.journal import importance

        choices = [self.choice(state) for state in results.states]
        return regret_report(results, choices, self.confirmation, now, importance)


def _is_exhausted(state: SignalState) -> bool:
    """Return whether a signal's search ended because it only repeated points."""
    return bool(state.suggestions) and state.suggestions[-1].is_last


class _Stored:
    """A search that is only read: it replays what the journal holds of a signal."""

    def __init__(self, state: SignalState, settings: SearchSettings) -> None:
        self.state, self.settings = state, settings
        self.is_over = False

    @property
    def num_left(self) -> int:
        """Number of suggestions that Optuna has still to make."""
        if _is_exhausted(self.state):
            return 0
        return max(self.settings.trials - len(self.state.suggested), 0)

    def fits(self) -> list[PlannedFit]:
        """Return the fits of all suggestions."""
        # No fit falls below this rung. It marks fits that may stop early, and count as done then.
        rungs = {0: -math.inf} if self.settings.early_stopping else {}
        points = [self.state.point_at(s.scales) for s in self.state.suggested]
        fits = self.state.fits(1, points, self.state.run.scale.map_seeds)
        return [dataclasses.replace(fit, rungs=rungs) for fit in fits]

    def warm_start(self) -> None:
        """Do nothing: the journal holds what was known at the start."""

    def unfinished(self) -> list[PlannedFit]:
        """Return nothing: all fits are in the first round."""
        return []

    def next_round(self) -> list[PlannedFit]:
        """Return all fits once, then nothing."""
        if self.is_over:
            return []
        self.is_over = True
        return self.fits()

    def tell(self) -> None:
        """Do nothing: Optuna has the scores."""

    def suggestions(self) -> Sequence[Suggestion]:
        """Return what the journal holds."""
        return self.state.suggestions
