"""Compare how the error of a fit decays with what the tangent kernel predicts (Eqns. 3 and 4).

Gradient descent on the sum of squared errors E, with a small rate r, changes a network's output by
-2 r Theta E in one step. If the kernel Theta = Q L Q^T stayed as it is, then after t steps

    E_t = Q (1 - 2 r L)^t Q^T E_0

so the components of E along eigenvectors of large eigenvalues decay first. The paper has the limit
exp(-2 L r t) of small rates. Adam is not in this theory.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.theory.layer_pass import exact_copy
from analysis.theory.tangent_kernel import tangent_kernel
from inr_models import InputError
from inr_models.checks import check_whole
from inr_models.networks.coordinate_mlp import CoordinateMLP

Array = NDArray[np.float64]

MOST_STEPS = 10_000_000


class Decay(NamedTuple):
    """Holds the error of a fit and what the kernel at initialization predicts.

    Attributes:
        steps: the steps of gradient descent after which the errors are, the first of them 0.
        actual: the error's spectrum |FFT| after each of them, [steps, frequencies], orthonormal,
            from 0 to Nyquist.
        predicted: the same by the kernel.
        distance: the norm of the difference of the two errors over the norm of the first error.
    """

    steps: NDArray[np.int64]
    actual: Array
    predicted: Array
    distance: Array

    def holds_until(self, tolerance: float = 0.1) -> int:
        """Return the last of the steps up to which the distance is within a tolerance."""
        beyond = np.flatnonzero(self.distance > tolerance)
        return int(self.steps[beyond[0] - 1] if len(beyond) else self.steps[-1])


def decay(
    network: CoordinateMLP,
    coords: Tensor,
    values: Tensor,
    steps: Sequence[int],
    *,
    share: float = 0.5,
) -> Decay:
    """Train a copy of a network by plain gradient descent, and compare its error with the theory's.

    Args:
        network: A network of one output with dense layers.
        coords: Coordinates [n, 1] in order.
        values: The signal [n, 1].
        steps: The steps at which to compare. Step 0 is always compared.
        share: The rate, as a share of 1 / (2 lambda_max), at which the largest component would
            vanish in one step. Descent diverges from a share of 2 on.

    Raises:
        InputError: The network has several inputs or outputs, a step is not a whole number from 0
            to `MOST_STEPS`, the share is not between 0 and 2, the kernel does not fit in memory, or
            the network is a tensor train.

    Example:
        >>> coords = torch.linspace(-1, 1, 64)[:, None]
        >>> network = make_network(SirenConfig(width=64), in_features=1, out_features=1, seed=0)
        >>> result = decay(network, coords, torch.sin(9 * coords), [0, 1, 10])
        >>> bool(result.distance[1] < 0.1)
        True
    """
    for number in (network.in_features, network.out_features):
        if number != 1:
            why = "give a network of one input and one output."
            raise InputError.of_value("unsupported", "network", number, why)
    for step in steps:
        check_whole("steps", step, 0, MOST_STEPS)
    compared = sorted({0, *steps})
    if not 0 < share < 2:
        raise InputError.of_value("out-of-range", "share", share, "give a number from 0 to 2.")
    eigenvalues, vectors = torch.linalg.eigh(tangent_kernel(network, coords))
    rate = share / (2 * float(eigenvalues[-1]))
    trained = exact_copy(network)
    coords, values = coords.double(), values.double()
    with torch.no_grad():
        first = trained(coords) - values
    components = vectors.T @ first
    factors = 1 - 2 * rate * eigenvalues[:, None]
    actual, predicted, distance = [], [], []
    for step, error in _descent(trained, coords, values, rate, compared):
        theory = vectors @ (factors**step * components)
        actual.append(_spectrum(error))
        predicted.append(_spectrum(theory))
        distance.append(float((error - theory).norm() / first.norm()))
    return Decay(np.array(compared), np.stack(actual), np.stack(predicted), np.array(distance))


def _descent(
    network: CoordinateMLP, coords: Tensor, values: Tensor, rate: float, steps: Sequence[int]
) -> Iterator[tuple[int, Tensor]]:
    """Yield the errors [n, 1] after the given steps of gradient descent on their squares' sum."""
    parameters = list(network.parameters())
    for step in range(steps[-1] + 1):
        error = network(coords) - values
        if step in steps:
            yield step, error.detach()
        gradients = torch.autograd.grad(error.square().sum(), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient


def _spectrum(error: Tensor) -> Array:
    return torch.fft.rfft(error[:, 0], norm="ortho").abs().numpy()
