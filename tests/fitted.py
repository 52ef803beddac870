"""Small problems, fits of them on every path, and the same fits in float64."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from benchmarks.reference import psnr_curve, sequential
from inr_models import FitConfig, FitResult, Siren2Config, SirenConfig, fit
from inr_models import make_network as make
from inr_models.networks.coordinate_mlp import CoordinateMLP

NETWORKS = {
    "siren": (SirenConfig(width=52, depth=4, omega_first=300), 1, 1),
    # Wide enough for oneDNN's product.
    "siren2": (Siren2Config(width=130, depth=3, s0=60.0, s1=0.5), 1, 1),
    "siren2 of an image": (Siren2Config(width=32, depth=3, s0=8.0, s1=0.4), 2, 3),
}

CONFIG = FitConfig(epochs=20, learning_rate=2e-4, decay=0.9, decay_every=7)


@cache
def problem(name: str) -> tuple[Tensor, Tensor]:
    """Coordinates and values of several CPU blocks, the last one shorter."""
    _, in_features, out_features = NETWORKS[name]
    if in_features == 1:
        coords = torch.linspace(-1, 1, 2500)[:, None]
        return coords, 0.8 * torch.sin(20 * (coords + 1.5) ** 2)
    axis = torch.linspace(-1, 1, 48)
    coords = torch.cartesian_prod(axis, axis)
    phases = 0.5 * torch.arange(out_features)
    return coords, 0.8 * torch.sin(4 * coords[:, :1] - 3 * coords[:, 1:] ** 2 + phases)


def network(name: str, seed: int) -> CoordinateMLP:
    config, in_features, out_features = NETWORKS[name]
    return make(config, in_features=in_features, out_features=out_features, seed=seed)


@cache
def reference(name: str, seed: int, config: FitConfig = CONFIG) -> np.ndarray:
    """[epochs] PSNR before each update, in float64."""
    coords, values = problem(name)
    model = sequential(network(name, seed)).double()
    return np.array(list(psnr_curve(model, coords.double(), values.double(), config)))


def results(name: str, execution: str, step: str, num: int, config=CONFIG, device="cpu"):
    nets = [network(name, seed).to(device) for seed in range(num)]
    coords, values = (t.to(device) for t in problem(name))
    return dict(fit(nets, coords, values, config, execution=execution, step=step))  # type: ignore[arg-type]


def assert_is_reference(
    name: str, by_seed: dict[int, FitResult], config: FitConfig = CONFIG, atol: float = 1e-4
) -> None:
    for seed, result in by_seed.items():
        expected = reference(name, seed, config)
        assert expected[-1] > expected[0] + 0.4, "nothing was learned"
        at = result.epochs < len(expected)
        np.testing.assert_allclose(result.psnr[at], expected[result.epochs[at]], rtol=0, atol=atol)
