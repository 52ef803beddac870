"""Make the fit of a signal of noise, which benchmarks time."""

import torch

from benchmarks.measuring import device
from inr_models import Siren2Config, make_network
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from inr_models.networks.coordinate_mlp import CoordinateMLP


def problem(samples: int, width: int) -> tuple[Task, CoordinateMLP]:
    """Return the fit of a signal of noise on this machine's device, and a SIREN² for it."""
    coords = torch.linspace(-1, 1, samples)[:, None].to(device())
    values = torch.rand(samples, 1, generator=torch.Generator().manual_seed(0)).to(device()) - 0.5
    config = Siren2Config(width=width, s0=samples / 50, s1=1.0)
    network = make_network(config, in_features=1, out_features=1, seed=0).to(device())
    return Task(coords, values), network


def begun(width: int, samples: int, epochs: int = 16) -> Training:
    """Return a training that has allocated all it needs, and has so many epochs left."""
    task, network = problem(samples, width)
    training = Training([network], task, [1e-4] * (4 + epochs))
    training.run(4)
    return training
