"""Remove white noise: which network does it best, if it is chosen without the clean signal?"""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from inr_models import InputError, NetworkConfig
from search_spaces.networks import network_for, stable
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Place, Point, Step, planned, siren2_at, snapshot_epochs
from studies.engine.planning.question import Flag, Steps, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, seeds_text
from studies.engine.planning.study import Study
from studies.engine.signals.signal import Signal
from studies.questions.noisy import Noisy

PER_COORDINATE = ("s0",)
"""Settings in rad per unit of coordinate, which grow with the number of samples."""

Settings = dict[str, tuple[float, ...]]
"""The values that are tried of a network's fields, by name."""


@kind("denoising")
@dataclass(frozen=True, kw_only=True)
class Denoising(Noisy):
    """Fit networks to a noisy signal, and hold samples out that choose epoch and settings.

    Nothing that is fitted or chosen knows the clean signal (Batson and Royer 2019, Noise2Self). The
    clean signal scores the outputs afterwards, in the report.

    Args:
        settings: The values that are tried of a network's fields, by the network's name. Other
            networks have their published settings.
        samples: The number of samples along the longest axis that the values of `s0` are for.
    """

    settings: dict[str, Settings] = dataclasses.field(default_factory=dict)
    samples: int = 1

    def check(self, scale: Scale) -> None:
        if not (scale.cases and scale.hold_out and scale.blind):
            why = "a denoising study needs cases, and samples that are held out to choose."
            raise InputError.at("missing", "hold_out", why)

    def flags(self, study: Study) -> list[Flag]:
        return self.noise_flags()

    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return every network at every setting that is tried, and SIREN² at the rules' points."""
        target = run.scale.target(signal)
        points = []
        for case in run.scale.cases:
            published = network_for(case, target, run.scale.parameters, run.scale.rules[0])
            tried = self.settings.get(case.network)
            if tried is None:
                points.append(
                    Point(name=case.name, kind="network", network=published, case=case.name)
                )
                continue
            for setting, network in self._tried(published, tried, target.side):
                name = f"{case.name}, {setting}"
                points.append(Point(name=name, kind="tuning", network=network, case=case.name))
        for name, rule in run.rules.items():
            network = siren2_at(run.scale, rule(target))
            points.append(Point(name=name, kind="rule", network=network, case="siren2"))
        return points

    def _tried(
        self, published: NetworkConfig, tried: Settings, side: int
    ) -> Iterator[tuple[str, NetworkConfig]]:
        """Yield (the setting in words, the network) for every combination of values."""
        for values in product(*tried.values()):
            fields = {}
            for name, value in zip(tried, values, strict=True):
                factor = side / self.samples if name in PER_COORDINATE else 1.0
                fields[name] = stable(value * factor)
            words = ", ".join(f"{n} {v:.4g}" for n, v in fields.items() if len(tried[n]) > 1)
            yield words, dataclasses.replace(published, **fields)

    def seed_groups(self, scale: Scale) -> dict[str, Sequence[int]]:
        return {"psnr_peak": scale.map_seeds}

    def steps(self, state: SignalState) -> Steps:
        """Yield all fits at once. What is chosen among them needs no more fits."""
        seeds = state.run.scale.map_seeds
        places = [Place(seed, point, seed) for seed in seeds for point in state.points]
        yield Step(
            planned(
                state.run.scale,
                state.signal,
                places,
                keep=lambda place: True,
                snapshots=snapshot_epochs(state.run.scale.fit.epochs),
            )
        )

    def facts(self, run: Run) -> dict[str, str]:
        rules = ", ".join(run.rules)
        return {
            "noise": self.noise_fact(),
            "networks": f"{run.scale.depth} hidden layers, about {run.scale.parameters:,} "
            "parameters. The first layer's frequency is not scaled.",
            "rules": f"{rules}: SIREN² at the rule's (s0, s1). The rule sees the noisy spectrum "
            "without its estimated noise floor.",
            "choice": f"The {run.scale.hold_out} of the noisy samples that no fit has seen choose "
            "the epoch and the setting. The clean signal has no part in it. What the clean signal "
            "chose is marked oracle.",
            "seeds": f"Initializations are drawn with {seeds_text(run.scale.map_seeds)}. Each "
            "seed repeats the whole choice. The outputs that are shown are those of the first.",
        }

    def report(self, results: Results, now: datetime.datetime) -> Report:
        # Matplotlib takes a second to import, and `status` imports this module.
        from analysis.denoising.report import denoising_report

        return denoising_report(results, now)
