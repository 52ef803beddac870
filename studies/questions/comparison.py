"""Compare networks: which one fits each signal best?"""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from inr_models import InputError
from search_spaces.networks import NETWORKS, Case, plugin_case, space_of
from search_spaces.plugins import is_plugin
from studies.engine.outcomes.choosing import best_tuned
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import (
    CHOOSING_STAGE,
    SCORING_STAGE,
    Ahead,
    Place,
    PlannedFit,
    Point,
    Step,
    planned,
    points_of_cases,
)
from studies.engine.planning.question import Flag, Question, Steps, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import FIRST_CHOOSING_SEED, Scale, seeds_text
from studies.engine.planning.study import Study
from studies.engine.signals.signal import Signal


@kind("comparison")
@dataclass(frozen=True, kw_only=True)
class Comparison(Question):
    """Fit networks beside each other, with equal parameters, steps and seeds.

    Args:
        tuning_seeds: The seeds that choose each network's own settings. Scores are on other seeds.
            Empty for a comparison of published settings alone.
    """

    keeps_targets = True

    tuning_seeds: tuple[int, ...] = ()

    def check(self, scale: Scale) -> None:
        if not scale.cases:
            raise InputError.at(
                "missing", "cases", "a comparison needs them; name two networks or more."
            )

    def flags(self, study: Study) -> list[Flag]:
        return [
            Flag(
                name="networks",
                read=lambda run: [case.name for case in run.scale.cases],
                change=_with_networks,
                help="cases of the study as its tables name them, other networks, or FILE.py:CLASS",
                default="all cases of the study",
                names=_valid_names(study),
                options={"nargs": "+", "metavar": "NAME"},
                agrees=_has_networks,
            ),
            Flag(
                name="tune",
                read=lambda run: bool(_own(run).tuning_seeds),
                change=_tuned,
                help="also search each network's own settings, on a seed that no score is on",
                options={"action": "store_true"},
            ),
        ]

    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return every case at its published settings, then the points that tune it."""
        published, tuning = points_of_cases(run.scale, signal), []
        if self.tuning_seeds:
            for point in published:
                for change, changed in space_of(point.network):
                    name = f"{point.case}, {change}"
                    other = dataclasses.replace(point, name=name, kind="tuning", network=changed)
                    tuning.append(other)
        return published + tuning

    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        return {"psnr_peak": scale.map_seeds, "psnr_choosing": self.tuning_seeds}

    def steps(self, state: SignalState) -> Steps:
        """Yield all cases with what tunes them, then the points that win the tuning."""
        scale = state.run.scale
        places = []
        for point in state.points:
            if point.kind == "network":
                places += [Place(seed, point, seed) for seed in scale.map_seeds]
            places += [Place(CHOOSING_STAGE, point, seed) for seed in self.tuning_seeds]
        tuned = {point.case for point in state.points if point.kind == "tuning"}

        def ahead() -> Ahead:
            winners = self.winners(state)
            return Ahead(self._scored(state, winners), (len(tuned) - len(winners)) * scale.seeds)

        # The pictures of a comparison show its first seed.
        fits = planned(scale, state.signal, places, keep=lambda place: place.seed == 0)
        yield Step(fits, ahead)
        yield Step(self._scored(state, self.winners(state)))

    def winners(self, state: SignalState) -> list[Point]:
        """Return the tuned points that beat the published ones on the tuning seeds."""
        return best_tuned(state, self.tuning_seeds)

    def _scored(self, state: SignalState, winners: Sequence[Point]) -> list[PlannedFit]:
        seeds = state.run.scale.map_seeds
        places = [Place(SCORING_STAGE, point, seed) for seed in seeds for point in winners]
        return planned(state.run.scale, state.signal, places, keep=lambda place: place.seed == 0)

    def facts(self, run: Run) -> dict[str, str]:
        seeds = f"All networks are scored on {seeds_text(run.scale.map_seeds)}."
        if self.tuning_seeds:
            seeds += f" Their settings are chosen on {seeds_text(self.tuning_seeds)}."
        return {
            "networks": f"{run.scale.depth} hidden layers, about {run.scale.parameters:,} "
            "parameters unless a width is named. SIREN²'s scales follow the rule "
            f"{run.scale.rules[0]}.",
            "seeds": seeds,
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.comparison.report import comparison_report

        winners = [self.winners(state) for state in results.states]
        return comparison_report(results, winners, now)


def _own(run: Run) -> Comparison:
    assert isinstance(run.question, Comparison), "only comparisons have the flag"
    return run.question


def _with_networks(run: Run, names: Sequence[str]) -> Run:
    """Return the run with the named cases, in the study's order, then the other named networks.

    A network that is no case of the study has its published settings.
    """
    own = {case.name: case for case in run.scale.cases}
    others = [name for name in dict.fromkeys(names) if name not in own]
    for name in others:
        if not is_plugin(name) and name not in NETWORKS:
            valid = ", ".join(dict.fromkeys([*own, *NETWORKS]))
            raise InputError.of_value(
                "unknown-name",
                "--networks",
                name,
                f"there is no case or network of that name. Give some of {valid}.",
            )
    cases = [case for name, case in own.items() if name in names]
    for name in others:
        if is_plugin(name):
            cases.append(plugin_case(name, "--networks"))
        else:
            cases.append(Case(name=name, network=name))
    return dataclasses.replace(run, scale=dataclasses.replace(run.scale, cases=tuple(cases)))


def _has_networks(run: Run, names: Sequence[str]) -> bool:
    """Return whether a run has these networks and no others, in any order."""
    by_file = {case.file: case.name for case in run.scale.cases if case.file}
    return {by_file.get(name, name) for name in names} == {case.name for case in run.scale.cases}


def _tuned(run: Run, tune: bool) -> Run:
    """Return the run with a tuning seed, or without."""
    seeds = (FIRST_CHOOSING_SEED,) if tune else ()
    return dataclasses.replace(run, question=dataclasses.replace(_own(run), tuning_seeds=seeds))


def _valid_names(study: Study) -> tuple[str, ...]:
    """Return the names that `--networks` takes: the study's cases, then all networks."""
    cases = [case.name for case in (*study.small.cases, *study.paper.cases)]
    return tuple(dict.fromkeys([*cases, *NETWORKS]))
