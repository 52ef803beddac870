"""Read surfaces: closed meshes, points with their normals, and shapes that are generated."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.shown import count, first_line
from studies.engine.signals.audio import check_regular

SURFACE_POINTS = 50_000
"""Points that are drawn on a mesh for the fit, in proportion to the area."""

DENSE_POINTS = 200_000
"""Points that are drawn on a mesh to compute the distances on the grid."""

MIN_POINTS = 100
"""The fewest points of a cloud."""

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


def read_surface(path: Path) -> Surface:
    """Return the surface that a file holds, or a generated one by its name.

    Args:
        path: A closed mesh (PLY, OBJ, OFF, STL), points with normals (PLY, XYZ, NPZ), or a name
            from `GENERATED`.

    Raises:
        InputError: The file is missing or damaged, or holds no closed surface and no points with
            normals.
    """
    if str(path) in GENERATED and not path.exists():
        return GENERATED[str(path)]()
    check_regular(path, "a PLY, OBJ, OFF, STL, XYZ or NPZ")
    reads = {".npz": _from_npz, ".xyz": _from_xyz}
    return reads.get(path.suffix.lower(), _from_trimesh)(path)


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
        raise InputError.at("wrong-kind", path, why) from error
    if isinstance(geometry, trimesh.PointCloud):
        return _from_ply_points(path, geometry)
    if geometry is None or not len(geometry.faces):
        raise InputError.at("empty", path, "it has no face; give a mesh or points.")
    return _of_mesh(path, geometry)


def _of_mesh(path: Path, mesh: Any) -> Surface:
    import trimesh

    if not np.isfinite(mesh.vertices).all():
        raise InputError.at("not-finite", path, "a vertex is not finite; repair the mesh.")
    # Vertices that differ in their texture alone are one vertex of the surface.
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    mesh.update_faces(mesh.nondegenerate_faces())
    if not len(mesh.faces) or not mesh.area > 0:
        raise InputError.at("empty", path, "its faces have no area; give a closed surface.")
    if not mesh.is_watertight:
        _, num = np.unique(mesh.edges_sorted, axis=0, return_counts=True)
        open_edges, more = int((num == 1).sum()), int((num > 2).sum())
        what = f"{count(open_edges, 'edge')} of one face and {more} of more than two"
        why = f"not a closed manifold ({what}), so it has no inside; close its holes."
        raise InputError.at("damaged", path, why)
    if not mesh.is_winding_consistent:
        why = "its faces do not agree on what is outside; repair their orientation."
        raise InputError.at("damaged", path, why)
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
        raise InputError.at("missing", path, _NO_NORMALS)
    normals = np.stack([np.ravel(data[name]) for name in ("nx", "ny", "nz")], axis=1)
    return _of_points(path, np.asarray(cloud.vertices), normals)


_NO_NORMALS = "its points have no normals; add them, or give a mesh."


def _from_npz(path: Path) -> Surface:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("points", "normals") if name in file}
    except (OSError, ValueError, zipfile.BadZipFile, KeyError, EOFError) as error:
        why = "not readable as NPZ; save it again with numpy.savez(points=..., normals=...)."
        raise InputError.at("wrong-kind", path, why) from error
    if "points" not in arrays:
        raise InputError.at("missing", path, "it has no array `points`; add it.")
    if "normals" not in arrays:
        raise InputError.at("missing", path, _NO_NORMALS)
    return _of_points(path, arrays["points"], arrays["normals"])


def _from_xyz(path: Path) -> Surface:
    try:
        rows = np.loadtxt(path, dtype=np.float64, ndmin=2, max_rows=10_000_000)
    except (OSError, ValueError) as error:
        why = f"not readable as XYZ ({first_line(error).rstrip('.')}); give six numbers a line."
        raise InputError.at("wrong-kind", path, why) from error
    if rows.shape[1] == 3:
        raise InputError.at("missing", path, _NO_NORMALS)
    if rows.shape[1] != 6:
        why = f"its lines have {count(rows.shape[1], 'number')}; give six: the point, its normal."
        raise InputError.at("wrong-kind", path, why)
    return _of_points(path, rows[:, :3], rows[:, 3:])


def _of_points(path: Path, points: NDArray, normals: NDArray) -> Surface:
    """Return a surface of points with normals, which are checked."""
    for name, array in (("points", points), ("normals", normals)):
        is_real = np.issubdtype(array.dtype, np.floating) or np.issubdtype(array.dtype, np.integer)
        if not is_real or array.ndim != 2 or array.shape[1] != 3:
            why = f"`{name}` has shape {array.shape} of {array.dtype}; give [m, 3] real numbers."
            raise InputError.at("wrong-kind", path, why)
        if not np.isfinite(array).all():
            row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
            why = f"`{name}` is not finite in row {row + 1}; leave that row out."
            raise InputError.at("not-finite", path, why)
    if len(points) != len(normals):
        why = f"{len(points)} points and {len(normals)} normals; give one normal for each point."
        raise InputError.at("conflict", path, why)
    if len(points) < MIN_POINTS:
        why = f"{count(len(points), 'point')} are too few; give {MIN_POINTS} or more."
        raise InputError.at("too-few", path, why)
    points, normals = points.astype(np.float64), normals.astype(np.float64)
    lengths = np.linalg.norm(normals, axis=1)
    if not lengths.all():
        row = int(np.flatnonzero(lengths == 0)[0])
        why = f"the normal in row {row + 1} is zero; leave that row out."
        raise InputError.at("out-of-range", path, why)
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
