"""Shapes: what is read of a mesh or a cloud, its signed distance, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

import studies.shape_fitting
from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.signed_distance import BOX, DISTANCE_RANGE, NEAR, SCORED, SURFACE
from studies.engine.signals.distances import signed_distances
from studies.engine.signals.reading import find_files, type_with_spectrum
from studies.engine.signals.shapes import HALF_SIDE, read_shape
from studies.engine.signals.signal import coordinates, samples_of
from studies.engine.store.rows import signal_from_row, signal_row
from tests import commands
from tests.refusals import refused

GRID = 16**3
SIDES = np.array([2.0, 1.0, 4.0])


@pytest.fixture(scope="module")
def box():
    mesh = trimesh.creation.box(SIDES)
    mesh.apply_translation([10, 20, 30])
    return mesh


def of_box(places):
    """Return the exact signed distance to the scaled box (Quilez)."""
    outside = np.abs(places) - SIDES / SIDES.max() * HALF_SIDE
    return np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(axis=1), 0)


@pytest.mark.parametrize("suffix", [".ply", ".obj", ".off", ".stl"])
def test_a_mesh_is_scaled_and_its_distance_known(tmp_path, box, suffix):
    box.export(tmp_path / f"box{suffix}")
    signal = read_shape(tmp_path / f"box{suffix}", GRID)
    assert signal.shape == (16, 16, 16)
    grid = coordinates(signal.shape).astype(float)
    exact = np.clip(of_box(grid) / DISTANCE_RANGE, -1, 1)
    np.testing.assert_allclose(signal.values[:, 0], exact, atol=0.04)
    # docs/shapes.md promises 45 dB.
    assert psnr_db(np.mean((signal.values[:, 0] - exact) ** 2)) > 45
    assert np.mean((signal.values[:, 0] - exact) ** 2) < 1e-5
    points, normals = np.hsplit(signal.cloud.surface, 2)
    np.testing.assert_allclose(of_box(points.astype(float)), 0, atol=1e-6)
    np.testing.assert_allclose(np.abs(normals).max(axis=1), 1)
    assert signal.peak == pytest.approx(2 / HALF_SIDE)
    again = signal_from_row(signal_row(signal) | {"image_height": None})
    assert (again.shape, again.peak, again.sha256) == (signal.shape, signal.peak, signal.sha256)


def test_a_cloud_has_the_distances_of_its_mesh(tmp_path, box):
    points, faces = trimesh.sample.sample_surface(box, 50_000, seed=3)
    normals = box.face_normals[faces]
    np.savez(tmp_path / "box.npz", points=points, normals=-3 * normals)
    np.savetxt(tmp_path / "box.xyz", np.hstack([points, normals])[:20_000])
    write_ply(tmp_path / "box.ply", points, normals)
    shapes = {name: read_shape(tmp_path / name, GRID) for name in ("box.npz", "box.xyz", "box.ply")}
    exact = np.clip(of_box(coordinates((16,) * 3).astype(float)) / DISTANCE_RANGE, -1, 1)
    for signal in shapes.values():
        assert np.mean((signal.values[:, 0] - exact) ** 2) < 1e-3
    # Two notes: the normals pointed inwards, and were not of length 1. The third tells the scale.
    assert [len(signal.notes) for signal in shapes.values()] == [3, 1, 1]
    np.testing.assert_allclose(shapes["box.npz"].values, shapes["box.ply"].values, atol=1e-5)


def write_ply(path, points, normals):
    rows = np.hstack([points, normals])
    names = ("x", "y", "z", "nx", "ny", "nz")[: rows.shape[1]]
    header = ["ply", "format ascii 1.0", f"element vertex {len(rows)}"]
    header += [f"property double {name}" for name in names] + ["end_header"]
    path.write_text("\n".join([*header, *(" ".join(map(str, row)) for row in rows)]) + "\n")


@pytest.mark.parametrize("name", ["sphere", "torus"])
def test_points_of_a_surface_tell_its_distance(name):
    signal = read_shape(Path(name), GRID)
    points, normals = np.hsplit(signal.cloud.surface.astype(float), 2)
    grid = coordinates(signal.shape).astype(float)
    own = np.clip(signed_distances(grid, points, normals) / DISTANCE_RANGE, -1, 1)
    # docs/shapes.md promises 65 dB.
    assert psnr_db(np.mean((own - signal.values[:, 0]) ** 2)) > 65
    assert np.abs(own - signal.values[:, 0]).max() < 0.02
    if name == "sphere":
        exact = np.linalg.norm(grid, axis=1) - HALF_SIDE
        np.testing.assert_allclose(
            signal.values[:, 0], np.clip(exact / DISTANCE_RANGE, -1, 1), atol=1e-5
        )


def test_a_fit_gets_samples_of_four_kinds():
    signal = read_shape(Path("sphere"), GRID)
    coords, values = samples_of(signal)
    assert coords.dtype == values.dtype == np.float32
    kinds = values[:, 0]
    assert {kind: int((kinds == kind).sum()) for kind in (SCORED, SURFACE, NEAR, BOX)} == {
        SCORED: GRID, SURFACE: 50_000, NEAR: 50_000, BOX: 50_000,
    }  # fmt: skip
    np.testing.assert_allclose(values[kinds == SCORED, 1], signal.values[:, 0], rtol=1e-5)
    radius = np.linalg.norm(coords, axis=1)
    around = (kinds == NEAR) | (kinds == BOX)
    errors = np.abs(values[around, 1] * DISTANCE_RANGE - (radius[around] - HALF_SIDE))
    # The points lie at random, so a few places have no point close to their foot.
    assert np.quantile(errors, 0.999) < 1e-3
    assert errors.max() < 0.05
    np.testing.assert_allclose(np.linalg.norm(values[kinds == SURFACE, 2:], axis=1), 1, rtol=1e-5)
    assert not values[kinds != SURFACE, 2:].any()


def test_the_hash_knows_the_points_and_not_the_place(tmp_path, box):
    box.export(tmp_path / "a.ply")
    moved = box.copy()
    moved.apply_scale(0.5)
    moved.export(tmp_path / "b.stl")
    other = trimesh.creation.box([2, 1.1, 4])
    other.export(tmp_path / "c.ply")
    names = ("a.ply", "b.stl", "c.ply")
    first, _, third = (read_shape(tmp_path / name, GRID).sha256 for name in names)
    assert first != third
    assert first != read_shape(tmp_path / "a.ply", 17**3).sha256


def bad_files(folder, box):
    """Yield (name of a bad file, the code of its problem)."""
    points, faces = trimesh.sample.sample_surface(box, 500, seed=0)
    normals = box.face_normals[faces]
    write_ply(folder / "no_normals.ply", points, np.empty((len(points), 0)))
    yield "no_normals.ply", "missing"
    np.savez(folder / "no_normals.npz", points=points)
    yield "no_normals.npz", "missing"
    np.savez(folder / "no_points.npz", normals=normals)
    yield "no_points.npz", "missing"
    np.savez(folder / "unequal.npz", points=points, normals=normals[:400])
    yield "unequal.npz", "conflict"
    np.savez(folder / "nan.npz", points=np.where(points > 30, np.nan, points), normals=normals)
    yield "nan.npz", "not-finite"
    np.savez(folder / "zero.npz", points=points, normals=0 * normals)
    yield "zero.npz", "out-of-range"
    np.savez(folder / "few.npz", points=points[:50], normals=normals[:50])
    yield "few.npz", "too-few"
    np.savez(folder / "flat.npz", points=points * [1, 1, 0], normals=normals)
    yield "flat.npz", "out-of-range"
    np.savez(folder / "text.npz", points=points.astype(str), normals=normals)
    yield "text.npz", "wrong-kind"
    np.savez(folder / "one_place.npz", points=0 * points, normals=normals)
    yield "one_place.npz", "out-of-range"
    np.savetxt(folder / "three.xyz", points)
    yield "three.xyz", "missing"
    np.savetxt(folder / "five.xyz", np.hstack([points, normals[:, :2]]))
    yield "five.xyz", "wrong-kind"
    (folder / "text.xyz").write_text("a b c d e f\n")
    yield "text.xyz", "wrong-kind"
    (folder / "no_face.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    yield "no_face.obj", "missing"
    trimesh.Trimesh(box.vertices, box.faces[:-1]).export(folder / "open.off")
    yield "open.off", "damaged"
    fin = np.vstack([box.faces, [[0, 1, len(box.vertices)]]])
    trimesh.Trimesh(np.vstack([box.vertices, [[0, 0, 0]]]), fin, process=False).export(
        folder / "fin.ply"
    )
    yield "fin.ply", "damaged"
    (folder / "half.ply").write_bytes(box.export(file_type="ply")[:-100])
    yield "half.ply", "wrong-kind"
    (folder / "noise.stl").write_bytes(np.random.default_rng(0).bytes(400))
    yield "noise.stl", "empty"
    (folder / "no_vertex.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nend_header\n"
    )
    yield "no_vertex.ply", "empty"
    (folder / "nothing.obj").write_bytes(b"")
    yield "nothing.obj", "empty"


def test_a_bad_file_is_refused_with_its_name(tmp_path, box):
    codes = {}
    for name, code in bad_files(tmp_path, box):
        with refused(code, str(tmp_path / name)):
            read_shape(tmp_path / name, GRID)
        codes[name] = code
    assert len(codes) == 20


def test_no_other_file_is_read(tmp_path, box):
    text = box.export(file_type="obj")
    (tmp_path / "box.obj").write_text("mtllib /dev/zero\nmtllib secret.mtl\n" + text)
    assert read_shape(tmp_path / "box.obj", GRID).channels == 1


def test_what_needs_a_spectrum_refuses_a_shape_and_passes_it_over_in_a_folder(tmp_path, box):
    box.export(tmp_path / "box.ply")
    for path in (tmp_path / "box.ply", Path("sphere")):
        with refused("wrong-kind", str(path)):
            type_with_spectrum(path)
    np.save(tmp_path / "series.npy", np.arange(300.0))
    assert find_files([str(tmp_path)], None) == [tmp_path / "series.npy"]
    assert find_files([str(tmp_path)], "shape") == [tmp_path / "box.ply"]


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (["--points", "0"], "out-of-range"),
        (["--resolution", "4"], "out-of-range"),
        (["--max-samples", "100"], "out-of-range"),
    ],
)
def test_a_bad_flag_is_refused(capsys, tmp_path, flags, code):
    study, small = studies.shape_fitting.STUDY, ("--scale", "small", "--results", tmp_path / "r")
    assert commands.refuse(capsys, study, "plan", *small, *flags).code == code
