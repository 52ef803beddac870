"""Check rules: how far below a signal's confirmed optimum does each rule lie?"""

import dataclasses
import datetime
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from inr_models import InputError
from studies.engine.outcomes.choosing import ROUNDS, Choice, Confirmation, race, top_candidates
from studies.engine.outcomes.landscape import landscape
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import CHOOSING_STAGE, SCORING_STAGE, Ahead, PlannedFit, Step
from studies.engine.planning.question import Flag, Steps, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, confirming_seeds, seeds_text
from studies.engine.planning.study import Study
from studies.engine.store.rows import Row
from studies.questions.noise_scales import NoiseScaleQuestion, map_fits


@kind("rule_check")
@dataclass(frozen=True, kw_only=True)
class RuleCheck(NoiseScaleQuestion):
    """Map a signal, choose its optimum on fresh seeds, and score every rule against it.

    Args:
        choosing_seeds: The seeds that choose the optimum among the candidates, see `race`.
        top: How many of the best points that were tried are candidates. The best cell of the grid
            and every rule's point are candidates as well.
    """

    counts_at_most = True

    choosing_seeds: tuple[int, ...]
    top: int = 3

    def check(self, scale: Scale) -> None:
        super().check(scale)
        if not self.choosing_seeds:
            raise InputError.at("missing", "choosing_seeds", f"a {self.kind} needs them; give two.")

    def with_confirming_seeds(self, count: int) -> "RuleCheck":
        choosing, scoring = confirming_seeds(count)
        return dataclasses.replace(self, choosing_seeds=choosing, scoring_seeds=scoring)

    def flags(self, study: Study) -> list[Flag]:
        return [
            *super().flags(study),
            Flag(
                name="choosing_seeds",
                read=lambda run: len(_own(run).choosing_seeds),
                change=_with_choosing_seeds,
                help="fresh seeds that choose the optimum, if other than those that score it",
                options={"type": int, "metavar": "N"},
            ),
        ]

    @property
    def confirmation(self) -> Confirmation:
        """How the optimum is confirmed."""
        return Confirmation(self.choosing_seeds, self.scoring_seeds, self.top)

    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        return {
            "psnr_peak": scale.map_seeds,
            "psnr_choosing": self.choosing_seeds,
            "psnr_confirmed": self.scoring_seeds,
        }

    def choice(self, state: SignalState) -> Choice:
        """Return the optimum, which the choosing seeds choose among the candidates."""
        tried = landscape(state).cell_means
        chosen = race(state, top_candidates(state, tried, self.top), self.choosing_seeds)
        always = [*state.rule_points, *state.cells]
        return Choice(tried, chosen.winner, state.rule_points, always, chosen.rounds)

    def steps(self, state: SignalState) -> Steps:
        """Yield the map, then what chooses the optimum, then what scores it and the rules."""
        yield Step(map_fits(state, state.points), lambda: self._ahead(state))
        yield from self._confirmation(state)

    def _confirmation(self, state: SignalState) -> Steps:
        """Yield what chooses the optimum, then what scores it and the rules."""
        number, choice = 0, self.choice(state)
        while number < len(choice.rounds):
            left, seeds = choice.rounds[number]
            later = len(left) * (len(self.choosing_seeds) - len(seeds)) + len(self.scoring_seeds)
            certain = self._certain(state, choice)
            yield Step(
                state.fits(CHOOSING_STAGE, left, seeds), functools.partial(Ahead, certain, later)
            )
            number, choice = number + 1, self.choice(state)
        if choice.optimum:
            points = [choice.optimum, *choice.compared]
            yield Step(state.fits(SCORING_STAGE, points, self.scoring_seeds))

    def _certain(self, state: SignalState, choice: Choice) -> list[PlannedFit]:
        """Return the fits of the compared points that follow whatever the choice will be."""
        first = self.choosing_seeds[: ROUNDS[0]]
        return state.fits(CHOOSING_STAGE, choice.compared, (*first, *self.scoring_seeds))

    def _ahead(self, state: SignalState) -> Ahead:
        """Return what follows a map: certain fits, and a bound on those of the race."""
        choice, num = self.choice(state), len(self.choosing_seeds)
        later = len(choice.compared) * max(num - ROUNDS[0], 0)
        later += self.top * num + len(self.scoring_seeds)
        return Ahead(self._certain(state, choice), later)

    def reported_rows(self, state: SignalState, asked: set[str]) -> dict[str, Row]:
        if best := self.choice(state).optimum:
            asked = asked | set(state.keys(best, self.scoring_seeds))
        return super().reported_rows(state, asked)

    def facts(self, run: Run) -> dict[str, str]:
        return super().facts(run) | {
            "seeds": f"The points are tried on {seeds_text(run.scale.map_seeds)}. The optimum is "
            f"chosen on {run.confirming_text(self.choosing_seeds)}. It and the rules are compared "
            f"on {run.confirming_text(self.scoring_seeds)}.",
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.regret.report import regret_report

        choices = [self.choice(state) for state in results.states]
        return regret_report(results, choices, self.confirmation, now)


def _own(run: Run) -> RuleCheck:
    assert isinstance(run.question, RuleCheck), "only such questions have the flag"
    return run.question


def _with_choosing_seeds(run: Run, count: int) -> Run:
    question = _own(run)
    choosing, scoring = confirming_seeds(len(question.scoring_seeds), count)
    changed = dataclasses.replace(question, choosing_seeds=choosing, scoring_seeds=scoring)
    return dataclasses.replace(run, question=changed)
