"""SIREN² by its rules at the paper's scale, clip by clip, beside Table 1. A matter of a GPU.

    python -m benchmarks.paper_scale decode clips.npz tetris.wav tap.wav ...
    python -m benchmarks.paper_scale fit clips.npz [--clips tetris tap] [--precision tf32]
    python -m benchmarks.paper_scale fit clips.npz --rules eqn11 power_psi_low_pass

`decode` crops and normalizes sound files as the paper does (150,000 samples); `fit` needs torch
alone, so it runs where no sound file can be read. 4 x 222, 30,000 epochs, one seed.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.measuring import machine
from inr_models import FitConfig, Siren2Config, fit, make_network
from search_spaces.descriptors import describe
from search_spaces.rules import RULES, Target
from search_spaces.rules.eqn11 import PAPER_SAMPLES, PAPER_WIDTH
from studies.engine.signals import coordinates

TABLE_1 = {
    "tetris": 62.7, "tap": 53.5, "whoosh": 64.9, "radiation": 63.0, "arch": 95.2, "relay": 60.4,
    "voltage": 64.5, "foley": 58.3, "shattered": 64.7, "bach": 60.5, "birds": 61.2,
}  # fmt: skip
"""Peak PSNR of SIREN² in dB, mean over five seeds (paper, Table 1)."""


def main() -> None:
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = top.add_subparsers(dest="verb", required=True)
    decoding = verbs.add_parser("decode")
    decoding.add_argument("archive", type=Path)
    decoding.add_argument("files", type=Path, nargs="+")
    fitting = verbs.add_parser("fit")
    fitting.add_argument("archive", type=Path)
    fitting.add_argument("--clips", nargs="+", help="of the archive (default: all)")
    fitting.add_argument("--rules", nargs="+", choices=sorted(RULES), default=["eqn11"])
    fitting.add_argument("--epochs", type=int, default=FitConfig().epochs)
    fitting.add_argument("--precision", choices=("float32", "tf32"), default="float32")
    fitting.add_argument("--seed", type=int, default=0)
    arguments = top.parse_args()
    if arguments.verb == "decode":
        decode(arguments.archive, arguments.files)
        return
    config = FitConfig(epochs=arguments.epochs, precision=arguments.precision)
    print(f"{machine()}, {config.precision}, {config.epochs:,} epochs")
    for line in fits(arguments.archive, arguments.clips, arguments.rules, config, arguments.seed):
        print(line, flush=True)


def decode(archive: Path, files: list[Path]) -> None:
    """Write the clips' samples [n, 1] into an npz archive, by name."""
    from studies.engine.audio_files import read_audio  # needs soundfile

    signals = [read_audio(file, PAPER_SAMPLES) for file in files]
    np.savez(archive, **{s.name: s.values for s in signals if s.values is not None})  # type: ignore[arg-type]


def fits(
    archive: Path, clips: list[str] | None, rules: Sequence[str], config: FitConfig, seed: int
) -> Iterator[str]:
    """Fit clip after clip, the rules' networks together; a line for each."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with np.load(archive) as stored:
        for clip in clips or stored.files:
            values = stored[clip]
            networks = [
                make_network(network_for(values, rule), in_features=1, out_features=1, seed=seed)
                for rule in rules
            ]
            found = fit(
                [network.to(device) for network in networks],
                torch.from_numpy(coordinates((len(values),))).to(device),
                torch.from_numpy(values).to(device),
                config,
            )
            known = TABLE_1.get(clip.removeprefix("gt_"), float("nan"))
            for index, result in found:
                yield (
                    f"{clip:12}{rules[index]:20}{result.psnr_peak:6.1f} dB at epoch "
                    f"{result.epoch_of_peak:6,}, Table 1 {known:5.1f}, "
                    f"{result.psnr_peak - known:+5.1f} dB, {result.seconds:6.1f} s "
                    f"({config.epochs / result.seconds:.0f} epochs/s)"
                )


def network_for(values: NDArray[np.float32], rule: str = "eqn11") -> Siren2Config:
    """A SIREN² of 4 x 222 at a rule's scales for these samples; Table 6's by default."""
    target = Target(
        descriptors=describe(values[:, 0]), num_samples=len(values), width=PAPER_WIDTH, channels=1
    )
    s0, s1 = RULES[rule](target)
    return Siren2Config(width=PAPER_WIDTH, s0=s0, s1=s1)


if __name__ == "__main__":
    main()
