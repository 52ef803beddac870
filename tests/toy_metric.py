"""Store a fit with a metric that only this process has: python toy_metric.py RESULTS"""

import dataclasses
import sys

import numpy as np
import torch

from inr_models import FitConfig, SirenConfig
from studies.engine.store.metrics import METRICS, Metric


def max_error(fit) -> float:
    return float(np.abs(fit.best_output() - fit.signal.values).max())


METRICS.append(Metric("max_error", "share", "largest error of the best output", max_error))

from studies.engine.planning.trial import Trial  # noqa: E402
from studies.engine.running.batch import run_batch  # noqa: E402
from studies.engine.store.store import Store  # noqa: E402
from tests.fakes.runs import make_signal  # noqa: E402

if __name__ == "__main__":
    values = np.sin(np.linspace(0, 20, 300, dtype=np.float32))[:, None]
    signal = dataclasses.replace(make_signal(n=300), values=values)
    network, fit = SirenConfig(width=16, depth=2), FitConfig(epochs=40, learning_rate=1e-3)
    trial = Trial(signal=signal.sha256, network=network, fit=fit, seed=0)
    (outcome,) = run_batch("test", signal, [trial], torch.device("cpu"), keep=[True])
    store = Store(sys.argv[1])
    store.append([outcome.row], outcome.curve)
    (row,) = store.fits([trial.key]).to_pylist()
    print(row["metric_max_error"], float(np.abs(outcome.outputs[None] - values).max()))
