"""Variants of clips that tell what a clip's optimum hangs on, as sound files for the studies.

    python -m analysis.variants my_clips/*.wav --max-samples 8192 --to variants
    python -m analysis.variants --equal-psi 0.1 0.3 --to variants
    python studies/rule_check.py run --signals variants --max-samples 16384

Of every clip's crop: the crop itself; with other phases but the same |FFT|; with white noise, which
moves psi far and the power's descriptors hardly; at twice the samples. And sounds of all kinds that
have one psi. All are float32 WAV files of largest |x| 1, as studies normalize them anyway: the
peak over the power, of which the descriptors `low_pass_*` are made, changes with the phases, those
of |FFT| alone do not. `analysis.variants_report` says where their optima lie.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample

from analysis.experiments.equal_psi import KINDS, REFERENCE, of_psi
from inr_models import InputError
from studies.engine.signals.reading import find_files, read_all

Array = NDArray[np.float64]

SURROGATES = (0, 1)
"""Seeds of the phases."""

NOISES_DB = (30, 40, 50, 60)
"""How far below a clip's power the noise is."""


def phase_randomized(samples: Array, seed: int) -> Array:
    """Surrogate [n] of the same |rfft|: every line's phase is turned by a random angle.

    Of Theiler et al. (1992), "Testing for nonlinearity in time series: the method of surrogate
    data". The mean and an even n's line at Nyquist are real and stay as they are.
    """
    lines = np.fft.rfft(samples)
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(lines))
    angles[0] = 0
    if len(samples) % 2 == 0:
        angles[-1] = 0
    return np.fft.irfft(lines * np.exp(1j * angles), len(samples))


def with_noise(samples: Array, below_db: float, seed: int) -> Array:
    """The samples [n] plus white Gaussian noise whose power is `below_db` dB below theirs.

    The power is the mean square, and the drawn noise is scaled to have it exactly. A seed gives the
    same noise at every level.
    """
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    power = np.mean(samples**2) * 10 ** (-below_db / 10)
    return samples + noise * np.sqrt(power / np.mean(noise**2))


def upsampled(samples: Array) -> Array:
    """Twice the samples [2n]: the same lines of the FFT, and none above the old Nyquist."""
    return np.asarray(resample(samples, 2 * len(samples)))


VARIANTS: Mapping[str, Callable[[Array], Array]] = {
    **{f"phases{seed}": lambda x, seed=seed: phase_randomized(x, seed) for seed in SURROGATES},
    **{f"noise{db}": lambda x, db=db: with_noise(x, db, seed=0) for db in NOISES_DB},
    "twice": upsampled,
}
"""What is made of a crop, by the end of its name."""


def originals_of(name: str) -> list[tuple[str, str]]:
    """(experiment, original) for each clip beside which a variant belongs; [] of other names."""
    if found := re.fullmatch(rf"(psi[\d.]+)_({'|'.join(KINDS)})", name):
        return [("equal psi", f"{found[1]}_{REFERENCE}")] * (found[2] != REFERENCE)
    found = re.fullmatch(rf"(.+)_({'|'.join(VARIANTS)})", name)
    if not found:
        return []
    experiment = found[2].rstrip("0123456789")
    both = [(experiment, found[1])]
    if experiment == "phases" and found[2] != f"phases{SURROGATES[0]}":
        both.append(("two surrogates", f"{found[1]}_phases{SURROGATES[0]}"))
    return both


class Sound(NamedTuple):
    """Samples [n], and how many of them there are a second."""

    samples: Array
    rate: int


def write_all(sounds: Mapping[str, Sound], folder: Path) -> None:
    """`folder/NAME.wav` of every sound, normalized, as float32; those that are there are kept.

    Raises:
        InputError: a file of that name has other samples, before anything is written; or the
            folder cannot be written.
    """
    new = {}
    for name, (samples, rate) in sounds.items():
        path, values = folder / f"{name}.wav", (samples / np.abs(samples).max()).astype("<f4")
        if not path.exists():
            new[path] = values, rate
        elif not _holds(path, values):
            raise InputError(
                "taken",
                str(path),
                f"{path}: there already, with other samples; remove it or give another --to.",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, (values, rate) in new.items():
            soundfile.write(path, values, rate, subtype="FLOAT")
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(
            "unwritable", "--to", f"{folder}: cannot be written ({error}); give another --to."
        ) from None


def _holds(path: Path, values: NDArray[np.float32]) -> bool:
    try:
        return np.array_equal(soundfile.read(path, dtype="float32")[0], values)
    except (OSError, soundfile.SoundFileError):
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code, 3 where a clip was left out."""
    parser = argparse.ArgumentParser(prog="analysis.variants", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("clips", nargs="*", metavar="CLIP", help="sound files, globs or folders")
    parser.add_argument("--equal-psi", nargs="+", type=float, default=[], metavar="PSI")
    parser.add_argument("--max-samples", type=int, default=8192, metavar="N", help="longest crop")
    parser.add_argument("--to", required=True, metavar="FOLDER", help="where the files go")
    arguments = parser.parse_args(argv)
    try:
        return _write(arguments)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _write(arguments: argparse.Namespace) -> int:
    if not arguments.clips and not arguments.equal_psi:
        raise InputError(
            "missing",
            "clips",
            "nothing to make: give clips, or --equal-psi with shares of Nyquist.",
        )
    if arguments.max_samples < 256:
        raise InputError(
            "out-of-range",
            "--max-samples",
            f"--max-samples {arguments.max_samples}: give 256 or more.",
        )
    signals, skipped = read_all(find_files(arguments.clips), arguments.max_samples)
    sounds: dict[str, Sound] = {}
    for signal in signals:
        assert signal.values is not None
        assert signal.sample_rate is not None
        crop = signal.values[:, 0].astype(np.float64)
        made = {signal.name: crop}
        made |= {f"{signal.name}_{end}": make(crop) for end, make in VARIANTS.items()}
        if twice := sorted(made.keys() & sounds.keys()):
            raise InputError(
                "taken",
                signal.source,
                f"{signal.source}: two sounds would be named {twice[0]}; rename one.",
            )
        for name, samples in made.items():
            # Of twice the samples a second there are twice as many.
            sounds[name] = Sound(samples, round(signal.sample_rate * len(samples) / len(crop)))
    for psi in arguments.equal_psi:
        for kind in KINDS:
            samples = of_psi(psi, kind, arguments.max_samples, seed=0)
            sounds[f"psi{psi:g}_{kind}"] = Sound(samples, arguments.max_samples)
    if not sounds:
        raise InputError.of(skipped)
    write_all(sounds, Path(arguments.to))
    for problem in skipped:
        print(f"skipped  {problem.sentence}", file=sys.stderr)
    longest = max(len(sound.samples) for sound in sounds.values())
    print(f"{len(sounds)} sounds of up to {longest:,} samples: {arguments.to}")
    return 3 if skipped else 0
