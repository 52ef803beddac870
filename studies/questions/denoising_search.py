"""Search the noise scales of SIREN² that denoise best, without the clean signal."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from inr_models import InputError
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Ahead
from studies.engine.planning.question import Flag, Steps, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, seeds_text
from studies.engine.planning.study import Study
from studies.questions.noise_scales import NoiseScaleQuestion
from studies.questions.noisy import Noisy
from studies.questions.search import Search


@kind("denoising_search")
@dataclass(frozen=True, kw_only=True)
class DenoisingSearch(Noisy, Search):
    """Search (s0, s1) of a noisy signal by the PSNR of samples that are held out.

    It starts from the rules' points and from all stored fits of the noisy signal. Nothing is
    confirmed on other seeds: the held-out samples choose the point, as they choose the epoch.
    """

    keeps_outputs = True

    choosing_seeds: tuple[int, ...] = ()
    scoring_seeds: tuple[int, ...] = ()

    def check(self, scale: Scale) -> None:
        if scale.grid is None or not (scale.rules and scale.hold_out and scale.blind):
            why = "a search of noisy signals needs a grid, a rule, and samples that are held out."
            raise InputError.at("missing", "hold_out", why)

    def flags(self, study: Study) -> list[Flag]:
        # No optimum is confirmed.
        unused = ("confirm_seeds", "choosing_seeds")
        own = [flag for flag in Search.flags(self, study) if flag.name not in unused]
        return [*own, *self.noise_flags()]

    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        return {"psnr_peak": scale.map_seeds}

    def _confirmation(self, state: SignalState) -> Steps:
        yield from ()

    def _ahead(self, state: SignalState) -> Ahead:
        return self.suggested_ahead(state)

    def facts(self, run: Run) -> dict[str, str]:
        return NoiseScaleQuestion.facts(self, run) | {
            "search": self.search_fact(run),
            "noise": self.noise_fact(),
            "choice": f"The {run.scale.hold_out} of the noisy samples that no fit has seen choose "
            "the epoch and the point. The clean signal has no part in it. What the clean signal "
            "chose among the points is marked oracle.",
            "seeds": f"The points are tried on {seeds_text(run.scale.map_seeds)}.",
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.denoising.report import denoising_report

        return denoising_report(results, now)
