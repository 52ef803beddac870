"""How many epochs would it save to end a fit when the learning rate leaves little to gain?

    python -m benchmarks.early_end [--samples 4096] [--epochs 30000]

The remaining learning rates sum to some S. The gain over the previous epochs with the same sum S
bounds the gain that is left. A fit would end when that bound falls below a limit. The command
prints the epochs saved and the dB lost, under the paper's schedule (Adam 1e-4 x 0.99 every 20 of
30,000 epochs), for SIREN² 4 x 52 at 0.65 psi of Nyquist, with one seed for each clip.
"""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch

from analysis.reporting.commands import parser
from inr_models import FitConfig, Siren2Config, make_network
from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from search_spaces.bandwidth import nyquist
from studies.engine.running.batch import samples_on
from studies.engine.signals.audio import read_audio
from studies.engine.signals.reading import find_files

CLIPS = Path(__file__).parents[1] / "studies" / "clips"
LIMITS_DB = (0.2, 0.1, 0.05)


def main() -> None:
    """Run the command."""
    options = parser("benchmarks.early_end", __doc__)
    options.add_argument("--samples", type=int, default=4096)
    options.add_argument("--epochs", type=int, default=30_000)
    options.add_argument("--workers", type=int, default=2)
    arguments = options.parse_args()
    config = FitConfig(epochs=arguments.epochs)
    rates = [config.learning_rate_at(epoch) for epoch in range(config.epochs)]
    spent = np.cumsum([0.0, *rates])
    paths = find_files([str(CLIPS)])
    saved: dict[float, list[float]] = {limit: [] for limit in LIMITS_DB}
    with ProcessPoolExecutor(arguments.workers) as pool:
        curves = pool.map(partial(peaks, num_samples=arguments.samples, rates=rates), paths)
        for path, psnr in zip(paths, curves, strict=True):
            cells = [f"{path.stem:18}{psnr[-1]:6.1f} dB"]
            for limit in LIMITS_DB:
                end = first_end(psnr, spent, config.decay_every, limit)
                saved[limit].append(1 - end / config.epochs)
                cells.append(f"{limit} dB: {saved[limit][-1]:4.0%}, -{psnr[-1] - psnr[end]:.3f}")
            print(" | ".join(cells), flush=True)
    means = (f"{limit} dB: {np.mean(shares):.0%}" for limit, shares in saved.items())
    print(f"epochs saved, mean over {len(paths)} clips: " + ", ".join(means))


def peaks(path: Path, num_samples: int, rates: list[float]) -> np.ndarray:
    """Fit a clip, and return the best PSNR [epochs + 1] in dB up to each epoch.

    Args:
        path: The clip.
        num_samples: Samples to fit.
        rates: The learning rate of each epoch.
    """
    torch.set_num_threads(1)
    signal = read_audio(path, num_samples)
    k = max(0.65 * signal.descriptors["psi"], 0.08) * nyquist(num_samples)
    config = Siren2Config(width=52, s0=k / 5.2, s1=1.0)
    network = make_network(config, in_features=1, out_features=1, seed=0)
    training = Training([network], Task(*samples_on(torch.device("cpu"), signal)), rates)
    training.run(len(rates))
    training.score()
    return psnr_db(np.minimum.accumulate(training.choosing_error[0].double().numpy()))


def first_end(psnr: np.ndarray, spent: np.ndarray, every: int, limit: float) -> int:
    """Return the first epoch at which the rate falls and the bound is below the limit.

    Args:
        psnr: [epochs + 1] best PSNR in dB up to each epoch.
        spent: [epochs + 1] sum of the learning rates before each epoch.
        every: epochs between two steps of the schedule.
        limit: in dB.
    """
    for epoch in range(every, len(psnr) - 1, every):
        before = spent[epoch] - (spent[-1] - spent[epoch])
        if before > 0 and psnr[epoch] - psnr[np.searchsorted(spent, before)] < limit:
            return epoch
    return len(psnr) - 1


if __name__ == "__main__":
    main()
