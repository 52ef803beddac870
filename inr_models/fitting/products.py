"""Matrix products by the fastest way that a shape has, in float32 unless asked otherwise.

Features are rows and samples are columns here, so that a layer (`weights @ features`), what goes
back through it (`weights^T @ errors`) and its gradient (`errors @ features^T`) all read
memory as it lies.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from inr_models.fitting.fit_config import Precision

# From this width on oneDNN is faster than MKL: everywhere where many samples are summed over, and
# in the other products where MKL leaves the wide vector units alone, as it does on processors that
# are not Intel's (benchmarks/RESULTS.md).
ONEDNN_WIDTH = 128


class Product(NamedTuple):
    """`multiply(a, b, out)` gives a @ b, in `out` if it can; `accumulate(total, a, b)` adds
    a @ b^T to `total` in place.
    """

    multiply: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    accumulate: Callable[[Tensor, Tensor, Tensor], object]


def product_for(weights: Tensor, *, compiled: bool = False) -> Product:
    """The product for a layer of `weights`: [out, in], or [r, out, in] of a stack.

    In compiled code a plain one, of which the compiler makes what it thinks best.
    """
    if weights.ndim == 3:
        return _BATCHED
    is_wide = min(weights.shape) >= ONEDNN_WIDTH
    if weights.is_cuda or compiled or not is_wide or not _has_onednn():
        return _PLAIN
    _keep_freed_memory()
    return _MKL_ONEDNN if _is_intel() else _ONEDNN


def exact_linear(weights: Tensor, coords: Tensor, out: Tensor | None) -> Tensor:
    """`weights @ coords` for the few rows of `coords` [d + 1, m], the last of them ones.

    By elementwise operations, which no precision of products reaches: rounded to TF32, a
    coordinate would be off by many periods of a high frequency.
    """
    bias, last = weights[..., -1:], coords.shape[-2] - 2
    total = torch.addcmul(bias, weights[..., :1], coords[..., :1, :], out=out)
    for k in range(1, last + 1):
        total = total.addcmul_(weights[..., k : k + 1], coords[..., k : k + 1, :])
    return total


@contextmanager
def precision_of_products(precision: Precision, device: torch.device) -> Iterator[None]:
    """Let products on a GPU round their factors to TF32 (10 bits) meanwhile, or not."""
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
    # oneDNN's results are new tensors. glibc's malloc returns what is freed of them to the system,
    # and every product would touch new pages, until a larger piece was freed once.
    torch.empty(4 << 20, dtype=torch.uint8)


@cache
def _is_intel() -> bool:
    try:
        return "GenuineIntel" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def _has_onednn() -> bool:
    # Inductor's way to oneDNN, since nothing public leads there in float32.
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
