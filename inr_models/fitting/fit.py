"""Fit networks by `fit()`, the only training loop: full-batch Adam with step decay (Sec. 5.1).

`FitConfig.optimizer` names another optimizer than Adam.

An epoch is one update on the whole signal. Epoch k in a curve is the network after k updates, so a
fit of E epochs is scored E + 1 times. Its peak is the best of these scores.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from inr_models.checks import check_whole
from inr_models.errors import InputError
from inr_models.fitting.blocked_step import needs_autograd
from inr_models.fitting.fit_config import FitConfig
from inr_models.fitting.objective import REGRESSION, DrawnObjective, Objective
from inr_models.fitting.optimizers.catalog import OPTIMIZERS
from inr_models.fitting.optimizers.muon import hidden_matrices
from inr_models.fitting.result import FitResult, results_of
from inr_models.fitting.stacking import Execution, halved_until_it_fits, stack_size
from inr_models.fitting.task import Step, Task
from inr_models.fitting.training import Training
from inr_models.fitting.unit_run import Checkpoints, run_to_end
from inr_models.networks.coordinate_mlp import CoordinateMLP


def fit(
    networks: Sequence[CoordinateMLP],
    coords: Tensor,
    values: Tensor,
    config: FitConfig,
    *,
    objective: Objective = REGRESSION,
    execution: Execution | Literal["auto"] = "auto",
    step: Step | None = None,
    rungs: Sequence[Mapping[int, float]] | None = None,
    checkpoints: Checkpoints | None = None,
    checkpoint_seconds: float = 60.0,
    snapshots: Collection[int] = (),
) -> Iterator[tuple[int, FitResult]]:
    """Train every network on the same signal, and yield (index, result) as each one ends.

    >>> coords = torch.linspace(-1, 1, 256)[:, None]
    >>> network = make_network(SirenConfig(), in_features=1, out_features=1, seed=0)
    >>> ((_, result),) = fit([network], coords, torch.sin(20 * coords), FitConfig(epochs=100))
    >>> result.psnr_peak > 20
    True

    Args:
        networks: Initialized networks of equal shapes, on the device of `coords`. They are not
            changed.
        coords: Coordinates [n, d], float32.
        values: The signal [n, c], float32, in [-1, 1].
        config: How to train.
        objective: What to minimize, and which error chooses the best epoch.
        execution: "stack" trains the networks together, "loop" one after the other. "auto" is a
            loop on a CPU. On a GPU it is the one that is measured as faster for these shapes. A
            stack that does not fit in the memory of a GPU is halved.
        step: "eager" uses autograd, "blocked" does not, "compiled" is "blocked" through
            torch.compile. None is "blocked" if the networks and the objective allow it, else
            "eager".
        rungs: For each network {epoch: PSNR in dB}. Its training ends at the first of these epochs
            at which it scores less.
        checkpoints: Where to look for a state to continue from, and where to save one.
        checkpoint_seconds: Time between two saved states, in seconds.
        snapshots: The epochs after which a result keeps the weights, 0 for the initial ones.

    Raises:
        InputError: The device or the step does not have this precision; or the optimizer cannot
            train these networks, or with this objective; or there are no samples, no tensors, no
            networks, or numbers that are not finite; or a snapshot is not an epoch of the fit; or
            shapes or types do not agree; or the step is unknown or impossible.
    """
    for epoch in snapshots:
        check_whole("snapshots", epoch, 0, config.epochs)
    task = Task(coords, values, objective, step, config.precision, config.optimizer)
    _check(networks, task, execution)
    _check_optimizer(networks[0], task)
    if config.precision == "tf32":
        _check_tf32(networks[0], task)
    size = stack_size(networks, task, execution)
    rates = [config.learning_rate_at(epoch) for epoch in range(config.epochs)]
    all_rungs = rungs or [{}] * len(networks)

    def train(unit: range) -> list[FitResult]:
        training = Training([networks[i] for i in unit], task, rates)
        own_rungs = [all_rungs[i] for i in unit]
        run_to_end(training, tuple(unit), own_rungs, checkpoints, checkpoint_seconds, snapshots)
        return list(results_of(training))

    return _in_stacks(train, len(networks), size)


def _check_optimizer(network: CoordinateMLP, task: Task) -> None:
    listed = OPTIMIZERS[task.optimizer]
    if listed.needs_matrices and not hidden_matrices(network):
        why = 'the network has no real matrix between two hidden layers; give "adam".'
    elif listed.needs_one_error and isinstance(task.objective, DrawnObjective):
        drawn = f"the objective {task.objective.name} draws its samples again in every epoch"
        why = f'{drawn}; give "adam".'
    else:
        return
    raise InputError.of_value("unsupported", "optimizer", task.optimizer, why)


def _check_tf32(network: CoordinateMLP, task: Task) -> None:
    device = task.coords.device
    if device.type != "cuda":
        why = 'a CPU has no TF32 products; use a GPU, or "float32".'
    elif torch.cuda.get_device_capability(device) < (8, 0):
        why = f'{torch.cuda.get_device_name(device)} has no TF32 products; use "float32".'
    elif task.step == "eager" or needs_autograd(network, task.objective):
        why = 'autograd would round the coordinates; use "float32".'
    elif network.needs_float32:
        why = 'it would round the phases of the first layer by several rad; use "float32".'
    else:
        return
    raise InputError.of_value("unsupported", "precision", "tf32", why)


def _check(networks: Sequence[CoordinateMLP], task: Task, execution: str) -> None:
    coords, values, step = task.coords, task.values, task.step
    if execution not in ("auto", "loop", "stack"):
        why = 'give "auto", "loop" or "stack".'
        raise InputError.of_value("unknown-name", "execution", repr(execution), why)
    if step not in (None, *get_args(Step)):
        why = 'give None, "eager", "blocked" or "compiled".'
        raise InputError.of_value("unknown-name", "step", repr(step), why)
    if not networks:
        raise InputError.at("empty", "networks", "there are none; give one or more.")
    for network in networks:
        if not isinstance(network, CoordinateMLP):
            why = "give the results of make_network()."
            raise InputError.of_value("wrong-kind", "networks", repr(network)[:60], why)
    for name, tensor in (("coords", coords), ("values", values)):
        if not isinstance(tensor, Tensor):
            why = "give a torch.Tensor, for example torch.as_tensor(array, dtype=torch.float32)."
            raise InputError.of_value("wrong-kind", name, type(tensor).__name__, why)
    if coords.ndim != 2 or values.ndim != 2 or len(coords) != len(values):
        shapes = f"{tuple(coords.shape)}, that of values {tuple(values.shape)}"
        why = f"their shape is {shapes}; give [n, features] with the same n for both."
        raise InputError.at("wrong-kind", "coords", why)
    weights = [weight for network in networks for weight in network.parameters()]
    tensors = {"coords": [coords], "values": [values], "networks": weights}
    for name, parts in tensors.items():
        wrong = {part.dtype for part in parts} - {torch.float32}
        if wrong and not (name == "networks" and wrong == {torch.complex64}):
            why = f"their type is {wrong.pop()}; give float32, or complex64 in complex networks."
            raise InputError.at("wrong-kind", name, why)
    shapes = {tuple(tuple(p.shape) for p in network.parameters()) for network in networks}
    features = {(n.in_features, n.out_features) for n in networks}
    if len({tuple(type(module) for module in network.modules()) for network in networks}) > 1:
        why = "they are of different kinds; give those of one kind to each call."
        raise InputError.at("wrong-kind", "networks", why)
    asked = (coords.shape[1], task.objective.num_outputs(values))
    if len(shapes) > 1 or features - {asked}:
        why = (
            f"they have {sorted(features)} (coordinates, channels) for coords "
            f"{tuple(coords.shape)} and values {tuple(values.shape)}; give networks of one shape "
            "that fits the signal."
        )
        raise InputError.at("wrong-kind", "networks", why)
    if not len(coords):
        raise InputError.at("empty", "coords", "there are no samples; give one or more.")
    for name, parts in tensors.items():
        if not all(bool(torch.isfinite(part).all()) for part in parts):
            raise InputError.at("not-finite", name, "some are not finite numbers; repair them.")
    if step in ("blocked", "compiled") and needs_autograd(networks[0], task.objective):
        why = (
            f"these networks or the objective {task.objective.name} do not give their slopes; "
            'give "eager" or None.'
        )
        raise InputError.of_value("unsupported", "step", repr(step), why)


def _in_stacks(
    train: Callable[[range], list[FitResult]], num: int, size: int
) -> Iterator[tuple[int, FitResult]]:
    """Train `num` networks, `size` at a time, or half as many each time memory runs out."""
    start = 0
    while start < num:
        unit, results = halved_until_it_fits(train, range(start, min(start + size, num)))
        yield from zip(unit, results, strict=True)
        start, size = unit.stop, len(unit)
