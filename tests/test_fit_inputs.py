"""What `fit()` and its configuration refuse."""

import math

import pytest
import torch

from inr_models import FitConfig, SirenConfig, fit, make_network
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
    + [("precision", "bfloat16")],
)
def test_impossible_training_is_refused_by_field(field, value):
    with refused("unknown-name" if field == "precision" else "out-of-range", field, value):
        FitConfig(**{field: value})


@pytest.mark.parametrize(
    ("coords", "values"),
    [
        pytest.param(ONE[:, 0], ONE, id="coords without features"),
        pytest.param(ONE, ONE[:, 0], id="values without channels"),
        pytest.param(ONE, ONE[1:], id="unequal lengths"),
        pytest.param(ONE.double(), ONE, id="float64 coords"),
        pytest.param(ONE, ONE.double(), id="float64 values"),
        pytest.param(ONE, torch.ones(300, 1, dtype=torch.int64), id="integer values"),
        pytest.param(TWO, ONE, id="more coords than the network takes"),
        pytest.param(ONE, TWO, id="more channels than the network gives"),
    ],
)
def test_shapes_and_types_that_do_not_fit_are_refused(coords, values):
    [(_, result)] = fit([network()], ONE, ONE, FitConfig(epochs=1))
    assert not result.diverged
    with pytest.raises(ValueError, match=r"coords|values|network"):
        list(fit([network()], coords, values, FitConfig(epochs=1)))


@pytest.mark.parametrize("execution", ["loop", "stack"])
def test_networks_of_unlike_shapes_are_refused(execution):
    with pytest.raises(ValueError, match="network"):
        list(fit([network(8), network(9)], ONE, ONE, FitConfig(epochs=1), execution=execution))


@pytest.mark.parametrize(
    ("networks", "options"),
    [([], {}), ([network().double()], {}), ([network()], {"execution": "both"})],
)
def test_fit_refuses_at_the_call_not_at_the_first_result(networks, options):
    with pytest.raises(ValueError, match=r"^(networks|coords, values and networks|execution)"):
        fit(networks, ONE, ONE, FitConfig(epochs=1), **options)
