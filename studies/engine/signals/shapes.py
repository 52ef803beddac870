"""Read shapes: closed surfaces from meshes, or points on a surface with their normals.

A fit sees the points and normals alone (paper, B.4). It is scored by the signed distance on a grid
over the box [-1, 1]^3, negative inside. The shape is scaled so that its longest side goes from
-`HALF_SIDE` to `HALF_SIDE`.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.fitting.metrics import psnr_of_zero_db
from inr_models.fitting.signed_distance import DISTANCE_RANGE
from inr_models.shown import count, first_line, shown
from search_spaces.descriptors.centroid import spectral_centroid
from studies.engine.signals.audio import check_regular
from studies.engine.signals.signal import Cloud, Signal, SignalType, coordinates, sha256_of

HALF_SIDE = 0.8
"""Half of the longest side of a scaled shape."""

SURFACE_POINTS = 50_000
"""Points that are drawn on a mesh for the fit, in proportion to the area."""

DENSE_POINTS = 200_000
"""Points that are drawn on a mesh to compute the distances on the grid."""

AROUND = 50_000
"""Samples near the surface, and as many in the box, of which every update draws some."""

NEAR_DEVIATION = 0.05
"""Standard deviation of the samples near the surface around it."""

MIN_POINTS = 100
"""The fewest points of a cloud."""

NEIGHBOURS = 8
"""Points of the surface that decide together on which side of it a sample lies."""

LEAST_THICKNESS = 1e-3
"""The least extent along an axis, as a share of the longest one."""

MESHES = (".obj", ".off", ".ply", ".stl")
CLOUDS = (".npz", ".xyz")


class Surface(NamedTuple):
    """Hold points on a surface, and what else is known of it.

    Args:
        points: Points [m, 3], in the file's units.
        normals: Their outward normals [m, 3], of length 1.
        dense: More points and normals to compute distances with, both [k, 3].
        bounds: The lowest and the highest coordinates [2, 3].
        distance: Returns the exact signed distance [k] at points [k, 3]. None if only the points
            are known.
        notes: What the user should know of the file.
    """

    points: NDArray[np.float64]
    normals: NDArray[np.float64]
    dense: tuple[NDArray[np.float64], NDArray[np.float64]]
    bounds: NDArray[np.float64]
    distance: Callable[[NDArray], NDArray] | None = None
    notes: tuple[str, ...] = ()


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
    if str(path) in GENERATED and not path.exists():
        surface = GENERATED[str(path)]()
    else:
        check_regular(path, "a PLY, OBJ, OFF, STL, XYZ or NPZ")
        reads = {".npz": _from_npz, ".xyz": _from_xyz}
        surface = reads.get(path.suffix.lower(), _from_trimesh)(path)
    low, high = surface.bounds
    half = float((high - low).max()) / 2
    if not 0 < half < 1e100:
        why = "its points are all one, or too far apart to be scaled; give it in another unit."
        raise InputError.at("out-of-range", str(path), why)
    if (high - low).min() < LEAST_THICKNESS * 2 * half:
        why = "it is flat, so it has no inside; give a closed surface."
        raise InputError.at("out-of-range", str(path), why)
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
        raise InputError.at("out-of-range", str(path), why)
    drawn = np.hstack([scaled(surface.points), surface.normals]).astype("<f4")
    shape = (side, side, side)
    digest = hashlib.sha256(sha256_of(values, shape).encode() + drawn.tobytes())
    place = ", ".join(f"{c:.6g}" for c in center)
    notes = (*surface.notes, f"its centre ({place}) became 0, and its longest side {2 * half:.6g} "
             f"became {2 * HALF_SIDE:g}")  # fmt: skip
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
        notes=tuple(f"{shown(str(path))}: {note}." for note in notes),
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


def _side(max_samples: int) -> int:
    side = round(max_samples ** (1 / 3))
    return side if side**3 <= max_samples else side - 1


def _from_trimesh(path: Path) -> Surface:
    import trimesh

    try:
        # Without a resolver no other file is read, whatever this one names.
        with path.open("rb") as file:
            geometry: Any = trimesh.load(
                io.BytesIO(file.read()), file_type=path.suffix[1:].lower(), skip_materials=True
            )
        if isinstance(geometry, trimesh.Scene):
            geometry = geometry.to_geometry() if geometry.geometry else None
    except Exception as error:  # it raises anything for a damaged file
        kind = path.suffix[1:].upper()
        why = f"not readable as {kind} ({first_line(error).rstrip('.')}); get a whole copy."
        raise InputError.at("wrong-kind", str(path), why) from error
    if isinstance(geometry, trimesh.PointCloud):
        return _from_ply_points(path, geometry)
    if geometry is None or not len(geometry.faces):
        raise InputError.at("empty", str(path), "it has no face; give a mesh or points.")
    return _of_mesh(path, geometry)


def _of_mesh(path: Path, mesh: Any) -> Surface:
    import trimesh

    if not np.isfinite(mesh.vertices).all():
        raise InputError.at("not-finite", str(path), "a vertex is not finite; repair the mesh.")
    # Vertices that differ in their texture alone are one vertex of the surface.
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    mesh.update_faces(mesh.nondegenerate_faces())
    if not len(mesh.faces) or not mesh.area > 0:
        raise InputError.at("empty", str(path), "its faces have no area; give a closed surface.")
    if not mesh.is_watertight:
        _, num = np.unique(mesh.edges_sorted, axis=0, return_counts=True)
        open_edges, more = int((num == 1).sum()), int((num > 2).sum())
        what = f"{count(open_edges, 'edge')} of one face and {more} of more than two"
        why = f"not a closed manifold ({what}), so it has no inside; close its holes."
        raise InputError.at("damaged", str(path), why)
    if not mesh.is_winding_consistent:
        why = "its faces do not agree on what is outside; repair their orientation."
        raise InputError.at("damaged", str(path), why)
    notes = []
    if mesh.volume < 0:
        mesh.invert()
        notes.append("its faces pointed inwards and were turned")
    drawn, normals = [], []
    for num in (SURFACE_POINTS, DENSE_POINTS):
        points, faces = trimesh.sample.sample_surface(mesh, num, seed=0)[:2]
        drawn.append(np.asarray(points, dtype=np.float64))
        normals.append(np.asarray(mesh.face_normals[faces], dtype=np.float64))
    bounds = np.asarray(mesh.bounds)
    return Surface(drawn[0], normals[0], (drawn[1], normals[1]), bounds, None, tuple(notes))


def _from_ply_points(path: Path, cloud: Any) -> Surface:
    # A dictionary of columns if the file is text, an array with fields if it is binary.
    data = cloud.metadata.get("_ply_raw", {}).get("vertex", {}).get("data", {})
    names = data if isinstance(data, dict) else (data.dtype.names or ())
    if not {"nx", "ny", "nz"} <= set(names):
        raise InputError.at("missing", str(path), _NO_NORMALS)
    normals = np.stack([np.ravel(data[name]) for name in ("nx", "ny", "nz")], axis=1)
    return _of_points(path, np.asarray(cloud.vertices), normals)


_NO_NORMALS = "its points have no normals; add them, or give a mesh."


def _from_npz(path: Path) -> Surface:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("points", "normals") if name in file}
    except (OSError, ValueError, zipfile.BadZipFile, KeyError, EOFError) as error:
        why = "not readable as NPZ; save it again with numpy.savez(points=..., normals=...)."
        raise InputError.at("wrong-kind", str(path), why) from error
    if "points" not in arrays:
        raise InputError.at("missing", str(path), "it has no array `points`; add it.")
    if "normals" not in arrays:
        raise InputError.at("missing", str(path), _NO_NORMALS)
    return _of_points(path, arrays["points"], arrays["normals"])


def _from_xyz(path: Path) -> Surface:
    try:
        rows = np.loadtxt(path, dtype=np.float64, ndmin=2, max_rows=10_000_000)
    except (OSError, ValueError) as error:
        why = f"not readable as XYZ ({first_line(error).rstrip('.')}); give six numbers a line."
        raise InputError.at("wrong-kind", str(path), why) from error
    if rows.shape[1] == 3:
        raise InputError.at("missing", str(path), _NO_NORMALS)
    if rows.shape[1] != 6:
        why = f"its lines have {count(rows.shape[1], 'number')}; give six: the point, its normal."
        raise InputError.at("wrong-kind", str(path), why)
    return _of_points(path, rows[:, :3], rows[:, 3:])


def _of_points(path: Path, points: NDArray, normals: NDArray) -> Surface:
    """Return a surface of points with normals, which are checked."""
    for name, array in (("points", points), ("normals", normals)):
        is_real = np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)
        if not is_real or array.ndim != 2 or array.shape[1] != 3:
            why = f"`{name}` has shape {array.shape} of {array.dtype}; give [m, 3] real numbers."
            raise InputError.at("wrong-kind", str(path), why)
        if not np.isfinite(array).all():
            row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
            why = f"`{name}` is not finite in row {row + 1}; leave that row out."
            raise InputError.at("not-finite", str(path), why)
    if len(points) != len(normals):
        why = f"{len(points)} points and {len(normals)} normals; give one normal for each point."
        raise InputError.at("conflict", str(path), why)
    if len(points) < MIN_POINTS:
        why = f"{count(len(points), 'point')} are too few; give {MIN_POINTS} or more."
        raise InputError.at("too-few", str(path), why)
    points, normals = points.astype(np.float64), normals.astype(np.float64)
    lengths = np.linalg.norm(normals, axis=1)
    if not lengths.all():
        row = int(np.flatnonzero(lengths == 0)[0])
        why = f"the normal in row {row + 1} is zero; leave that row out."
        raise InputError.at("out-of-range", str(path), why)
    notes = []
    if np.abs(lengths - 1).max() > 1e-3:
        notes.append("its normals were scaled to length 1")
    normals = normals / lengths[:, None]
    # The sum is three times the volume, if all points stand for equal areas.
    if ((points - points.mean(axis=0)) * normals).sum() < 0:
        normals = -normals
        notes.append("its normals pointed inwards and were turned")
    bounds = np.stack([points.min(axis=0), points.max(axis=0)])
    return Surface(points, normals, (points, normals), bounds, None, tuple(notes))


def _directions(num: int) -> NDArray[np.float64]:
    vectors = np.random.default_rng(0).standard_normal((num, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def sphere() -> Surface:
    """Return the unit sphere, whose distance is |x| - 1."""
    points = _directions(SURFACE_POINTS)
    bounds = np.array([[-1.0] * 3, [1.0] * 3])
    return Surface(
        points, points, (points, points), bounds, lambda x: np.linalg.norm(x, axis=1) - 1
    )


def torus() -> Surface:
    """Return a torus around the third axis with radii 1 and 0.4."""
    rng, wide, thin = np.random.default_rng(0), 1.0, 0.4
    along, around, keep = rng.random((3, 3 * SURFACE_POINTS)) * 2 * np.pi
    # Rejection makes the points even: the area grows with the distance from the axis.
    kept = keep / (2 * np.pi) < (wide + thin * np.cos(around)) / (wide + thin)
    along, around = along[kept][:SURFACE_POINTS], around[kept][:SURFACE_POINTS]
    outward = np.stack([np.cos(along), np.sin(along), np.zeros_like(along)], axis=1)
    normals = outward * np.cos(around)[:, None]
    normals[:, 2] = np.sin(around)
    points = wide * outward + thin * normals
    reach = wide + thin
    bounds = np.array([[-reach, -reach, -thin], [reach, reach, thin]])

    def distance(x: NDArray) -> NDArray:
        return np.hypot(np.hypot(x[:, 0], x[:, 1]) - wide, x[:, 2]) - thin

    return Surface(points, normals, (points, normals), bounds, distance)


GENERATED: dict[str, Callable[[], Surface]] = {"sphere": sphere, "torus": torus}
"""Shapes whose distance is known exactly, by name."""

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
