"""One unit of training: R networks of equal shapes that step together.

R = 1 is a plain network, R > 1 is a stack. Adam works on each number by itself, so no replicate
sees another. An update reads nothing back to the host: error, gradient, learning rate, peak
and Adam's step stay on the device, where a GPU replays them as one graph.
"""

import io
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.optim.adam import adam

from inr_models.fitting.blocked_step import BlockedStep, has_slopes
from inr_models.fitting.eager_step import EagerStep
from inr_models.fitting.fit_config import Precision
from inr_models.fitting.layout import Layout
from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.products import ONEDNN_WIDTH, precision_of_products
from inr_models.networks.coordinate_mlp import CoordinateMLP

Step = Literal["eager", "blocked", "compiled"]

# Samples a block of a thread on a CPU; two of these where threads have to be kept busy together.
# Memory is that of a block's features, where the whole signal's would take gigabytes at 4 x 222 and
# 150,000 samples. A GPU takes the signal whole.
CPU_BLOCK = 512

# cuBLAS, and the compiler, make their state in the first updates; a graph is captured after these.
UPDATES_BEFORE_GRAPH = 3

FORMAT = 2
"""Of a checkpoint."""


class Training:
    """State of a unit after `epoch` updates. `mse[r, k]` is the full-signal error after k.

    The best parameters are copied whenever the error falls, before the update that follows.

    Args:
        networks: of equal shapes, on the device of `coords`.
        coords: [n, d].
        values: [n, c].
        rates: the learning rate of each update.
        step: how an error and its gradient are had; None for the fastest of which the
            networks are capable.
    """

    def __init__(
        self,
        networks: Sequence[CoordinateMLP],
        coords: Tensor,
        values: Tensor,
        rates: Sequence[float],
        *,
        step: Step | None = None,
        precision: Precision = "float32",
    ) -> None:
        num, device = len(networks), coords.device
        step = step or ("blocked" if has_slopes(networks[0]) else "eager")
        block, threads = _blocks(networks[0], coords, step)
        if step == "eager":
            self.step = EagerStep(networks, coords, values, block)
        else:
            self.step = BlockedStep(
                networks, coords, values, block, num_threads=threads, compiled=step == "compiled"
            )
        self.path = f"{step}{' graph' * coords.is_cuda}"
        self.precision: Precision = precision
        self.layout = Layout(networks[0])
        self.theta = self.layout.pack(networks)
        self.gradient = torch.zeros_like(self.theta)
        self.best = self.theta.clone()
        self.rates = torch.tensor(rates, dtype=torch.float32, device=device)
        self.mean, self.square = torch.zeros_like(self.theta), torch.zeros_like(self.theta)
        self.num_steps = torch.zeros((), device=device)
        self.mse = torch.full((num, len(rates) + 1), torch.nan, device=device)
        self.best_mse = torch.full((num,), torch.inf, device=device)
        self.best_epoch = torch.zeros(num, dtype=torch.int64, device=device)
        self.stopped_at = torch.full((num,), -1, dtype=torch.int64, device=device)
        self.at = torch.zeros(1, dtype=torch.int64, device=device)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.plain_updates = 0
        self.epoch = 0
        self.seconds = 0.0

    @property
    def num_networks(self) -> int:
        """R."""
        return len(self.mse)

    def run(self, epochs: int) -> None:
        """Take `epochs` updates."""
        started = time.perf_counter()
        with precision_of_products(self.precision, self.theta.device):
            for _ in range(epochs):
                if self.graph:
                    self.graph.replay()
                else:
                    self._update()
                    self.plain_updates += 1
                self.epoch += 1
                if self.theta.is_cuda and self.plain_updates == UPDATES_BEFORE_GRAPH:
                    # Also after a checkpoint: what is made lazily is of this process.
                    self.graph = self.graph or _captured(self._update, self.theta.device)
        if self.theta.is_cuda:
            torch.cuda.synchronize(self.theta.device)
        self.seconds += time.perf_counter() - started

    @torch.no_grad()
    def score(self) -> None:
        """Measure the error of the parameters as they are, after the last update."""
        with precision_of_products(self.precision, self.theta.device):
            self._note(self.step(self.theta, None))

    @torch.no_grad()
    def _update(self) -> None:
        self._note(self.step(self.theta, self.gradient))
        # The function behind torch.optim.Adam, which takes its rate from the device as well.
        adam(
            [self.theta],
            [self.gradient],
            [self.mean],
            [self.square],
            [],
            [self.num_steps],
            fused=True,
            capturable=self.theta.is_cuda,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.rates[self.at].squeeze(),
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        self.at += 1

    def _note(self, mse: Tensor) -> None:
        """Put down an error, and the parameters if it is the least so far."""
        self.mse.index_copy_(1, self.at, mse[:, None])
        improved = (mse < self.best_mse) & (self.stopped_at < 0)
        torch.where(improved, mse, self.best_mse, out=self.best_mse)
        torch.where(improved, self.at, self.best_epoch, out=self.best_epoch)
        torch.where(improved[:, None], self.theta, self.best, out=self.best)

    def best_weights(self) -> list[dict[str, Tensor]]:
        """Each network's best parameters by name, on the CPU."""
        return [self.layout.unpack(row.clone()) for row in self.best.cpu()]

    def is_worth_going_on(self, rungs: Sequence[Mapping[int, float]]) -> bool:
        """Whether a replicate is left that has neither diverged nor been stopped.

        `rungs[r]` is {epoch: PSNR in dB}: replicate r stops at the first of these epochs that
        has been scored, and less than that. Others in its stack go on.
        """
        for r, thresholds in enumerate(rungs):
            for epoch, least in sorted(thresholds.items()):
                open_still = epoch < self.epoch and int(self.stopped_at[r]) < 0
                if open_still and psnr_db(float(self.mse[r, epoch])) < least:
                    self.stopped_at[r] = epoch
        if self.epoch == 0:
            return True
        finite = self.mse[:, self.epoch - 1].isfinite()
        return bool((finite & (self.stopped_at < 0)).any())

    def save(self) -> bytes:
        """The state as bytes that `load` continues to the bit."""
        buffer = io.BytesIO()
        counts = {"format": FORMAT, "epoch": self.epoch, "seconds": self.seconds}
        torch.save({**self._state(), **counts}, buffer)
        return buffer.getvalue()

    def _state(self) -> dict[str, Any]:
        names = (
            "theta", "mean", "square", "num_steps", "at", "best", "mse", "best_mse", "best_epoch",
            "stopped_at",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def load(self, saved: bytes) -> None:
        """Go on from what `save` gave; begin anew where another version did, or other training, or
        where it is damaged.

        Unpickles tensors and plain containers only.
        """
        here = self._state()
        try:
            state = torch.load(io.BytesIO(saved), map_location=self.theta.device, weights_only=True)
            format, epoch, seconds = (state.pop(name) for name in ("format", "epoch", "seconds"))
            kinds = {name: (value.shape, value.dtype) for name, value in state.items()}
            is_whole = format == FORMAT and 0 <= epoch <= len(self.rates) and seconds >= 0
        except Exception:  # whatever bytes that are no such state make torch raise
            return
        if is_whole and kinds == {name: (v.shape, v.dtype) for name, v in here.items()}:
            self.epoch, self.seconds = epoch, seconds
            for name, value in here.items():
                value.copy_(state[name])


def _blocks(network: CoordinateMLP, coords: Tensor, step: Step) -> tuple[int, int]:
    """Samples a block, and how many threads have a block each."""
    threads = torch.get_num_threads()
    if coords.is_cuda or threads == 1:
        return (len(coords) if coords.is_cuda else CPU_BLOCK), 1
    # In narrow networks the threads would wait for each other's Python.
    if step == "blocked" and network.layers[0].out_features >= ONEDNN_WIDTH:
        return 2 * CPU_BLOCK, threads
    return 2 * CPU_BLOCK * threads, 1


def _captured(update: Callable[[], None], device: torch.device) -> torch.cuda.CUDAGraph:
    """The update as a graph that its device replays without the host. Captured, not run."""
    torch.cuda.synchronize(device)
    with torch.cuda.device(device):
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            update()
    return graph
