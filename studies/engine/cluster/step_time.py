"""Time a training step where the fits will run.

Where they run on the cores of this machine, this needs no Ray.
"""

from concurrent.futures import ThreadPoolExecutor

import ray

from inr_models import NetworkConfig, make_network
from inr_models.fitting.stacking import pace
from inr_models.fitting.task import Task
from inr_models.fitting.threads import using_threads
from studies.engine.cluster.workers import Workers, take_device
from studies.engine.planning.scale import Scale
from studies.engine.running.batch import samples_on
from studies.engine.signals.signal import Signal


def time_epoch(
    network: NetworkConfig, signal: Signal, scale: Scale, most: int, workers: Workers
) -> tuple[float, int]:
    """Time a training step on one worker, or in this process if Ray has not started.

    Args:
        network: the network to fit.
        signal: the signal to fit, with its values.
        scale: says what is minimized, by what optimizer, and the precision of the products.
        most: the most networks that a worker may train as one stack.
        workers: where to time the step.

    Returns:
        Seconds of one epoch of one fit, and the size of the stack that takes the least.
    """
    if not ray.is_initialized():
        # In a thread of its own, because `take_device` changes how the processor computes there.
        with using_threads(1), ThreadPoolExecutor(1) as thread:
            return thread.submit(_time_epoch, network, signal, scale, most, workers).result()
    timed = ray.remote(_time_epoch).options(
        num_cpus=workers.cores, num_gpus=workers.resources.get("gpu", 0)
    )
    return ray.get(timed.remote(network, signal, scale, most, workers))


def _time_epoch(
    network: NetworkConfig, signal: Signal, scale: Scale, most: int, workers: Workers
) -> tuple[float, int]:
    device = take_device(workers)
    coords, values = samples_on(device, signal)
    features = {"in_features": coords.shape[1], "out_features": signal.channels}
    model = make_network(network, **features, seed=0).to(device)
    task = Task(
        coords,
        values,
        scale.objective,
        precision=scale.fit.precision,
        optimizer=scale.fit.optimizer,
    )
    return pace(model, task, most)
