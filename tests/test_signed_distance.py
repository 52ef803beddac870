"""The signed distance: its loss, its draws, and what a network makes of a sphere."""

import copy
import dataclasses
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
import trimesh

import studies.shape_fitting
import studies.shape_search
from analysis.regret.stored import trained
from analysis.shapes.meshes import zero_level
from analysis.shapes.scores import mesh_scores
from inr_models import FitConfig, SirenConfig, WireConfig, fit, make_network
from inr_models.fitting.drawn_step import generator_of
from inr_models.fitting.signed_distance import (
    BOX,
    DISTANCE_RANGE,
    NEAR,
    SCORED,
    SURFACE,
    SignedDistance,
)
from inr_models.fitting.task import Task
from inr_models.fitting.training import Training
from studies.engine.planning.trial import Trial
from studies.engine.running.batch import run_batch, samples_on
from studies.engine.signals.shapes import HALF_SIDE, read_shape
from studies.engine.signals.signal import coordinates
from studies.engine.store.store import Store
from tests import commands
from tests.refusals import refused

CPU = torch.device("cpu")
LOSS = SignedDistance(points=200)
SHORT = FitConfig(epochs=12, learning_rate=1e-3)


@pytest.fixture(scope="module")
def sphere():
    return read_shape(Path("sphere"), 12**3)


@pytest.fixture(scope="module")
def samples(sphere):
    return samples_on(CPU, sphere)


def networks(num=1, config=None):
    config = config or SirenConfig(width=20, depth=2)
    return [make_network(config, in_features=3, out_features=1, seed=seed) for seed in range(num)]


def training(samples, nets, epochs=12, objective=LOSS):
    return Training(nets, Task(*samples, objective), [1e-3] * epochs)


def losses(network, coords, told):
    """Return the loss and its parts by name, as Sitzmann et al. have them, with a distance."""
    places = coords.clone().requires_grad_()
    outputs = network(places)[:, 0]
    (slopes,) = torch.autograd.grad(outputs.sum(), places, create_graph=True)
    num = LOSS.points
    normals, asked = told[:num, 1:], told[num:, 0] * DISTANCE_RANGE
    cosine = (slopes[:num] * normals).sum(1) / slopes[:num].norm(dim=1)
    parts = {
        "surface": outputs[:num].abs().mean(),
        "normal": (1 - cosine).mean(),
        "eikonal": (slopes.norm(dim=1) - 1).abs().mean(),
        "distance": (outputs[num:] - asked).abs().mean(),
        "far": torch.exp(-100 * outputs[2 * num :].abs()).mean(),
    }
    return parts | {"loss": sum(getattr(LOSS, name) * part for name, part in parts.items())}


def test_losses_and_gradient_are_those_of_the_equation(samples):
    coords, values = samples
    (network,) = networks()
    own = training(samples, [network], 1)
    errors = own.step(own.theta, own.gradient, 0)
    drawn, told = LOSS.drawn(coords, values, generator_of(0, 0))
    double = copy.deepcopy(network).double()
    parts = losses(double, drawn.double(), told.double())
    is_scored = values[:, 0] == SCORED
    field = (double(coords[is_scored].double()) / DISTANCE_RANGE).clamp(-1, 1)
    parts["distance_mse"] = (field - values[is_scored, 1:2]).square().mean()
    for name, error in zip(LOSS.errors, errors, strict=True):
        assert error.item() == pytest.approx(parts[name].item(), rel=1e-4), name
    slopes = torch.autograd.grad(parts["loss"], list(double.parameters()))
    expected = torch.cat([slope.flatten() for slope in slopes])
    torch.testing.assert_close(
        own.gradient[0].double(), expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max())
    )


def test_a_complex_network_can_be_trained(samples):
    (network,) = networks(config=WireConfig(width=12, depth=2))
    own = training(samples, [network], 12)
    own.run(12)
    drawn, told = LOSS.drawn(*samples, generator_of(0, 0))
    parts = losses(network, drawn, told)
    for name, curve in zip(LOSS.errors[:-1], own.errors, strict=False):
        assert curve[0, 0].item() == pytest.approx(parts[name].item(), rel=1e-4), name
    assert own.errors[0, 0, 11] < own.errors[0, 0, 0]


def test_every_update_draws_other_points_and_the_seed_decides_which(samples):
    def drawn(seed, epoch):
        loss = SignedDistance(points=50, seed=seed)
        return loss.drawn(*samples, generator_of(seed, epoch))[0]

    first = drawn(0, 0)
    assert torch.equal(first, drawn(0, 0))
    assert not torch.equal(first, drawn(0, 1))
    assert not torch.equal(first, drawn(1, 0))
    coords, values = SignedDistance(points=50).drawn(*samples, torch.Generator())
    assert (len(coords), len(values)) == (150, 150)
    assert (values[:50, 1:].norm(dim=1) > 0.99).all()
    assert not values[50:, 1:].any()


def test_a_stack_does_what_a_loop_does(samples):
    for loop, stack in zip(*(
        dict(fit(networks(3), *samples, SHORT, objective=LOSS, execution=way)).values()
        for way in ("loop", "stack")
    ), strict=True):  # fmt: skip
        np.testing.assert_allclose(loop.curves["loss"], stack.curves["loss"], rtol=1e-3)
        np.testing.assert_allclose(loop.psnr, stack.psnr, atol=0.01)


def test_a_fit_that_continues_draws_what_it_would_have_drawn(samples):
    whole, half = training(samples, networks()), training(samples, networks())
    whole.run(12)
    half.run(5)
    later = training(samples, networks())
    later.load(half.save())
    later.run(7)
    assert torch.equal(whole.theta, later.theta)
    assert torch.equal(whole.errors[:, :, :12], later.errors[:, :, :12])


def test_a_sphere_becomes_a_sphere(samples, sphere):
    # 4 x 52 as in the small scale, with fewer updates.
    nets = networks(config=SirenConfig(width=52, depth=4, omega_first=5.0))
    config = FitConfig(epochs=250, learning_rate=1e-3, decay=0.95, decay_every=12)
    ((_, result),) = fit(nets, *samples, config, objective=LOSS)
    assert result.psnr_peak > 30
    nets[0].load_state_dict(result.best_weights, strict=False)
    with torch.no_grad():
        field = nets[0](torch.from_numpy(coordinates((40,) * 3))).numpy().reshape(40, 40, 40)
    mesh = zero_level(field)
    assert mesh is not None
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert np.abs(radius - HALF_SIDE).mean() < 0.01
    assert mesh.volume == pytest.approx(4 / 3 * np.pi * HALF_SIDE**3, rel=0.05)
    assert sphere.cloud is not None
    scores = mesh_scores(mesh, sphere.cloud.surface)
    assert scores.chamfer == pytest.approx(np.abs(radius - HALF_SIDE).mean(), rel=0.3)
    assert scores.normals > 0.99


def test_a_mesh_is_scored_by_its_distance_from_the_surface(sphere):
    for factor in (1.0, 1.1, 0.7):
        mesh = trimesh.creation.icosphere(5, radius=factor * HALF_SIDE)
        scores = mesh_scores(mesh, sphere.cloud.surface)
        apart = abs(factor - 1) * HALF_SIDE
        assert scores.chamfer == pytest.approx(apart, abs=1e-3)
        assert scores.hausdorff == pytest.approx(apart, abs=0.03)
        assert scores.normals > 0.999
    half = trimesh.creation.icosphere(5, radius=HALF_SIDE)
    half.update_faces(half.triangles_center[:, 2] > 0)
    scores = mesh_scores(half, sphere.cloud.surface)
    # The other pole is as far from the rim as a chord of 90 degrees.
    assert scores.hausdorff == pytest.approx(np.sqrt(2) * HALF_SIDE, rel=0.02)
    assert scores.chamfer > 0.1


@pytest.mark.parametrize(("offset", "status"), [(1.0, "empty"), (-1.0, "empty"), (0.0, "ok")])
def test_a_field_of_one_sign_has_no_surface(sphere, monkeypatch, offset, status):
    from studies.engine.running import batch

    def shifted(*arguments, **options):
        network = make_network(*arguments, **options)
        with torch.no_grad():
            network.layers[-1].weight.mul_(1e-3 if offset else 1)
            network.layers[-1].bias.fill_(offset)
        return network

    monkeypatch.setattr(batch, "make_network", shifted)
    epochs = 1 if offset else 60
    trial = Trial(
        signal=sphere.sha256,
        network=SirenConfig(width=32, depth=3, omega_first=4.0),
        fit=FitConfig(epochs=epochs, learning_rate=2e-3 if not offset else 1e-9),
        seed=0,
        objective=LOSS,
    )
    (outcome,) = run_batch("test", sphere, [trial], CPU, keep=[True])
    assert outcome.row["status"] == status
    assert outcome.row["objective"] == "signed_distance"
    assert outcome.row["metric_psnr_zero"] == pytest.approx(sphere.psnr_zero, abs=1e-4)
    assert outcome.weights is not None
    assert len(outcome.weights) == outcome.row["parameters"]
    assert {len(row["errors"]) for row in outcome.curve} == {len(LOSS.errors)}


def test_what_is_not_a_shape_is_refused(samples):
    coords, values = samples
    for kind in (SCORED, SURFACE, NEAR, BOX):
        kept = values[:, 0] != kind
        with refused("missing", "values"):
            list(fit(networks(), coords[kept], values[kept], SHORT, objective=LOSS))
    with refused("wrong-kind", "values"):
        list(fit(networks(), coords, values[:, :4], SHORT, objective=LOSS))
    with refused("out-of-range", "points"):
        SignedDistance(points=0)
    with refused("out-of-range", "eikonal"):
        SignedDistance(eikonal=float("nan"))


FLAGS = ("--scale", "small", "--epochs", 3, "--points", 50, "--max-samples", 512)


def test_a_study_of_shapes_writes_meshes(tmp_path):
    mesh = trimesh.creation.torus(1, 0.4)
    mesh.export(tmp_path / "ring.stl")
    script = studies.shape_fitting.__file__
    own = (*FLAGS, "--signals", tmp_path / "ring.stl", "--networks", "siren", "finer")
    commands.run(script, "run", tmp_path / "r", *own, "--resolution", 20)
    (folder,) = (tmp_path / "r" / "_studies").iterdir()
    rows = pq.read_table(folder / "shapes.parquet").to_pylist()
    assert {row["network"] for row in rows} == {"siren", "finer"}
    assert {row["resolution"] for row in rows} == {20}
    meshes = {path.name: trimesh.load(path) for path in folder.glob("*.ply")}
    assert len(meshes) == sum(row["num_faces"] > 0 for row in rows)
    assert "shape_fitting" in (folder / "report.html").read_text()
    # Another resolution needs no other fit.
    commands.run(script, "run", tmp_path / "r", *own, "--resolution", 24)
    assert commands.num_rows(tmp_path / "r") == 2
    rows = pq.read_table(folder / "shapes.parquet").to_pylist()
    assert {row["resolution"] for row in rows} == {24}


@pytest.mark.slow
def test_the_scales_of_a_shape_are_searched(tmp_path):
    own = (*FLAGS, "--signals", "sphere", "--trials", 2, "--confirm-seeds", 2)
    output = commands.run(studies.shape_search.__file__, "run", tmp_path / "r", *own)
    (folder,) = (tmp_path / "r" / "_studies").iterdir()
    (row,) = pq.read_table(folder / "regret_signed_distance.parquet").to_pylist()
    assert row["rule"] == "table6_shape"
    assert "table6_shape" in output
    assert "Eqn. 11" not in output
    # What reads the regrets of sounds never meets those of a distance.
    assert trained(str(tmp_path / "r")) == {}
    fits = Store(str(tmp_path / "r")).fits(objective="signed_distance").to_pylist()
    at_rule = [fit for fit in fits if (fit["hp_s0"], fit["hp_s1"]) == (25, 1e-3)]
    assert len(at_rule) >= 3


def test_weights_of_the_loss_are_part_of_the_key():
    plain = Trial(signal="0" * 64, network=SirenConfig(), fit=SHORT, seed=0, objective=LOSS)
    other = dataclasses.replace(plain, objective=SignedDistance(points=200, far=0))
    assert len({plain.key, other.key}) == 2
    assert '"objective":{"name":"signed_distance","points":200.0}' in plain.config
