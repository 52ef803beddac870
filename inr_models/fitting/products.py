"""Choose the fastest matrix product for a shape, in float32 unless a run asks for less.

Features are rows and samples are columns here. A layer (`weights @ features`), its backward pass
(`weights^T @ errors`) and its gradient (`errors @ features^T`) then read memory in order.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from inr_models.fitting.fit_config import Precision

# From this width on oneDNN is faster than MKL in products that sum over many samples. In the other
# products it is faster on processors that are not Intel's, on which MKL does not use the wide
# vector units (benchmarks/RESULTS.md).
ONEDNN_WIDTH = 128


class Product(NamedTuple):
    """Holds two products.

    `multiply(a, b, out)` returns a @ b. It may write it to `out`. `accumulate(total, a, b)` adds
    a @ b^T to `total` in place.
    """

    multiply: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    accumulate: Callable[[Tensor, Tensor, Tensor], object]


def product_for(weights: Tensor, *, compiled: bool = False) -> Product:
    """Return the products for a layer with `weights` [out, in], or [r, out, in] in a stack.

    Compiled code gets plain ones, so that the compiler can choose.

    Example:
        >>> eye = torch.eye(2)
        >>> product_for(eye).multiply(eye, torch.tensor([[1.0], [2.0]]), None).T
        tensor([[1., 2.]])
    """
    if weights.ndim == 3:
        return _BATCHED
    is_wide = min(weights.shape) >= ONEDNN_WIDTH
    if weights.is_cuda or compiled or not is_wide or not _has_onednn():
        return _PLAIN
    _keep_freed_memory()
    return _MKL_ONEDNN if is_intel() else _ONEDNN


def exact_linear(weights: Tensor, coords: Tensor, out: Tensor | None) -> Tensor:
    """Return `weights @ coords` by elementwise operations.

    These are exact whatever the precision of products is. Rounded to TF32, a coordinate would be
    off by many periods of a high frequency.

    Args:
        weights: Weights [w, d + 1], or [r, w, d + 1] in a stack. The last column is the bias.
        coords: Coordinates [d + 1, m]. The last row is ones.
        out: Where to write the result [w, m] or [r, w, m], None for a new tensor.

    Example:
        >>> weights, xy1 = torch.tensor([[2.0, 3.0, 1.0]]), torch.tensor([[1.0], [10.0], [1.0]])
        >>> exact_linear(weights, xy1, None)
        tensor([[33.]])
    """
    bias, last = weights[..., -1:], coords.shape[-2] - 2
    total = torch.addcmul(bias, weights[..., :1], coords[..., :1, :], out=out)
    for k in range(1, last + 1):
        total = total.addcmul_(weights[..., k : k + 1], coords[..., k : k + 1, :])
    return total


@contextmanager
def precision_of_products(precision: Precision, device: torch.device) -> Iterator[None]:
    """Let products on a GPU round their factors to TF32 (10 bits) inside the context, or not."""
    if device.type != "cuda":
        yield
        return
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@cache
def _keep_freed_memory() -> None:
    # oneDNN returns new tensors. When they are freed, glibc's malloc returns their memory to the
    # system, and every product would touch new pages. It stops doing so once a larger piece was
    # freed.
    torch.empty(4 << 20, dtype=torch.uint8)


@cache
def is_intel() -> bool:
    """Return whether this machine's processor is Intel's, on which MKL is fastest."""
    try:
        return "GenuineIntel" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def _has_onednn() -> bool:
    # Inductor calls oneDNN this way. torch has no public call for it in float32.
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


def _onednn(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(a, b.mT, None, "none", [], "")


_PLAIN = Product(lambda a, b, out: torch.mm(a, b, out=out), lambda t, a, b: t.addmm_(a, b.mT))
_BATCHED = Product(
    lambda a, b, out: torch.bmm(a, b.expand(len(a), -1, -1), out=out),
    lambda t, a, b: t.baddbmm_(a, b.expand(len(a), -1, -1).mT),
)
_ONEDNN = Product(_onednn, lambda t, a, b: t.add_(_onednn(a, b.mT)))
_MKL_ONEDNN = Product(_PLAIN.multiply, _ONEDNN.accumulate)
