"""Compute the signed distance to a surface from points on it and their normals."""

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 8
"""Points of the surface that decide together on which side of it a sample lies."""


def signed_distances(
    places: NDArray[np.float64], points: NDArray[np.float64], normals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the signed distances [k] of places to a surface, negative inside.

    The distance is that to the tangent plane of the nearest point, if the place lies above this
    point, and else that to the point. The nearest points decide together on which side a place
    lies (Hoppe et al. 1992, Sec. 3.2).

    Args:
        places: Where to compute the distances [k, 3].
        points: Points on the surface [m, 3], dense enough that neighbours lie in one plane.
        normals: Their outward normals [m, 3], of length 1.

    Example:
        >>> normals = np.random.default_rng(0).standard_normal((20_000, 3))
        >>> normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        >>> signed_distances(np.array([[0.0, 0, 0.5], [0, 0, 1.5]]), normals, normals).round(2)
        array([-0.5,  0.5])
    """
    from scipy.spatial import KDTree

    tree = KDTree(points)
    apart, indices = tree.query(places, k=min(NEIGHBOURS, len(points)))
    along = ((places[:, None] - points[indices]) * normals[indices]).sum(axis=-1)
    side = np.sign((along / np.maximum(apart, 1e-12) ** 2).sum(axis=1))
    some = points[:: max(1, len(points) // 1_000)]
    spacing = float(np.median(tree.query(some, k=2)[0][:, 1]))
    beside = np.sqrt(np.maximum(apart[:, 0] ** 2 - along[:, 0] ** 2, 0))
    return side * np.where(beside < 4 * spacing, np.abs(along[:, 0]), apart[:, 0])
