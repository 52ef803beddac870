"""Is it worth taking a signal's mean out before the fit?

    python -m benchmarks.mean_in_bias my_images/*.png my_clips/*.wav [--seeds 5] [--epochs 160]

Every network is fitted twice on each seed: to the samples, and to the samples less the mean of each
channel. Added to the output bias afterwards, the mean restores the signal with the same error. To
train on the remainder is thus to start with the mean in the output bias. The command compares plain
SIREN and SIREN² by the first rule of `studies/audio_grid.py` and `studies/image_grid.py`, at their
small scale, in both ways with the same (s0, s1). Beside the files it fits a hiss with an offset,
whose best constant scores far above zero output.

`gain` is the score of the best constant less that of zero output. The difference is without the
mean less with it, paired over seeds, with Student's t 95 % interval. RESULTS.md has results.
"""

import argparse
import dataclasses
import statistics
import sys
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.reporting.commands import parser, run
from analysis.statistics.intervals import paired_interval
from inr_models import FitConfig, InputError, NetworkConfig, fit, make_network
from inr_models.fitting.metrics import psnr_of_zero_db
from search_spaces.descriptors import describe
from studies import audio_grid, image_grid
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.resolving import resolve
from studies.engine.signals.images import IMAGE_SUFFIXES
from studies.engine.signals.reading import find_files, read_all
from studies.engine.signals.signal import Signal, coordinates, sha256_of

HISS_SAMPLES = 8192


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser("benchmarks.mean_in_bias", __doc__)
    options.add_argument("files", nargs="*", help="images and sounds, or globs")
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--epochs", type=int, help="(those of the small scale: 160)")
    return run(compare_all, options, argv)


def compare_all(arguments: argparse.Namespace) -> None:
    """Print the table, row by row."""
    torch.set_num_threads(1)
    signals = [hiss_with_offset(HISS_SAMPLES), *read(arguments.files)]
    heads = f"{'signal':28}{'gain':>5}  {'network':8}{'with':>6}{'without':>9}"
    print(f"{heads}   difference [95 %]")
    for signal in signals:
        print_rows(signal, arguments.seeds, arguments.epochs)


def hiss_with_offset(num_samples: int) -> Signal:
    """Return a hiss, the first difference of white noise, on an offset of 23 times its size.

    Args:
        num_samples: Number of samples.
    """
    noise = np.diff(np.random.default_rng(0).standard_normal(num_samples + 1))
    samples = 0.3 + 0.0128 * noise / noise.std()
    values = (samples / np.abs(samples).max()).astype(np.float32)
    return Signal(
        name="hiss with an offset", sha256=sha256_of(values, values.shape), source="",
        shape=values.shape, channels=1, sample_rate=8000.0, file_samples=num_samples, crop="head",
        crop_start=0, peak=float(np.abs(samples).max()), psnr_zero=psnr_of_zero_db(values),
        descriptors=describe(values), values=values[:, None],
    )  # fmt: skip


def read(patterns: Sequence[str]) -> list[Signal]:
    """Return the signals in files, cropped as the small scale crops them.

    Raises:
        InputError: A file cannot be used.
    """
    signals: list[Signal] = []
    for study in (image_grid.STUDY, audio_grid.STUDY):
        is_image = study.media == "image"
        files = [
            path
            for path in find_files(patterns, study.media)
            if (path.suffix.lower() in IMAGE_SUFFIXES) == is_image
        ]
        read, skipped = read_all(files, study.small.max_samples, study.media)
        if skipped:
            raise InputError.of(skipped)
        signals += read
    return signals


def print_rows(signal: Signal, seeds: int, epochs: int | None) -> None:
    """Fit one signal in both ways, and print a row for each network."""
    study = image_grid.STUDY if len(signal.shape) == 2 else audio_grid.STUDY
    study_run = resolve(study, "small", [signal])
    scale, state = study_run.scale, SignalState(study_run, signal)
    training = dataclasses.replace(scale.fit, epochs=epochs or scale.fit.epochs)
    assert signal.values is not None
    assert signal.psnr_constant is not None
    remainder = (signal.values - signal.values.mean(axis=0, dtype=np.float64)).astype(np.float32)
    for name, point in (("SIREN", "siren"), ("SIREN²", scale.rules[0])):
        network = state.by_name[point].network
        kept = peaks(network, signal.shape, signal.values, training, seeds)
        removed = peaks(network, signal.shape, remainder, training, seeds)
        difference = paired_interval([b - a for a, b in zip(kept, removed, strict=True)])
        print(
            f"{signal.name[:27]:28}{signal.psnr_constant - signal.psnr_zero:5.1f}  {name:8}"
            f"{statistics.fmean(kept):6.2f}{statistics.fmean(removed):9.2f}   "
            f"{difference.mean:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]",
            flush=True,
        )


def peaks(
    network: NetworkConfig,
    shape: tuple[int, ...],
    values: NDArray[np.float32],
    training: FitConfig,
    seeds: int,
) -> list[float]:
    """Return the peak PSNR in dB of a network on each seed.

    Args:
        network: The network.
        shape: Samples along each axis.
        values: What is fitted [n, c].
        training: How it is trained.
        seeds: Number of seeds.
    """
    coords, target = torch.from_numpy(coordinates(shape)), torch.from_numpy(values)
    scores = []
    for seed in range(seeds):
        untrained = make_network(
            network, in_features=len(shape), out_features=values.shape[1], seed=seed
        )
        [(_, result)] = fit([untrained], coords, target, training)
        scores.append(result.psnr_peak)
    return scores


if __name__ == "__main__":
    sys.exit(main())
