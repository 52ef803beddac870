"""Remove white noise: which network does it best, if it is chosen without the clean signal?"""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from inr_models import InputError, NetworkConfig
from inr_models.shown import shown
from search_spaces.descriptors.noise_floor import without_noise
from search_spaces.networks import network_for, stable
from search_spaces.rules import Target
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Place, Point, Step, planned, siren2_at, snapshot_epochs
from studies.engine.planning.question import Flag, Prepared, Question, Steps, field_flag, kind
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, seeds_text
from studies.engine.planning.study import Study
from studies.engine.signals.noise import deviation_for, with_noise
from studies.engine.signals.reading import find_files
from studies.engine.signals.signal import Reader, Signal
from studies.engine.signals.truth import clean_version

PER_COORDINATE = ("s0",)
"""Settings in rad per unit of coordinate, which grow with the number of samples."""

Settings = dict[str, tuple[float, ...]]
"""The values that are tried of a network's fields, by name."""


@kind("denoising")
@dataclass(frozen=True, kw_only=True)
class Denoising(Question):
    """Fit networks to a noisy signal, and hold samples out that choose epoch and settings.

    Nothing that is fitted or chosen knows the clean signal (Batson and Royer 2019, Noise2Self). The
    clean signal scores the outputs afterwards, in the report.

    Args:
        snr: The signal-to-noise ratio in dB.
        sigma: The noise's standard deviation. 0 stands for the one of `snr`.
        noise_seed: Seed of the noise.
        is_noisy: Whether the files are noisy already, so that none is added.
        truth: Files of their clean versions, in the order of the noisy ones. Empty if nobody knows
            them. They score the outputs and have no part in any fit.
        settings: The values that are tried of a network's fields, by the network's name. Other
            networks have their published settings.
        samples: The number of samples along the longest axis that the values of `s0` are for.

    Raises:
        InputError: A number is not finite or is out of its range.
    """

    keeps_targets = True
    stores_rules = True

    snr: float = 5.0
    sigma: float = 0.0
    noise_seed: int = 0
    is_noisy: bool = False
    truth: tuple[str, ...] = ()
    settings: dict[str, Settings] = dataclasses.field(default_factory=dict)
    samples: int = 1

    def __post_init__(self) -> None:
        if not -60 <= self.snr <= 120:
            why = "give a number of dB from -60 to 120."
            raise InputError.of_value("out-of-range", "--snr", self.snr, why)
        if not 0 <= self.sigma <= 1e3:
            why = "give a positive finite number."
            raise InputError.of_value("out-of-range", "--sigma", self.sigma, why)
        if not 0 <= self.noise_seed < 1 << 32:
            why = "give a number from 0 to 4,294,967,295."
            raise InputError.of_value("out-of-range", "--noise-seed", self.noise_seed, why)

    def identity(self) -> Question:
        # The fits are the same, whoever scores them.
        return dataclasses.replace(self, truth=())

    def check(self, scale: Scale) -> None:
        if not (scale.cases and scale.hold_out and scale.blind):
            why = "a denoising study needs cases, and samples that are held out to choose."
            raise InputError.at("missing", "hold_out", why)

    def flags(self, study: Study) -> list[Flag]:
        return [
            field_flag(
                "snr", "question.snr", "signal-to-noise ratio of the noise that is added",
                type=float, metavar="DB", default="5",
            ),
            field_flag(
                "sigma", "question.sigma", "its standard deviation, instead of --snr",
                type=float, metavar="S",
            ),
            field_flag(
                "noise_seed", "question.noise_seed", "its seed", type=int, metavar="N", default="0"
            ),
            field_flag(
                "is_noisy", "question.is_noisy",
                "the files are noisy already: add none, and score nothing by a clean signal",
                action="store_true",
            ),
            Flag(
                name="truth",
                read=lambda run: _own(run).truth,
                change=_with_truth,
                help="files of the clean versions of noisy files, in their order",
                options={"nargs": "+", "metavar": "PATH"},
                agrees=lambda run, paths: True,  # it has no part in what makes a run
            ),
        ]  # fmt: skip

    def prepared(self, signals: Sequence[Signal], read: Reader) -> Prepared:
        """Return the noisy signals, and the clean samples apart from them."""
        if self.truth:
            return self._with_files(signals, read)
        if self.is_noisy:
            return Prepared(list(signals), {})
        label = f"_sigma{self.sigma:g}" if self.sigma else f"_{self.snr:g}dB"
        if self.noise_seed:
            label += f"_seed{self.noise_seed}"
        noisy, truths = [], {}
        for signal in signals:
            assert signal.values is not None, "signals are read with their samples"
            deviation = self.sigma or deviation_for(signal.values, self.snr)
            noisy.append(with_noise(signal, deviation, self.noise_seed, label))
            truths[noisy[-1].sha256] = signal.values
        return Prepared(noisy, truths)

    def _with_files(self, signals: Sequence[Signal], read: Reader) -> Prepared:
        files = find_files(self.truth, None, flag="--truth")
        if len(files) != len(signals):
            why = f"{len(files)} files for {len(signals)} noisy ones; give one for each, in order."
            raise InputError.at("conflict", "--truth", why)
        noted, truths = [], {}
        for signal, path in zip(signals, files, strict=True):
            truths[signal.sha256] = clean_version(signal, path, read)
            note = f"{shown(signal.source)}: its clean version is {shown(str(path))}."
            noted.append(dataclasses.replace(signal, notes=(*signal.notes, note)))
        return Prepared(noted, truths)

    def rule_target(self, signal: Signal, scale: Scale) -> Target:
        """Return the target whose spectrum has the estimated noise floor subtracted."""
        if signal.values is None:
            return super().rule_target(signal, scale)
        if len(signal.shape) == 1:
            values = without_noise(signal.values[:, 0])
        else:
            values = signal.values.reshape(*signal.shape, -1).copy()
            for c in range(signal.channels):
                values[..., c] = without_noise(values[..., c])
        if not values.any():
            return super().rule_target(signal, scale)
        estimate = Target.of(values, width=scale.width, depth=scale.depth)
        return dataclasses.replace(estimate, sha256=signal.sha256)

    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return every network at every setting that is tried, and SIREN² at the rules' points."""
        target = signal.target(run.scale.width, run.scale.depth)
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
            words = ", ".join(f"{name} {value:.4g}" for name, value in fields.items())
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
        if self.is_noisy:
            known = "Files that score them hold" if self.truth else "Nothing is known of"
            noise = f"The files are noisy already. {known} the clean signal."
        elif self.sigma:
            noise = f"White Gaussian noise of deviation {self.sigma:g} was added."
        else:
            noise = f"White Gaussian noise at {self.snr:g} dB below the signal was added."
        rules = ", ".join(run.rules)
        return {
            "noise": noise if self.is_noisy else f"{noise} Its seed is {self.noise_seed}.",
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


def _own(run: Run) -> Denoising:
    assert isinstance(run.question, Denoising), "only denoising has the flag"
    return run.question


def _with_truth(run: Run, paths: Sequence[str]) -> Run:
    question = dataclasses.replace(_own(run), truth=tuple(paths), is_noisy=True)
    return dataclasses.replace(run, question=question)
