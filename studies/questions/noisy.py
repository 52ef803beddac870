"""Define what questions about noisy signals share: the noise, and the truth apart from it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from inr_models import InputError
from inr_models.checks import check_between, check_whole
from inr_models.shown import shown
from search_spaces.descriptors.noise_floor import without_noise
from search_spaces.rules import Target
from studies.engine.planning.question import Flag, Prepared, Question, field_flag
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale
from studies.engine.signals.noise import deviation_for, with_noise
from studies.engine.signals.reading import find_files
from studies.engine.signals.signal import Reader, Signal
from studies.engine.signals.truth import clean_version


@dataclass(frozen=True, kw_only=True)
class Noisy(Question):
    """A question about noisy signals. Nothing that is fitted or chosen knows the clean ones.

    Args:
        snr: The signal-to-noise ratio in dB.
        sigma: The noise's standard deviation. 0 stands for the one of `snr`.
        noise_seed: Seed of the noise.
        is_noisy: Whether the files are noisy already, so that none is added.
        truth: Files of their clean versions, in the order of the noisy ones. Empty if nobody knows
            them. They score the outputs and have no part in any fit.

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

    def __post_init__(self) -> None:
        check_between("--snr", self.snr, -60, 120)
        check_between("--sigma", self.sigma, 0, 1000)
        check_whole("--noise-seed", self.noise_seed, 0, (1 << 32) - 1)

    def identity(self) -> Question:
        # The fits are the same, whoever scores them.
        return dataclasses.replace(super().identity(), truth=())

    def noise_flags(self) -> list[Flag]:
        """Return the flags of the noise and of the truth."""
        return [
            field_flag(
                "snr", "question.snr", "signal-to-noise ratio of the noise that is added",
                type=float, metavar="DB",
            ),
            field_flag(
                "sigma", "question.sigma", "its standard deviation, instead of --snr",
                type=float, metavar="S",
            ),
            field_flag(
                "noise_seed", "question.noise_seed", "its seed", type=int, metavar="N"
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

    def noise_fact(self) -> str:
        """Return what the report says of the noise."""
        if self.is_noisy:
            known = "Files that score them hold" if self.truth else "Nothing is known of"
            return f"The files are noisy already. {known} the clean signal."
        noise = f"White Gaussian noise at {self.snr:g} dB below the signal was added."
        if self.sigma:
            noise = f"White Gaussian noise of deviation {self.sigma:g} was added."
        return f"{noise} Its seed is {self.noise_seed}."

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


def _own(run: Run) -> Noisy:
    assert isinstance(run.question, Noisy), "only such questions have the flag"
    return run.question


def _with_truth(run: Run, paths: Sequence[str]) -> Run:
    question = dataclasses.replace(_own(run), truth=tuple(paths), is_noisy=True)
    return dataclasses.replace(run, question=question)
