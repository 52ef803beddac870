"""Train one unit: R networks of equal shapes that step together.

R = 1 is a network alone, R > 1 is a stack. No replicate sees another. An update copies nothing back
to the host. Errors, gradient, learning rate, peak and the optimizer's state stay on the device,
where a GPU replays them as one graph.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from inr_models.fitting.blocked_step import BlockedStep, needs_autograd
from inr_models.fitting.drawn_step import DrawnStep
from inr_models.fitting.eager_step import EagerStep
from inr_models.fitting.layout import Layout
from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.objective import DrawnObjective
from inr_models.fitting.optimizers.catalog import optimizer_class
from inr_models.fitting.products import precision_of_products
from inr_models.fitting.task import Step, Task
from inr_models.fitting.threads import blocks_of, using_threads
from inr_models.networks.coordinate_mlp import CoordinateMLP

# cuBLAS and the compiler allocate their state in the first updates. A graph is captured after them.
UPDATES_BEFORE_GRAPH = 3

FORMAT = 4
"""Version of the checkpoints."""


class Training:
    """Holds the state of a unit after `epoch` updates, and trains it on.

    `errors[e, r, k]` is error e of the objective for network r after k updates. Whenever the error
    that chooses the best epoch falls, the parameters are copied before the update that follows.

    Args:
        networks: R networks of equal shapes, on the task's device.
        task: What they are fitted to.
        rates: The learning rate of each update.
    """

    def __init__(
        self, networks: Sequence[CoordinateMLP], task: Task, rates: Sequence[float]
    ) -> None:
        num, device, objective = len(networks), task.coords.device, task.objective
        by_itself = "eager" if needs_autograd(networks[0], objective) else "blocked"
        step: Step = task.step or by_itself
        block, self.threads = blocks_of(networks[0], task.coords, step)
        # A graph would repeat the points of the epoch that it was captured in.
        self.replays = task.coords.is_cuda and not isinstance(objective, DrawnObjective)
        if isinstance(objective, DrawnObjective):
            self.step = DrawnStep(networks, task, block)
        elif step == "eager":
            self.step = EagerStep(networks, task, block)
        else:
            compiled = step == "compiled"
            self.step = BlockedStep(
                networks, task, block, num_threads=self.threads, compiled=compiled
            )
        self.path = f"{step} graph" if self.replays else step
        self.task, self.objective = task, objective
        self.chooses = objective.errors.index(objective.chosen_by)
        self.layout = Layout(networks[0])
        self.theta = self.layout.pack(networks)
        self.gradient = torch.zeros_like(self.theta)
        self.best = self.theta.clone()
        self.rates = torch.tensor(rates, dtype=torch.float32, device=device)
        self.optimizer = optimizer_class(task.optimizer)(networks[0], self.theta)
        shape = (len(objective.errors), num, len(rates) + 1)
        self.errors = torch.full(shape, torch.nan, device=device)
        self.best_error = torch.full((num,), torch.inf, device=device)
        self.best_epoch = torch.zeros(num, dtype=torch.int64, device=device)
        self.stopped_at = torch.full((num,), -1, dtype=torch.int64, device=device)
        self.at = torch.zeros(1, dtype=torch.int64, device=device)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.plain_updates = 0
        self.epoch = 0
        self.seconds = 0.0
        self.snapshots: dict[int, Tensor] = {}

    @property
    def num_networks(self) -> int:
        """R, the number of networks."""
        return len(self.theta)

    @property
    def choosing_error(self) -> Tensor:
        """The error [r, epochs + 1] whose least value decides the best epoch."""
        return self.errors[self.chooses]

    def run(self, epochs: int) -> None:
        """Do `epochs` updates."""
        started = time.perf_counter()
        with self._arithmetic():
            for _ in range(epochs):
                if self.graph:
                    self.graph.replay()
                else:
                    self._update()
                    self.plain_updates += 1
                self.epoch += 1
                if self.replays and self.plain_updates == UPDATES_BEFORE_GRAPH:
                    # After a checkpoint as well: this process has to allocate its own state.
                    self.graph = self.graph or _captured(self._update, self.theta.device)
        if self.theta.is_cuda:
            torch.cuda.synchronize(self.theta.device)
        self.seconds += time.perf_counter() - started

    @contextlib.contextmanager
    def _arithmetic(self) -> Iterator[None]:
        """Set the precision of products and, on a CPU, the threads. Restore both afterwards."""
        threads = torch.get_num_threads() if self.theta.is_cuda else self.threads
        with precision_of_products(self.task.precision, self.theta.device), using_threads(threads):
            yield

    @torch.no_grad()
    def score(self) -> None:
        """Compute the errors of the present parameters, after the last update."""
        with self._arithmetic():
            self._note(self.step(self.theta, None, self.epoch))

    @torch.no_grad()
    def _update(self) -> None:
        errors = self.step(self.theta, self.gradient, self.epoch)
        self._note(errors)
        rate = self.rates[self.at].squeeze()
        self.optimizer.update(self.theta, self.gradient, errors[0], rate)
        self.at += 1

    def _note(self, errors: Sequence[Tensor]) -> None:
        """Record the errors [r], and keep the parameters of networks that improved."""
        for curve, error in zip(self.errors, errors, strict=True):
            curve.index_copy_(1, self.at, error[:, None])
        error = errors[self.chooses]
        improved = (error < self.best_error) & (self.stopped_at < 0)
        torch.where(improved, error, self.best_error, out=self.best_error)
        torch.where(improved, self.at, self.best_epoch, out=self.best_epoch)
        torch.where(improved[:, None], self.theta, self.best, out=self.best)

    def best_weights(self) -> list[dict[str, Tensor]]:
        """Return each network's best parameters by name, on the CPU."""
        return [self.layout.unpack(row.clone()) for row in self.best.cpu()]

    def keep_snapshot(self) -> None:
        """Keep a copy of the present parameters on the CPU."""
        self.snapshots[self.epoch] = self.theta.to("cpu", copy=True)

    def is_worth_going_on(self, rungs: Sequence[Mapping[int, float]]) -> bool:
        """Return whether any replicate has neither diverged nor been stopped.

        Args:
            rungs: For each replicate {epoch: PSNR in dB}. A replicate stops at the first of these
                epochs at which it scored less. The others in its stack go on.
        """
        for r, thresholds in enumerate(rungs):
            for epoch, least in sorted(thresholds.items()):
                open_still = epoch < self.epoch and int(self.stopped_at[r]) < 0
                if open_still and psnr_db(float(self.choosing_error[r, epoch])) < least:
                    self.stopped_at[r] = epoch
        if self.epoch == 0:
            return True
        finite = self.choosing_error[:, self.epoch - 1].isfinite()
        return bool((finite & (self.stopped_at < 0)).any())

    def save(self) -> bytes:
        """Return the state as bytes, from which `load` continues with the same bits."""
        buffer = io.BytesIO()
        others = {"format": FORMAT, "epoch": self.epoch, "seconds": self.seconds}
        torch.save({**self._state(), **others, "snapshots": self.snapshots}, buffer)
        return buffer.getvalue()

    def _state(self) -> dict[str, Any]:
        names = (
            "theta", "at", "best", "errors", "best_error", "best_epoch", "stopped_at",
        )  # fmt: skip
        return {**{name: getattr(self, name) for name in names}, **self.optimizer.state}

    def load(self, saved: bytes) -> None:
        """Continue from the bytes of `save`.

        Start from the beginning if the bytes are damaged, or if another version or other training
        saved them. The bytes may hold tensors and plain containers only.
        """
        here = self._state()
        try:
            state = torch.load(io.BytesIO(saved), map_location=self.theta.device, weights_only=True)
            format, epoch, seconds = (state.pop(name) for name in ("format", "epoch", "seconds"))
            snapshots = {int(at): theta.cpu() for at, theta in state.pop("snapshots").items()}
            kinds = {name: (value.shape, value.dtype) for name, value in state.items()}
            is_whole = format == FORMAT and 0 <= epoch <= len(self.rates) and seconds >= 0
        except Exception:  # torch raises anything for bytes that are not such a state
            return
        if is_whole and kinds == {name: (v.shape, v.dtype) for name, v in here.items()}:
            self.epoch, self.seconds, self.snapshots = epoch, seconds, snapshots
            for name, value in here.items():
                value.copy_(state[name])


def _captured(update: Callable[[], None], device: torch.device) -> torch.cuda.CUDAGraph:
    """Return the update as a graph that the device replays without the host. Do not run it."""
    torch.cuda.synchronize(device)
    with torch.cuda.device(device):
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            update()
    return graph
