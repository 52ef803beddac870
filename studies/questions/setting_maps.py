"""Map signals in several settings: where in (s0, s1) do networks of several sizes fit best?"""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from inr_models import InputError, SirenConfig
from inr_models.networks.width import width_for
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point, Step
from studies.engine.planning.question import Flag, Steps, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, seeds_text
from studies.engine.planning.study import Study
from studies.engine.signals.signal import Signal
from studies.questions.grid import Grid
from studies.questions.noise_scales import NoiseScaleQuestion, map_fits

RATIOS = (1 / 64, 64.0)
"""Bounds of the values for each parameter."""


class Setting(NamedTuple):
    """A setting of one signal.

    Args:
        name: "n/p 0.25, 4 layers", as points and tables have it.
        ratio: Values for each parameter, as the run asks for it. The width's rounding changes it.
        run: The run of a grid at this width and depth.
    """

    name: str
    ratio: float
    run: Run


@kind("setting_maps")
@dataclass(frozen=True, kw_only=True)
class SettingMaps(NoiseScaleQuestion):
    """Fit the cells of the grid, plain SIREN and the rules' points in several settings.

    Nothing is fitted again on fresh seeds, so a best cell is flattered by its seed's luck. The maps
    are data for rules that know the setting (`analysis.settings`).

    Args:
        ratios: Values for each parameter, n/p, of each setting.
        depths: Hidden layers of each setting.
    """

    scoring_seeds: tuple[int, ...] = ()

    ratios: tuple[float, ...]
    depths: tuple[int, ...]

    def check(self, scale: Scale) -> None:
        """Refuse a scale without a grid or a rule, and settings that are none."""
        if scale.grid is None or not scale.rules:
            fix = "maps need a grid and a rule; give both."
            raise InputError.at("missing", "grid", fix)
        low, high = RATIOS
        for ratio in self.ratios:
            if not low <= ratio <= high:
                fix = f"give numbers from {low:g} to {high:g}."
                raise InputError.of_value("out-of-range", "--ratios", ratio, fix)
        for name, values in (("--ratios", self.ratios), ("--depths", self.depths)):
            if not values:
                raise InputError.at("missing", name, "give one number or more.")
            if len(set(values)) < len(values):
                fix = "give each number once."
                raise InputError.of_value("taken", name, list(values), fix)
        for depth in self.depths:
            SirenConfig(depth=depth)  # it refuses what no network has

    def check_signals(self, run: Run, signals: Sequence[Signal]) -> None:
        for signal in signals:
            list(self.settings(run, signal))

    def flags(self, study: Study) -> list[Flag]:
        others = ("width", "depth", "confirm_seeds")
        common = [flag for flag in super().flags(study) if flag.name not in others]

        def settings_flag(name: str, help: str, of_type: type) -> Flag:
            return Flag(
                name=name,
                read=lambda run: list(getattr(_own(run), name)),
                change=lambda run, values: _with(run, **{name: tuple(values)}),
                help=f"{help}, a setting each",
                options={"nargs": "+", "metavar": "N", "type": of_type},
            )

        return [
            settings_flag("ratios", "values (samples times channels) for each parameter", float),
            settings_flag("depths", "hidden layers", int),
            *common,
        ]

    def settings(self, run: Run, signal: Signal) -> Iterator[Setting]:
        """Yield the settings of one signal.

        Raises:
            InputError: No width gives a network so many parameters.
        """
        shape = {"in_features": len(signal.shape), "out_features": signal.channels}
        scale, grid = run.scale, run.grid
        values = scale.target(signal).num_values
        for depth in self.depths:
            for ratio in self.ratios:
                width = width_for(SirenConfig(depth=depth), round(values / ratio), **shape)
                sized = dataclasses.replace(
                    scale, width=width, depth=depth, grid=grid.at_width(scale.width, width)
                )
                of_grid = dataclasses.replace(run, scale=sized, question=Grid())
                yield Setting(f"n/p {ratio:g}, {depth} layers", ratio, of_grid)

    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return plain SIREN, the rules' points and the grid's cells of each setting."""
        points = []
        for setting in self.settings(run, signal):
            for point in setting.run.question.points(setting.run, signal):
                name = f"{setting.name}: {point.name}"
                points.append(dataclasses.replace(point, name=name, case=setting.name))
        return points

    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        return {"psnr_peak": scale.map_seeds}

    def steps(self, state: SignalState) -> Steps:
        """Yield the maps."""
        yield Step(map_fits(state, state.points))

    def size(self, scale: Scale) -> str:
        ratios, depths = (" ".join(f"{v:g}" for v in vs) for vs in (self.ratios, self.depths))
        return f"n/p {ratios}, {depths} layers"

    def stored_where(self, run: Run) -> dict[str, Any]:
        where = super().stored_where(run)
        return {column: value for column, value in where.items() if column.startswith("fit_")}

    def facts(self, run: Run) -> dict[str, str]:
        return super().facts(run) | {
            "network": "SIREN² (WINNER), omega 30. The setting gives its width and depth.",
            "seeds": f"All points have {seeds_text(run.scale.map_seeds)}. The best cell "
            "is not fitted again on fresh seeds, so part of its lead is luck.",
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.settings.report import MappedSetting, settings_report

        mapped = []
        for state in results.states:
            mapped += [
                MappedSetting(s.name, s.ratio, SignalState(s.run, state.signal, state.rows))
                for s in self.settings(results.run, state.signal)
            ]
        return settings_report(results, mapped, now)


def _own(run: Run) -> SettingMaps:
    assert isinstance(run.question, SettingMaps), "only such questions have the flags"
    return run.question


def _with(run: Run, **changed: Any) -> Run:
    """Return the run with other fields of its question."""
    return dataclasses.replace(run, question=dataclasses.replace(_own(run), **changed))
