"""Map a grid: where in (s0, s1) does a signal fit best, and what does the best cell gain?"""

import dataclasses
import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from studies.engine.outcomes.choosing import Choice
from studies.engine.outcomes.landscape import landscape
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import SCORING_STAGE, Ahead, Place, Point, Step
from studies.engine.planning.question import Steps, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, confirming_seeds, seeds_text
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import HEADLINE, PSNR_HELD_OUT, Metric
from studies.engine.store.rows import Row
from studies.questions.noise_scales import (
    NoiseScaleQuestion,
    map_fits,
    plain_siren,
)


@kind("grid")
@dataclass(frozen=True, kw_only=True)
class Grid(NoiseScaleQuestion):
    """Fit every cell of the grid, plain SIREN and the rules' points.

    The grid's own seeds choose the best cell. It is then compared with SIREN and with the first
    rule on the scoring seeds. If samples are held out of the fit, the cell that is best between the
    fitted samples is compared as well.
    """

    def with_confirming_seeds(self, count: int) -> "Grid":
        _, scoring = confirming_seeds(count)
        return dataclasses.replace(self, scoring_seeds=scoring)

    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return plain SIREN, the rules' points and the grid's cells."""
        return [plain_siren(run, signal), *super().points(run, signal)]

    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        return {"psnr_peak": scale.map_seeds, "psnr_confirmed": self.scoring_seeds}

    def choice(self, state: SignalState) -> Choice:
        """Return the best cell, which the grid's own seeds choose."""
        tried = landscape(state).cell_means
        best = list(tried)[:1]
        return Choice(tried, best[0] if best else None, self._compared(state))

    def steps(self, state: SignalState) -> Steps:
        """Yield the whole map with what the best cell is compared with, then the best cell."""
        scale, compared = state.run.scale, self._compared(state)
        scored = [Place(scale.seeds + 1, p, seed) for p in compared for seed in self.scoring_seeds]

        def ahead() -> Ahead:
            best = self.best_cells(state)
            if best and all(map(state.is_done, map_fits(state, state.points))):
                return Ahead(state.fits(SCORING_STAGE, best, self.scoring_seeds))
            return Ahead(at_most=len(_metrics(scale)) * len(self.scoring_seeds))

        yield Step(map_fits(state, state.points, scored), ahead)
        if best := self.best_cells(state):
            keep = state.signal.has_gaps  # the report fills them
            yield Step(state.fits(SCORING_STAGE, [*best, *compared], self.scoring_seeds, keep=keep))

    def best_cells(self, state: SignalState) -> list[Point]:
        """Return the cell that fits best, and where samples are held out the best between them."""
        best = [landscape(state, metric).best for metric in _metrics(state.run.scale)]
        return [point for point in best if point]

    def reported_rows(self, state: SignalState, asked: set[str]) -> dict[str, Row]:
        # An incomplete grid may have confirmed its best cell, because failed fits run again later.
        for best in self.best_cells(state):
            asked = asked | set(state.keys(best, self.scoring_seeds))
        return super().reported_rows(state, asked)

    def facts(self, run: Run) -> dict[str, str]:
        return super().facts(run) | {
            "compared with": "plain SIREN of the same size",
            "seeds": f"The grid uses {seeds_text(run.scale.map_seeds)}. What is compared is fitted "
            f"again on {run.confirming_text(self.scoring_seeds)}.",
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.grid.report import grid_report

        choices = [self.choice(state) for state in results.states]
        return grid_report(results, choices, self.scoring_seeds, now)

    @staticmethod
    def _compared(state: SignalState) -> list[Point]:
        return [state.by_name["siren"], state.by_name[state.run.scale.rules[0]]]


def _metrics(scale: Scale) -> list[Metric]:
    """Return the scores whose best cells are compared."""
    return [HEADLINE, PSNR_HELD_OUT] if scale.hold_out else [HEADLINE]
