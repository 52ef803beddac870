"""Score a mesh against points of the surface that a network was fitted to."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from studies.engine.signals.distances import signed_distances

MESH_POINTS = 30_000
"""Points that are drawn on a mesh to score it, in proportion to the area."""


class MeshScores(NamedTuple):
    """Hold how far a mesh lies from the true surface.

    Distances are in units of the coordinates of the box [-1, 1]^3.

    Args:
        chamfer: The mean distance, averaged over both directions.
        hausdorff: The largest distance in either direction.
        normals: The mean |cos| between normals at nearest points, averaged over both directions.
    """

    chamfer: float
    hausdorff: float
    normals: float


def mesh_scores(mesh: Any, surface: NDArray) -> MeshScores:
    """Return the scores of a mesh.

    The distance to a set of points is the one of `signed_distances`, without its sign. It is that
    to the surface between the points, so that their spacing does not count as an error.

    Args:
        mesh: A `trimesh.Trimesh`.
        surface: Points of the true surface and their normals [m, 6].

    Example:
        >>> import trimesh
        >>> sphere = trimesh.creation.icosphere(5)
        >>> surface = np.hstack([sphere.vertices, sphere.vertex_normals])
        >>> round(mesh_scores(sphere, surface).normals, 2)
        1.0
    """
    import trimesh

    points, faces = trimesh.sample.sample_surface(mesh, MESH_POINTS, seed=0)[:2]
    sampled = np.asarray(points, dtype=np.float64), np.asarray(mesh.face_normals[faces])
    true = np.hsplit(surface.astype(np.float64), 2)
    distances, alike = [], []
    for (places, normals), (others, their_normals) in ((sampled, true), (true, sampled)):
        distances.append(np.abs(signed_distances(places, others, their_normals)))
        nearest = KDTree(others).query(places)[1]
        alike.append(np.abs((normals * their_normals[nearest]).sum(axis=1)).mean())
    return MeshScores(
        chamfer=float(np.mean([d.mean() for d in distances])),
        hausdorff=float(max(d.max() for d in distances)),
        normals=float(np.mean(alike)),
    )


def vertex_errors(mesh: Any, surface: NDArray) -> NDArray[np.float64]:
    """Return the distance of each vertex of a mesh from the true surface [v].

    Args:
        mesh: The mesh of `trimesh` with v vertices.
        surface: Points on the true surface and their normals [m, 6].
    """
    points, normals = np.hsplit(surface.astype(np.float64), 2)
    return np.abs(signed_distances(np.asarray(mesh.vertices, dtype=np.float64), points, normals))
