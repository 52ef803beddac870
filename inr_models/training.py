"""One unit of training: R networks of equal shapes that step together.

R = 1 is a plain network; R > 1 is a stack, whose parameters have a leading axis of
replicates and whose forward pass is vectorized with torch.func. No replicate sees another:
the loss is the sum of theirs, and Adam works on each number by itself.

Axes: r replicates, n samples, d coordinates, c channels.
"""

import io
import time
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, stack_module_state, vmap

from inr_models.coordinate_mlp import CoordinateMLP
from inr_models.metrics import psnr_db

# Samples a block on a CPU. Memory is that of a block's activations, where the whole signal's
# would take gigabytes at 4 x 222 and 150,000 samples; a GPU takes the signal whole.
CPU_BLOCK = 2048


class Training:
    """State of a unit after `epoch` updates. `mse[r, k]` is the full-signal error after k.

    The best weights are copied whenever the error falls, before the update that follows.
    """

    def __init__(
        self,
        networks: Sequence[CoordinateMLP],
        coords: Tensor,
        values: Tensor,
        *,
        epochs: int,
        learning_rate: float,
    ) -> None:
        self.template = networks[0]
        self.stacked = len(networks) > 1
        if self.stacked:
            params, self.buffers = stack_module_state(list(networks))  # type: ignore[arg-type]
        else:
            params = dict(self.template.named_parameters())
            self.buffers = dict(self.template.named_buffers())
        self.params = {k: p.detach().clone().requires_grad_() for k, p in params.items()}
        self.best = {k: p.detach().clone() for k, p in self.params.items()}
        self.optimizer = torch.optim.Adam(self.params.values(), lr=learning_rate, fused=True)
        self.blocks = make_blocks(coords, values)
        self.num_values = values.numel()
        num, device = len(networks), coords.device
        self.mse = torch.full((num, epochs + 1), torch.nan, device=device)
        self.best_mse = torch.full((num,), torch.inf, device=device)
        self.best_epoch = torch.zeros(num, dtype=torch.int64, device=device)
        self.stopped_at = torch.full((num,), -1, dtype=torch.int64, device=device)
        self.epoch = 0
        self.seconds = 0.0

    def forward(self, coords: Tensor) -> Tensor:
        """Outputs [n, c] of one network, or [r, n, c] of a stack."""

        def single(params: dict[str, Tensor], buffers: dict[str, Tensor]) -> Tensor:
            return functional_call(self.template, (params, buffers), (coords,))

        return (vmap(single) if self.stacked else single)(self.params, self.buffers)

    def evaluate(self, *, backward: bool) -> None:
        """Measure `mse` at this epoch, note a new best, and leave gradients if asked."""
        self.optimizer.zero_grad(set_to_none=True)
        total = torch.zeros_like(self.best_mse)
        with torch.set_grad_enabled(backward):
            for coords, values in self.blocks:
                error = self.forward(coords) - values
                mse = error.square().reshape(len(total), -1).sum(1) / self.num_values
                if backward:
                    mse.sum().backward()
                total += mse.detach()
        self.mse[:, self.epoch] = total
        improved = (total < self.best_mse) & (self.stopped_at < 0)
        self.best_mse = torch.where(improved, total, self.best_mse)
        self.best_epoch.masked_fill_(improved, self.epoch)
        for name, param in self.params.items():
            # A single network has no replicate axis, and a mask of one element fits any shape.
            mask = improved.reshape(-1, *[1] * (param.ndim - 1))
            self.best[name] = torch.where(mask, param.detach(), self.best[name])

    def run(self, epochs: int, learning_rate: float) -> None:
        """Take `epochs` Adam updates at one learning rate."""
        started = time.perf_counter()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        for _ in range(epochs):
            self.evaluate(backward=True)
            self.optimizer.step()
            self.epoch += 1
        if self.mse.is_cuda:
            torch.cuda.synchronize(self.mse.device)
        self.seconds += time.perf_counter() - started

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
        torch.save({**self._tensors(), "epoch": self.epoch, "seconds": self.seconds}, buffer)
        return buffer.getvalue()

    def _tensors(self) -> dict[str, Any]:
        return {
            "params": {k: p.detach() for k, p in self.params.items()},
            "best": self.best,
            "optimizer": self.optimizer.state_dict(),
            "mse": self.mse,
            "best_mse": self.best_mse,
            "best_epoch": self.best_epoch,
        }

    def load(self, saved: bytes) -> None:
        """Go on from what `save` gave. Unpickles tensors and plain containers only."""
        state = torch.load(io.BytesIO(saved), map_location=self.mse.device, weights_only=True)
        with torch.no_grad():
            for name, param in self.params.items():
                param.copy_(state["params"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.best = state["best"]
        self.mse, self.best_mse = state["mse"], state["best_mse"]
        self.best_epoch = state["best_epoch"]
        self.epoch, self.seconds = state["epoch"], state["seconds"]


def make_blocks(coords: Tensor, values: Tensor) -> list[tuple[Tensor, Tensor]]:
    """`coords` [n, d] and `values` [n, c], split into the blocks of one epoch."""
    block = len(coords) if coords.is_cuda else CPU_BLOCK
    return list(zip(coords.split(block), values.split(block), strict=True))
