"""Make variants of clips, as sound files that show what a clip's optimum depends on.

    python -m analysis.variants my_clips/*.wav --max-samples 8192 --to variants
    python -m analysis.variants --equal-psi 0.1 0.3 --to variants
    python studies/rule_check.py run --signals variants --max-samples 16384

The variants of a clip's crop are: the crop itself; other phases with the same |FFT|; added white
noise, which changes psi much and the descriptors of the power hardly; and twice the samples.
`--equal-psi` adds sounds of several kinds that have the same psi. All are float32 WAV files with a
largest |x| of 1, since studies normalize them anyway. Other phases change the ratio of peak to
power, and with it the descriptors `low_pass_*`, but no descriptor of |FFT| alone.
`python -m analysis.variants_report` says where the optima lie.
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

from analysis.experiments.equal_psi import KINDS, REFERENCE, sound_of_psi
from analysis.reporting.commands import parser, run
from inr_models import InputError
from inr_models.checks import check_whole
from studies.engine.planning.scale import MOST_SAMPLES
from studies.engine.signals.reading import find_files, read_all

Array = NDArray[np.float64]

SURROGATES = (0, 1)
"""Seeds of the random phases."""

NOISES_DB = (30, 40, 50, 60)
"""Levels of the noise, in dB below the clip's power."""


def phase_randomized(samples: Array, seed: int) -> Array:
    """Return a surrogate [n] with the same |rfft|: every line's phase turns by a random angle.

    The method is that of Theiler et al. (1992), "Testing for nonlinearity in time series: the
    method of surrogate data". The mean and, for even n, the line at Nyquist are real and stay.

    Args:
        samples: The samples [n].
        seed: The seed of the angles.

    Example:
        >>> clip = np.sin(np.arange(64.0))
        >>> surrogate = phase_randomized(clip, seed=0)
        >>> np.allclose(np.abs(np.fft.rfft(surrogate)), np.abs(np.fft.rfft(clip)))
        True
    """
    lines = np.fft.rfft(samples)
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(lines))
    angles[0] = 0
    if len(samples) % 2 == 0:
        angles[-1] = 0
    return np.fft.irfft(lines * np.exp(1j * angles), len(samples))


def with_noise(samples: Array, below_db: float, seed: int) -> Array:
    """Return the samples [n] plus white Gaussian noise, `below_db` dB below their power.

    Power is the mean square, and the noise is scaled to have exactly this power. A seed gives the
    same noise at every level.

    Args:
        samples: The samples [n].
        below_db: The noise's level in dB below their power.
        seed: The seed of the noise.

    Example:
        >>> clip = np.sin(np.arange(64.0))
        >>> noise = with_noise(clip, 20.0, seed=0) - clip
        >>> round(float(10 * np.log10(np.mean(clip**2) / np.mean(noise**2))), 6)
        20.0
    """
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    power = np.mean(samples**2) * 10 ** (-below_db / 10)
    return samples + noise * np.sqrt(power / np.mean(noise**2))


def upsampled(samples: Array) -> Array:
    """Return twice the samples [2n], with the same FFT lines and none above the old Nyquist.

    Example:
        >>> upsampled(samples).shape
        (4096,)
    """
    return np.asarray(resample(samples, 2 * len(samples)))


VARIANTS: Mapping[str, Callable[[Array], Array]] = {
    **{f"phases{seed}": lambda x, seed=seed: phase_randomized(x, seed) for seed in SURROGATES},
    **{f"noise{db}": lambda x, db=db: with_noise(x, db, seed=0) for db in NOISES_DB},
    "twice": upsampled,
}
"""The variants of a crop, by the suffix of their names."""


def originals_of(name: str) -> list[tuple[str, str]]:
    """Return (experiment, original) for each signal that a variant is compared with.

    The name is the only source: a variant is a sound file that a study reads like any other.

    Returns:
        [] for a name that no variant has, and for the reference of an equal psi.

    Example:
        >>> originals_of("birds_phases1")
        [('phases', 'birds'), ('two surrogates', 'birds_phases0')]
    """
    if match := re.fullmatch(rf"(psi[\d.]+)_({'|'.join(KINDS)})", name):
        psi, kind = match.groups()
        return [] if kind == REFERENCE else [("equal psi", f"{psi}_{REFERENCE}")]
    match = re.fullmatch(rf"(.+)_({'|'.join(VARIANTS)})", name)
    if not match:
        return []
    original, variant = match.groups()
    experiment = variant.rstrip("0123456789")
    pairs = [(experiment, original)]
    first = f"phases{SURROGATES[0]}"
    if experiment == "phases" and variant != first:
        pairs.append(("two surrogates", f"{original}_{first}"))
    return pairs


class Sound(NamedTuple):
    """Samples [n], and their rate in samples per second."""

    samples: Array
    rate: int


def write_all(sounds: Mapping[str, Sound], folder: Path) -> None:
    """Write every sound to `folder/NAME.wav`, normalized, as float32; keep files that exist.

    Args:
        sounds: Samples [n] and the sample rate in Hz, by the file's name without its ending.
        folder: The folder, which is made.

    Raises:
        InputError: a file of that name has other samples (then nothing is written), or the folder
            cannot be written.
    """
    new = {}
    for name, (samples, rate) in sounds.items():
        path, values = folder / f"{name}.wav", (samples / np.abs(samples).max()).astype("<f4")
        if not path.exists():
            new[path] = values, rate
        elif not _holds(path, values):
            raise InputError.at(
                "taken", path, "it exists, with other samples; remove it or give another --to."
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, (values, rate) in new.items():
            soundfile.write(path, values, rate, subtype="FLOAT")
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError.of_value(
            "unwritable", "--to", folder, f"it cannot be written ({error}); name another."
        ) from None


def _holds(path: Path, values: NDArray[np.float32]) -> bool:
    try:
        return np.array_equal(soundfile.read(path, dtype="float32")[0], values)
    except (OSError, soundfile.SoundFileError):
        return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code, 3 if a clip was left out."""
    options = parser("analysis.variants", __doc__)
    options.add_argument("clips", nargs="*", metavar="CLIP", help="sound files, globs or folders")
    options.add_argument(
        "--equal-psi", nargs="+", type=float, default=[], metavar="PSI", help="shares of Nyquist"
    )
    options.add_argument("--max-samples", type=int, default=8192, metavar="N", help="longest crop")
    options.add_argument("--to", required=True, metavar="FOLDER", help="where to write the files")
    return run(_write, options, argv)


def _write(arguments: argparse.Namespace) -> int:
    if not arguments.clips and not arguments.equal_psi:
        raise InputError.at("missing", "clips", "give some, or --equal-psi with shares of Nyquist.")
    check_whole("--max-samples", arguments.max_samples, 256, MOST_SAMPLES)
    signals, skipped = read_all(find_files(arguments.clips), arguments.max_samples)
    sounds: dict[str, Sound] = {}
    for signal in signals:
        assert signal.values is not None
        if signal.sample_rate is None:
            why = "it is no file, so it has no sample rate; give files."
            raise InputError.of_value("unsupported", "clips", signal.source, why)
        crop = signal.values[:, 0].astype(np.float64)
        variants = {signal.name: crop}
        variants |= {f"{signal.name}_{end}": make(crop) for end, make in VARIANTS.items()}
        if twice := sorted(variants.keys() & sounds.keys()):
            raise InputError.at(
                "taken", signal.source, f"two sounds would be named {twice[0]}; rename one."
            )
        for name, samples in variants.items():
            # The duration stays, so twice the samples have twice the rate.
            sounds[name] = Sound(samples, round(signal.sample_rate * len(samples) / len(crop)))
    for psi in arguments.equal_psi:
        for kind in KINDS:
            samples = sound_of_psi(psi, kind, arguments.max_samples, seed=0)
            sounds[f"psi{psi:g}_{kind}"] = Sound(samples, arguments.max_samples)
    if not sounds:
        raise InputError.of(skipped)
    write_all(sounds, Path(arguments.to))
    for problem in skipped:
        print(f"skipped  {problem.sentence}", file=sys.stderr)
    longest = max(len(sound.samples) for sound in sounds.values())
    print(f"{len(sounds)} sounds of up to {longest:,} samples: {arguments.to}")
    return 3 if skipped else 0
