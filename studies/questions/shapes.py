"""Fit the signed distance of shapes: which network does it best, and how good is its surface?"""

import dataclasses
import datetime
from dataclasses import dataclass

from inr_models import InputError
from inr_models.checks import check_whole
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.planning.question import Flag, Question, field_flag, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale
from studies.engine.planning.study import Study
from studies.questions.comparison import Comparison

LARGEST_RESOLUTION = 1024


@kind("shapes")
@dataclass(frozen=True, kw_only=True)
class Shapes(Comparison):
    """Compare networks as `Comparison` does, and make a mesh of each.

    Args:
        resolution: Points of the grid of marching cubes along each axis. It has no part in the
            fits, so another one needs none.

    Raises:
        InputError: The resolution is out of its range.
    """

    resolution: int = 64

    def __post_init__(self) -> None:
        check_whole("--resolution", self.resolution, 8, LARGEST_RESOLUTION)

    def check(self, scale: Scale) -> None:
        super().check(scale)
        if scale.signed_distance is None:
            raise InputError.at("missing", "signed_distance", "a study of shapes needs it.")

    def flags(self, study: Study) -> list[Flag]:
        return [
            *super().flags(study),
            field_flag(
                "resolution", "question.resolution",
                "points of the grid of a mesh along each axis", type=int, metavar="N",
            ),
        ]  # fmt: skip

    def identity(self) -> Question:
        # Meshes of another resolution come from the same fits.
        return dataclasses.replace(self, resolution=64)

    def facts(self, run: Run) -> dict[str, str]:
        loss = run.scale.signed_distance
        assert loss is not None, "`check` refuses a scale without it"
        weights = ", ".join(
            f"{name} {getattr(loss, name):g}"
            for name in ("surface", "normal", "eikonal", "distance", "far")
        )
        side = round(run.scale.max_samples ** (1 / 3))
        return super().facts(run) | {
            "loss": f"{loss.points:,} samples of each kind in every update. The weights are "
            f"{weights}.",
            "PSNR": f"That of the distance on {side}³ points of the box, cut off at ±0.1 and "
            "divided by 0.1. It chooses the best epoch.",
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.shapes.report import shapes_report

        winners = [self.winners(state) for state in results.states]
        return shapes_report(results, winners, self.resolution, now)
