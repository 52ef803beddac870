"""Add a network as its own file and one line of `catalog` would, fit it, and store its row.

    python -m tests.toy_network RESULTS

A process of its own, so that no other test sees the network.
"""

import dataclasses
import sys
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import torch

from inr_models import MODELS, FitConfig, SirenConfig
from inr_models.columns import Meaning
from inr_models.networks.coordinate_mlp import CoordinateMLP
from inr_models.networks.network_config import Varied


@dataclass(frozen=True, kw_only=True)
class LoudBiasConfig(SirenConfig):
    network: ClassVar[str] = "siren_loud_bias"
    space: ClassVar = {"bias_factor": Varied((1, 3, 9))}

    bias_factor: Annotated[float, Meaning("factor on all biases", unit="rad")] = 3.0

    def draw(self, network: CoordinateMLP, generator: torch.Generator) -> None:
        super().draw(network, generator)
        for linear in network.layers:
            linear.bias.mul_(self.bias_factor)


MODELS[LoudBiasConfig.network] = LoudBiasConfig  # the one line


def fit_and_store(results: str) -> None:
    # The schema reads the registry when it is imported.
    from search_spaces.networks import Case, network_for, space_of
    from studies.engine.planning.trial import Trial
    from studies.engine.running.batch import run_batch
    from studies.engine.store.store import Store
    from tests.fakes.runs import make_signal

    t = np.linspace(-1, 1, 256, dtype=np.float32)[:, None]
    signal = dataclasses.replace(make_signal(n=256), values=np.sin(20 * t) * t)
    case = Case(name="loud", network="siren_loud_bias")
    network = network_for(case, signal.target(width=16, depth=3), 500, "eqn11_length")
    networks = [network, *(changed for _, changed in space_of(network))]
    fit = FitConfig(epochs=200, learning_rate=2e-3)
    trials = [Trial(signal=signal.sha256, network=n, fit=fit, seed=0) for n in networks]
    device = torch.device("cpu")
    outcomes = list(run_batch("toy", signal, trials, device))
    Store(results).append([outcome.row for outcome in outcomes])


if __name__ == "__main__":
    fit_and_store(sys.argv[1])
