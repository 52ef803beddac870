"""Compute the empirical neural tangent kernel of a network (paper, Eqns. 2 and 6).

    Theta(x, x') = sum over all parameters of dPhi(x)/dtheta dPhi(x')/dtheta

The Jacobian, a row of all parameters for each sample, is never stored. A layer's weight W adds
(D D^T) * (H H^T), elementwise, where H [n, in] is what the layer gets and D [n, out] the derivative
of the output by what it gives. Its bias adds D D^T.

A fit learns the eigenvectors of large eigenvalues first (Eqn. 3). Their spectrum, weighted by the
eigenvalues, is S(k) = sum over i of lambda_i |v_i(k)|^2 (Eqn. 6). It equals the sum over all
parameters of |FFT of dPhi/dtheta|^2, so it needs neither the kernel nor its eigenvectors.

FINER is trained with gradients that hold a factor fixed, so its fits do not follow its kernel.
"""

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import linalg
from torch import Tensor

from analysis.theory.layer_pass import LayerPass, layer_passes
from inr_models import InputError
from inr_models.checks import check_whole
from inr_models.networks.coordinate_mlp import CoordinateMLP

COPIES = 7
"""Matrices [n, n] of real numbers in memory at a time, for a complex network."""

BLOCK = 1 << 23
"""Numbers that are transformed at a time."""


def tangent_kernel(network: CoordinateMLP, coords: Tensor) -> Tensor:
    """Return the kernel [n, n] in float64. Several outputs add up.

    Args:
        network: Any network of the catalog with dense layers, at any weights.
        coords: Coordinates [n, d].

    Raises:
        InputError: The kernel does not fit in memory, or the network is a tensor train.

    Example:
        >>> coords = torch.linspace(-1, 1, 64)[:, None]
        >>> network = make_network(SirenConfig(width=8), in_features=1, out_features=1, seed=0)
        >>> tangent_kernel(network, coords).shape
        torch.Size([64, 64])
    """
    _check_memory(len(coords))
    kernel = torch.zeros(len(coords), len(coords), dtype=torch.float64)
    for channel in range(network.out_features):
        for layer in layer_passes(network, coords, channel):
            inputs = layer.input @ layer.input.mH
            if layer.has_bias:
                inputs += 1
            # A complex layer is trained by its real and its imaginary numbers.
            kernel += torch.real(layer.sensitivity.conj() @ layer.sensitivity.mT * inputs)
    return kernel


def _check_memory(num_samples: int) -> None:
    size = COPIES * 8 * num_samples**2
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory / 2:
        most = math.isqrt(memory // (2 * COPIES * 8))
        raise InputError.at(
            "too-large",
            "coords",
            f"{num_samples:,} samples: the kernel and its eigenvalues take "
            f"{size / 2**30:,.1f} GiB, more than half of the memory; give {most:,} "
            "samples or fewer.",
        )


def eigenvalues(kernel: Tensor) -> Tensor:
    """Return the eigenvalues of a kernel, the largest first. Rounding may leave tiny negative ones.

    >>> eigenvalues(torch.diag(torch.tensor([1.0, 3.0, 2.0]))).tolist()
    [3.0, 2.0, 1.0]
    """
    return torch.linalg.eigvalsh(kernel).flip(0)


class Leading(NamedTuple):
    """Holds the largest eigenvalues of a kernel that is never stored.

    Attributes:
        values: The eigenvalues, the largest first.
        errors: Bounds of their errors: within so much of each value lies an eigenvalue.
    """

    values: NDArray[np.float64]
    errors: NDArray[np.float64]


def leading_eigenvalues(
    network: CoordinateMLP, coords: Tensor, count: int, *, tolerance: float = 1e-6
) -> Leading:
    """Return the largest eigenvalues of the kernel of any number of samples.

    The kernel is only multiplied by vectors (Lanczos iterations of ARPACK). The norm of
    Theta v - lambda v for a unit vector v bounds the error of lambda, as Theta is symmetric.

    Args:
        network: Any network of the catalog with dense layers, at any weights.
        coords: Coordinates [n, d].
        count: How many eigenvalues, fewer than n.
        tolerance: The relative error at which the iterations stop.

    Raises:
        InputError: The count is not a whole number from 1 to n - 1, or the network is a tensor
            train.

    Example:
        >>> coords = torch.linspace(-1, 1, 64)[:, None]
        >>> network = make_network(SirenConfig(width=8), in_features=1, out_features=1, seed=0)
        >>> leading = leading_eigenvalues(network, coords, 3)
        >>> exact = eigenvalues(tangent_kernel(network, coords))[:3]
        >>> bool(np.allclose(leading.values, exact, rtol=1e-9))
        True
    """
    check_whole("count", count, 1, len(coords) - 1)
    passes = []
    for channel in range(network.out_features):
        passes += layer_passes(network, coords, channel)

    def product(vector: NDArray[np.float64]) -> NDArray[np.float64]:
        return kernel_product(passes, torch.from_numpy(vector.ravel())).numpy()

    shape = (len(coords), len(coords))
    arpack: Any = linalg  # its stubs know neither keyword
    operator = arpack.LinearOperator(shape, matvec=product, dtype=np.float64)
    # The same start on every machine, so that a second run gives the same numbers.
    start = np.random.default_rng(0).standard_normal(len(coords))
    values, vectors = arpack.eigsh(operator, k=count, which="LA", tol=tolerance, v0=start)
    errors = [
        float(np.linalg.norm(product(vector) - value * vector))
        for value, vector in zip(values, vectors.T, strict=True)
    ]
    return Leading(values[::-1].copy(), np.array(errors[::-1]))


def kernel_product(passes: Sequence[LayerPass], vector: Tensor) -> Tensor:
    """Return the kernel times a vector [n], in time and memory that grow with n alone.

    Args:
        passes: What passed through each linear map of a network, see `layer_passes`.
        vector: Real numbers in double precision.

    Example:
        >>> coords = torch.linspace(-1, 1, 64)[:, None]
        >>> network = make_network(SirenConfig(width=8), in_features=1, out_features=1, seed=0)
        >>> kernel_product(layer_passes(network, coords), torch.ones(64).double()).shape
        torch.Size([64])
    """
    product = torch.zeros_like(vector)
    for layer in passes:
        weights = vector.to(layer.sensitivity.dtype)
        # First J^T v, which has the shape of the layer's weights, then J times it.
        by_weight = layer.sensitivity.mT @ (weights[:, None] * layer.input.conj())
        product += torch.real(layer.sensitivity.conj() * (layer.input @ by_weight.mT)).sum(1)
        if layer.has_bias:
            product += torch.real(layer.sensitivity.conj() @ (layer.sensitivity.mT @ weights))
    return product


def effective_rank(values: Tensor) -> float:
    """Return how many eigenvalues count: exp of the entropy of their shares (Roy, Vetterli 2007).

    It is n if all n are equal, and near 1 if one is much larger than the others. The more slowly
    eigenvalues decay, the larger it is.

    >>> effective_rank(torch.ones(8))
    8.0
    """
    positive = values.double().clamp(min=0)
    shares = positive / positive.sum()
    return round(math.exp(float(torch.special.entr(shares).sum())), 9)


def kernel_spectrum(
    network: CoordinateMLP, coords: Tensor, shape: tuple[int, ...] | None = None
) -> Tensor:
    """Return S(k) on the two-sided frequencies of `torch.fft.fftfreq`, in float64.

    The transform is orthonormal, so S(k) sums to the kernel's trace. Several outputs add up.

    Args:
        network: Any network of the catalog with dense layers, at any weights.
        coords: Coordinates [n, d] on a grid, the last axis fastest.
        shape: Samples along each axis, by default (n,). S(k) has the same shape.

    Raises:
        InputError: The network is a tensor train.

    Example:
        >>> coords = torch.linspace(-1, 1, 64)[:, None]
        >>> network = make_network(SirenConfig(width=8), in_features=1, out_features=1, seed=0)
        >>> kernel_spectrum(network, coords).shape
        torch.Size([64])
    """
    shape = shape or (len(coords),)
    half = torch.zeros(*shape[:-1], shape[-1] // 2 + 1, dtype=torch.float64)
    for channel in range(network.out_features):
        for layer in layer_passes(network, coords, channel):
            for series in _derivatives(layer):
                on_grid = series.mT.reshape(-1, *shape)
                axes = tuple(range(1, 1 + len(shape)))
                half += torch.fft.rfftn(on_grid, dim=axes, norm="ortho").abs().square().sum(0)
    return _two_sided(half, shape[-1])


def _derivatives(layer: LayerPass) -> Iterator[Tensor]:
    """Yield the derivatives [n, block] of the output by all parameters of a layer."""
    if layer.has_bias:
        yield from _real_columns(layer.sensitivity.conj())
    num_samples, num_inputs = layer.input.shape
    step = max(1, BLOCK // (num_samples * num_inputs))
    for block in layer.sensitivity.conj().split(step, dim=1):
        yield from _real_columns((block[:, :, None] * layer.input[:, None, :]).flatten(1))


def _real_columns(products: Tensor) -> Iterator[Tensor]:
    """Yield the derivatives by the real numbers, then those by the imaginary ones."""
    yield products.real
    if products.is_complex():
        yield -products.imag


def _two_sided(half: Tensor, length: int) -> Tensor:
    """Return all frequencies of a real signal's power from those that `rfftn` gives."""
    mirrored = half[..., 1 : length - half.shape[-1] + 1].flip(-1)
    for axis in range(half.ndim - 1):
        mirrored = mirrored.flip(axis).roll(1, axis)
    return torch.cat([half, mirrored], dim=-1)
