"""Take a signal as an array, a list or a tensor, and say what a rule may know of it."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from inr_models.errors import InputError
from search_spaces.rules.target import MIN_SIDE, Target


def array_of(values: Any, name: str = "signal") -> NDArray:
    """Return real numbers as an array. Integers become float64. A tensor is copied to the CPU.

    A tensor may be part of a graph, which stays as it is.

    Args:
        values: The numbers.
        name: What messages call them.

    Raises:
        InputError: They are no real numbers, or some are masked.

    Example:
        >>> array_of(torch.ones(2, requires_grad=True)).tolist()
        [1.0, 1.0]
    """
    try:
        array = _of_tensor(values) if isinstance(values, Tensor) else np.asanyarray(values)
    except (TypeError, ValueError, RuntimeError):  # ragged, sparse, quantized or without data
        array = np.array(None)
    is_real = array.dtype == np.bool_ or np.issubdtype(array.dtype, np.number)
    if not is_real or np.iscomplexobj(array) or np.ma.is_masked(array):
        kind = f"{type(values).__name__} of {getattr(values, 'dtype', 'no numbers')}"
        why = "give an array or a dense tensor of real numbers, without a mask."
        raise InputError.of_value("wrong-kind", name, kind, why)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)


def _of_tensor(values: Tensor) -> NDArray:
    # NumPy lacks torch's short types of floating point, such as bfloat16.
    is_short = values.is_floating_point() and values.element_size() < 4
    return (values.float() if is_short else values).numpy(force=True)


def with_channels(array: NDArray) -> NDArray:
    """Return a sound as [n, c] and an image as [h, w, c].

    Two axes are a sound with channels if the last one is shorter than `MIN_SIDE`, else an image.

    >>> with_channels(np.ones((500, 2))).shape, with_channels(np.ones((30, 20))).shape
    ((500, 2), (30, 20, 1))
    """
    is_sound_with_channels = array.ndim == 2 and array.shape[1] < MIN_SIDE
    return array if array.ndim == 3 or is_sound_with_channels else array[..., None]


def target_of(samples: NDArray, *, width: int, depth: int) -> Target:
    """Return what a rule may know of a sound [n, c] or an image [h, w, c].

    A rule sees the channel of a sound that varies most, since the mean of all may be silent.

    Args:
        samples: Of any scale.
        width: Features of a hidden layer of the network.
        depth: Hidden layers of the network.

    Raises:
        InputError: `Target.of` refuses the samples.

    Example:
        >>> target_of(np.stack([samples, -samples], axis=1), width=52, depth=4).channels
        2
    """
    seen = samples
    if samples.ndim == 2 and samples.size:
        seen = samples[:, np.var(samples, axis=0, dtype=np.float64).argmax()]
    target = Target.of(seen, width=width, depth=depth)
    return replace(target, channels=samples.shape[-1])
