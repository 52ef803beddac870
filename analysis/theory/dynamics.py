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
        actual_norm: the norm of the error over the norm of the first error.
        predicted_norm: the same by the kernel.
        distance_by_step: the distance after every step from 0 to the last of `steps`.
    """

    steps: NDArray[np.int64]
    actual: Array
    predicted: Array
    distance: Array
    actual_norm: Array
    predicted_norm: Array
    distance_by_step: Array

    def holds_until(self, tolerance: float = 0.1) -> int:
        """Return the last step up to which the distance is within a tolerance."""
        # Not `distance > tolerance`, which a descent that diverged to NaN would not fulfill.
        beyond = np.flatnonzero(~(self.distance_by_step <= tolerance))
        return int(beyond[0] - 1 if len(beyond) else self.steps[-1])


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
        why = "give a number above 0 and below 2."
        raise InputError.of_value("out-of-range", "share", share, why)
    eigenvalues, vectors = torch.linalg.eigh(tangent_kernel(network, coords))
    rate = share / (2 * float(eigenvalues[-1]))
    trained = exact_copy(network)
    coords, values = coords.double(), values.double()
    with torch.no_grad():
        first = trained(coords) - values
    components = vectors.T @ first
    factors = 1 - 2 * rate * eigenvalues[:, None]
    actual, predicted = [], []
    distance, actual_norm, predicted_norm = [], [], []
    for step, error in enumerate(_descent(trained, coords, values, rate, compared[-1])):
        theory = vectors @ (factors**step * components)
        distance.append(float((error - theory).norm() / first.norm()))
        if step in compared:
            actual.append(_spectrum(error))
            predicted.append(_spectrum(theory))
            actual_norm.append(float(error.norm() / first.norm()))
            predicted_norm.append(float(theory.norm() / first.norm()))
    return Decay(
        steps=np.array(compared),
        actual=np.stack(actual),
        predicted=np.stack(predicted),
        distance=np.array(distance)[compared],
        actual_norm=np.array(actual_norm),
        predicted_norm=np.array(predicted_norm),
        distance_by_step=np.array(distance),
    )


def _descent(
    network: CoordinateMLP, coords: Tensor, values: Tensor, rate: float, num_steps: int
) -> Iterator[Tensor]:
    """Yield the error [n, 1] before and after each step of gradient descent on its squares' sum."""
    parameters = list(network.parameters())
    for step in range(num_steps + 1):
        error = network(coords) - values
        yield error.detach()
        if step == num_steps:
            return
        gradients = torch.autograd.grad(error.square().sum(), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= rate * gradient


def _spectrum(error: Tensor) -> Array:
    return torch.fft.rfft(error[:, 0], norm="ortho").abs().numpy()
