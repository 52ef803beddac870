"""Collect what the networks of a study made of a shape."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from analysis.comparison.standings import Comparison
from analysis.shapes.meshes import distance_field, zero_level
from analysis.shapes.scores import MeshScores, mesh_scores
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.store.store import Store, cloud_path, weights_path


class FittedShape(NamedTuple):
    """Hold a network's mesh of a shape.

    Args:
        name: The network's name in tables.
        mesh: Its zero level as a `trimesh.Trimesh`. None if the distance is never zero.
        scores: The mesh's scores. None without a mesh.
        psnr: The PSNR of the distance field on the first seed, in dB.
        is_ranked: Whether the network has a rank, so that its mesh is worth a picture.
    """

    name: str
    mesh: Any | None
    scores: MeshScores | None
    psnr: float
    is_ranked: bool


def fitted_shapes(
    state: SignalState, store: Store, comparison: Comparison, resolution: int
) -> Iterator[FittedShape]:
    """Yield the meshes of the first seed, in the order of the standings.

    Args:
        state: The shape.
        store: The results.
        comparison: Its standings.
        resolution: Points of the grid of marching cubes along each axis.
    """
    surface = store.read_array(cloud_path(state.signal.sha256))
    if surface is None:
        return
    for standing in comparison.standings:
        trial = state.trial(standing.point, 0)
        weights = store.read_array(weights_path(trial.key))
        if weights is None:
            continue
        field = distance_field(trial.network, weights, trial.seed, resolution)
        mesh = zero_level(field)
        scores = None if mesh is None else mesh_scores(mesh, surface)
        peak, is_ranked = standing.peaks[0], standing.is_ranked
        yield FittedShape(standing.point.name, mesh, scores, peak, is_ranked)
