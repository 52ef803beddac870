"""What `fit()` and its configuration refuse."""

import math

import pytest
import torch

from inr_models import FitConfig, SirenConfig, fit, make_network, width_for
from inr_models.networks.coordinate_mlp import CoordinateMLP
from tests.refusals import refused

ONE = torch.linspace(-1, 1, 300)[:, None]
TWO = ONE.repeat(1, 2)


def network(width: int = 8) -> CoordinateMLP:
    config = SirenConfig(width=width, depth=2)
    return make_network(config, in_features=1, out_features=1, seed=0)


@pytest.mark.parametrize(
    ("field", "value"),
    [(f, v) for f in ("epochs", "decay_every") for v in (0, -3, math.nan)]
    + [(f, v) for f in ("learning_rate", "decay") for v in (0, -1e-4, math.nan, math.inf)]
    + [("precision", "bfloat16"), ("optimizer", "sgd")],
)
def test_impossible_training_is_refused_by_field(field, value):
    is_name = field in ("precision", "optimizer")
    with refused("unknown-name" if is_name else "out-of-range", field, value):
        FitConfig(**{field: value})


@pytest.mark.parametrize(
    ("coords", "values", "field"),
    [
        pytest.param(ONE[:, 0], ONE, "coords", id="coords without features"),
        pytest.param(ONE, ONE[:, 0], "coords", id="values without channels"),
        pytest.param(ONE, ONE[1:], "coords", id="unequal lengths"),
        pytest.param(ONE.double(), ONE, "coords", id="float64 coords"),
        pytest.param(ONE, ONE.double(), "values", id="float64 values"),
        pytest.param(ONE, torch.ones(300, 1, dtype=torch.int64), "values", id="integer values"),
        pytest.param(TWO, ONE, "networks", id="more coords than the network takes"),
        pytest.param(ONE, TWO, "networks", id="more channels than the network gives"),
    ],
)
def test_shapes_and_types_that_do_not_fit_are_refused(coords, values, field):
    [(_, result)] = fit([network()], ONE, ONE, FitConfig(epochs=1))
    assert not result.diverged
    with refused("wrong-kind", field):
        list(fit([network()], coords, values, FitConfig(epochs=1)))


@pytest.mark.parametrize("execution", ["loop", "stack"])
def test_networks_of_unlike_shapes_are_refused(execution):
    with refused("wrong-kind", "networks"):
        list(fit([network(8), network(9)], ONE, ONE, FitConfig(epochs=1), execution=execution))


@pytest.mark.parametrize(
    ("networks", "options", "code", "field"),
    [
        ([], {}, "empty", "networks"),
        ([network().double()], {}, "wrong-kind", "networks"),
        ([network()], {"execution": "both"}, "unknown-name", "execution"),
        ([network()], {"step": "lazy"}, "unknown-name", "step"),
    ],
)
def test_fit_refuses_at_the_call_not_at_the_first_result(networks, options, code, field):
    with refused(code, field):
        fit(networks, ONE, ONE, FitConfig(epochs=1), **options)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_refused_by_name(bad):
    wrong = ONE.clone()
    wrong[7] = bad
    broken = network()
    with torch.no_grad():
        broken.layers[0].weight[0, 0] = bad
    for networks, coords, values, field in (
        ([network()], wrong, ONE, "coords"),
        ([network()], ONE, wrong, "values"),
        ([network(), broken], ONE, ONE, "networks"),
    ):
        with refused("not-finite", field):
            fit(networks, coords, values, FitConfig(epochs=1))


def test_what_is_no_tensor_no_network_or_empty_is_refused_by_name():
    good = ([network()], ONE, ONE)
    for place, wrong, code, field in (
        (0, [SirenConfig()], "wrong-kind", "networks"),
        (1, ONE.tolist(), "wrong-kind", "coords"),
        (2, ONE.numpy(), "wrong-kind", "values"),
    ):
        arguments = list(good)
        arguments[place] = wrong
        with refused(code, field):
            fit(*arguments, FitConfig(epochs=1))
    with refused("empty", "coords"):
        fit([network()], ONE[:0], ONE[:0], FitConfig(epochs=1))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"in_features": 0}, "out-of-range", "in_features"),
        ({"out_features": -1}, "out-of-range", "out_features"),
        ({"out_features": 1.0}, "wrong-kind", "out_features"),
        ({"seed": 1.5}, "wrong-kind", "seed"),
        ({"seed": None}, "wrong-kind", "seed"),
        ({"seed": 2**64}, "out-of-range", "seed"),
        ({"seed": -1}, "out-of-range", "seed"),
        ({"config": SirenConfig}, "wrong-kind", "config"),
        ({"config": SirenConfig(width=90_000)}, "too-large", "width"),
    ],
)
def test_networks_that_cannot_be_made_are_refused_by_name(changes, code, field):
    usual = {"config": SirenConfig(width=8, depth=2), "in_features": 1, "out_features": 1}
    arguments = {**usual, "seed": 0, **changes}
    with refused(code, field):
        make_network(arguments.pop("config"), **arguments)


def test_sizes_that_no_machine_holds_are_refused_with_their_size():
    for field, value in (("width", 1_000_000), ("depth", 100_000_000)):
        with refused("out-of-range", field, value):
            SirenConfig(**{field: value})
    with refused("too-large", "width", "121 GiB"):
        make_network(SirenConfig(width=90_000, depth=5), in_features=1, out_features=1, seed=0)


@pytest.mark.parametrize("field", ["in_features", "out_features", "parameters"])
@pytest.mark.parametrize("value", [-1, 0, 1.5])
def test_a_width_is_for_counts_alone(field, value):
    arguments = {"parameters": 1000, field: value}
    with refused("wrong-kind" if value == 1.5 else "out-of-range", field):
        width_for(SirenConfig(), arguments.pop("parameters"), **arguments)
    assert width_for(SirenConfig(depth=60), 100_000) > 30


def test_a_depth_that_torch_cannot_build_in_seconds_is_refused():
    assert SirenConfig(depth=1_000).depth == 1_000
    with refused("out-of-range", "depth", "50000", "1,000"):
        SirenConfig(depth=50_000)
