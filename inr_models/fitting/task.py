"""Describe what networks are fitted to, and how an update is computed."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from inr_models.fitting.fit_config import Precision
from inr_models.fitting.objective import REGRESSION, Objective
from inr_models.fitting.optimizers.catalog import DEFAULT_OPTIMIZER

Step = Literal["eager", "blocked", "compiled"]


@dataclass(frozen=True)
class Task:
    """Holds a signal, what to minimize on it, and how.

    >>> Task(coords, torch.sin(20 * coords)).objective.name
    'regression'

    Args:
        coords: Coordinates [n, d], float32, on the device of the fit.
        values: The signal [n, c], float32, in [-1, 1].
        objective: What to minimize, and which error chooses the best epoch.
        step: How errors and gradients are computed. "eager" uses autograd, "blocked" does not,
            "compiled" is "blocked" through torch.compile. None is "blocked" if the networks and
            the objective allow it, else "eager".
        precision: Precision of the matrix products.
        optimizer: What moves the parameters, a name in `optimizers.catalog`.
    """

    coords: Tensor
    values: Tensor
    objective: Objective = REGRESSION
    step: Step | None = None
    precision: Precision = "float32"
    optimizer: str = DEFAULT_OPTIMIZER
