"""Read shapes: closed surfaces from meshes, or points on a surface with their normals.

A fit sees the points and normals alone (paper, B.4). It is scored by the signed distance on a grid
over the box [-1, 1]^3, negative inside. The shape is scaled so that its longest side goes from
-`HALF_SIDE` to `HALF_SIDE`.
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.fitting.metrics import psnr_of_zero_db
from inr_models.fitting.signed_distance import DISTANCE_RANGE
from search_spaces.descriptors.centroid import spectral_centroid
from studies.engine.signals.distances import signed_distances
from studies.engine.signals.measured import notes_about
from studies.engine.signals.signal import Cloud, Signal, SignalType, coordinates, sha256_of
from studies.engine.signals.surfaces import CLOUDS, GENERATED, MESHES, read_surface

HALF_SIDE = 0.8
"""Half of the longest side of a scaled shape."""

AROUND = 50_000
"""Samples near the surface, and as many in the box, of which every update draws some."""

NEAR_DEVIATION = 0.05
"""Standard deviation of the samples near the surface around it."""

LEAST_THICKNESS = 1e-3
"""The least extent along an axis, as a share of the longest one."""


def read_shape(path: Path, max_samples: int) -> Signal:
    """Read a shape, scale it, and compute its signed distance on a grid.

    Args:
        path: A closed mesh (PLY, OBJ, OFF, STL), points with normals (PLY, XYZ with six columns,
            NPZ with the arrays `points` and `normals`), or the name of a generated shape.
        max_samples: The largest number of points of the grid, which is a cube.

    Raises:
        InputError: The file is missing or damaged, or the mesh is empty, open, flat or not a
            manifold. Or the points lack normals, are too few, or are not finite.
    """
    surface = read_surface(path)
    low, high = surface.bounds
    half = float((high - low).max()) / 2
    if not 0 < half < 1e100:
        why = "its points are all one, or too far apart to be scaled; give it in another unit."
        raise InputError.at("out-of-range", path, why)
    if (high - low).min() < LEAST_THICKNESS * 2 * half:
        why = "it is flat, so it has no inside; give a closed surface."
        raise InputError.at("out-of-range", path, why)
    center = (low + high) / 2
    side = _side(max_samples)
    grid = coordinates((side, side, side))

    def scaled(points: NDArray) -> NDArray[np.float64]:
        return (points - center) * (HALF_SIDE / half)

    if surface.distance:
        distances = surface.distance(grid / HALF_SIDE * half + center) * (HALF_SIDE / half)
    else:
        points, normals = surface.dense
        distances = signed_distances(grid.astype(np.float64), scaled(points), normals)
    values = np.clip(distances / DISTANCE_RANGE, -1, 1).astype("<f4")[:, None]
    if not (values < 0).any():
        why = f"no point of a grid of {side}^3 lies inside; it is too thin, or raise --max-samples."
        raise InputError.at("out-of-range", path, why)
    drawn = np.hstack([scaled(surface.points), surface.normals]).astype("<f4")
    shape = (side, side, side)
    digest = hashlib.sha256(sha256_of(values, shape).encode() + drawn.tobytes())
    place = ", ".join(f"{c:.6g}" for c in center)
    notes = [*surface.notes, f"its centre ({place}) became 0, and its longest side {2 * half:.6g} "
             f"became {2 * HALF_SIDE:g}"]  # fmt: skip
    return Signal(
        name=path.stem,
        sha256=digest.hexdigest(),
        source=str(path),
        shape=shape,
        channels=1,
        sample_rate=None,
        file_samples=len(surface.points),
        crop="whole",
        crop_start=0,
        peak=half / HALF_SIDE,
        psnr_zero=psnr_of_zero_db(values),
        descriptors={"psi": spectral_centroid(values[:, 0])},
        notes=notes_about(path, notes),
        values=values,
        cloud=around(drawn),
    )


def around(surface: NDArray[np.float32]) -> Cloud:
    """Return samples of a surface, and others around it with their distance from these samples.

    Args:
        surface: Points on a surface and their normals [m, 6].
    """
    rng = np.random.default_rng(0)
    points, normals = np.hsplit(surface.astype(np.float64), 2)
    picked = points[rng.integers(len(points), size=AROUND)]
    near = picked + NEAR_DEVIATION * rng.standard_normal((AROUND, 3))
    box = rng.uniform(-1, 1, size=(AROUND, 3))
    samples = []
    for places in (near, box):
        distances = signed_distances(places, points, normals)
        samples.append(np.hstack([places, distances[:, None]]).astype("<f4"))
    return Cloud(surface, *samples)


def _side(max_samples: int) -> int:
    side = round(max_samples ** (1 / 3))
    return side if side**3 <= max_samples else side - 1


SHAPE = SignalType(
    noun="shape",
    suffixes=(*MESHES, *CLOUDS),
    files="your PLY, OBJ, OFF, STL, XYZ or NPZ files, globs or folders, or the generated sphere "
    "and torus",
    size="points of the grid on which the distance is scored",
    read=read_shape,
    generated=dict.fromkeys(GENERATED, ""),
    by_distance=True,
)
