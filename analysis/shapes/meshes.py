"""Make meshes of the zero level of fitted networks (paper, Fig. 17)."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inr_models import NetworkConfig, make_network
from inr_models.fitting.layout import Layout
from studies.engine.signals.signal import coordinates

BLOCK = 1 << 15
"""Points whose distance is computed at a time."""


@torch.no_grad()
def distance_field(
    config: NetworkConfig, weights: NDArray[np.float32], seed: int, resolution: int
) -> NDArray[np.float32]:
    """Return the distances of a network on a grid over the box [-1, 1]^3, [r, r, r].

    Args:
        config: The network.
        weights: Its parameters as one array [p], see `Layout`.
        seed: The seed of its initialization, which draws what is not trained.
        resolution: Points along each axis, r.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = make_network(config, in_features=3, out_features=1, seed=seed)
    parameters = Layout(network).unpack(torch.from_numpy(weights))
    network.load_state_dict(parameters, strict=False)
    network.to(device)
    coords = torch.from_numpy(coordinates((resolution,) * 3))
    parts = [network(block.to(device))[:, 0].cpu() for block in coords.split(BLOCK)]
    return torch.cat(parts).reshape((resolution,) * 3).numpy()


def zero_level(field: NDArray[np.float32]) -> Any | None:
    """Return the surface where a distance is zero as a `trimesh.Trimesh`, by marching cubes.

    Its normals point to where the distance is positive. It may leave the box, where it is open.

    Args:
        field: Distances on a grid over the box [-1, 1]^3, [r, r, r].

    Returns:
        The mesh in the coordinates of the box, None if the distance is never zero.

    Example:
        >>> axis = np.linspace(-1, 1, 24, dtype=np.float32)
        >>> x = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"))
        >>> mesh = zero_level(np.linalg.norm(x, axis=0) - 0.8)
        >>> bool(mesh.is_watertight), round(float(mesh.volume), 1)  # 4/3 pi 0.8^3 is 2.14
        (True, 2.1)
    """
    import trimesh
    from skimage.measure import marching_cubes

    if not field.min() < 0 < field.max():
        return None
    step = 2 / (len(field) - 1)
    vertices, faces, _, _ = marching_cubes(
        field, 0.0, spacing=(step,) * 3, gradient_direction="descent"
    )
    return trimesh.Trimesh(vertices - 1, faces, process=False)
