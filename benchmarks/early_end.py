"""What would ending a fit save, once the learning rate leaves too little to gain?

    python -m benchmarks.early_end [--samples 4096] [--epochs 30000]

The learning rates that are left sum to some S. The gain of the stretch before, over which they
summed to S as well, bounds what is to come. A fit would end where that bound falls below a
limit; printed are the epochs saved by it and the dB lost, under the paper's schedule (Adam
1e-4 x 0.99 every 20 of 30,000 epochs), SIREN² 4 x 52 at 0.65 psi of Nyquist, one seed a clip.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch

from inr_models import FitConfig, Siren2Config, make_network
from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.training import Training
from search_spaces.bandwidth import nyquist
from studies.engine.signals.audio import read_audio
from studies.engine.signals.reading import find_files
from studies.engine.signals.signal import coordinates

CLIPS = Path(__file__).parents[1] / "studies" / "clips"
LIMITS_DB = (0.2, 0.1, 0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=4096)
    parser.add_argument("--epochs", type=int, default=30_000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    config = FitConfig(epochs=arguments.epochs)
    rates = np.array([config.learning_rate_at(e) for e in range(config.epochs)])
    spent = np.concatenate([[0.0], rates.cumsum()])
    paths = find_files([str(CLIPS)])
    saved: dict[float, list[float]] = {limit: [] for limit in LIMITS_DB}
    with ProcessPoolExecutor(arguments.workers) as pool:
        curves = pool.map(partial(peaks, num_samples=arguments.samples, config=config), paths)
        for path, psnr in zip(paths, curves, strict=True):
            cells = [f"{path.stem:18}{psnr[-1]:6.1f} dB"]
            for limit in LIMITS_DB:
                end = first_end(psnr, spent, config.decay_every, limit)
                saved[limit].append(1 - end / config.epochs)
                cells.append(f"{limit} dB: {saved[limit][-1]:4.0%}, -{psnr[-1] - psnr[end]:.3f}")
            print(" | ".join(cells), flush=True)
    means = (f"{limit} dB: {np.mean(shares):.0%}" for limit, shares in saved.items())
    print(f"epochs saved, mean over {len(paths)} clips: " + ", ".join(means))


def peaks(path: Path, num_samples: int, config: FitConfig) -> np.ndarray:
    """[epochs + 1] best PSNR in dB up to each epoch."""
    torch.set_num_threads(1)
    signal = read_audio(path, num_samples)
    k = max(0.65 * signal.descriptors["psi"], 0.08) * nyquist(num_samples)
    network = make_network(
        Siren2Config(width=52, s0=k / 5.2, s1=1.0), in_features=1, out_features=1, seed=0
    )
    assert signal.values is not None
    training = Training(
        [network],
        torch.from_numpy(coordinates((num_samples,))),
        torch.from_numpy(signal.values),
        [config.learning_rate_at(epoch) for epoch in range(config.epochs)],
    )
    training.run(config.epochs)
    training.score()
    return psnr_db(np.minimum.accumulate(training.choosing_error[0].double().numpy()))


def first_end(psnr: np.ndarray, spent: np.ndarray, every: int, limit: float) -> int:
    """The first epoch, of those where the rate falls, at which the bound is below the limit."""
    for epoch in range(every, len(psnr) - 1, every):
        before = spent[epoch] - (spent[-1] - spent[epoch])
        if before > 0 and psnr[epoch] - psnr[np.searchsorted(spent, before)] < limit:
            return epoch
    return len(psnr) - 1


if __name__ == "__main__":
    main()
