"""Define what an optimizer of `Training` is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from inr_models.networks.coordinate_mlp import CoordinateMLP


class Optimizer(ABC):
    """Updates the parameters of R networks that train together.

    It must read nothing back to the host, so that a GPU can replay an update as one graph. No
    network may influence another. `learning_rate` is a size of a step in every optimizer: with it,
    an update changes a parameter by about that much, or less.

    Args:
        network: One of the networks. All have the shapes of its parameters.
        theta: The parameters [r, p] before the first update, in the order of `Layout`.
    """

    numbers_per_parameter: ClassVar[int]
    """How many numbers it keeps for each parameter. A stack is limited by them."""

    @abstractmethod
    def __init__(self, network: CoordinateMLP, theta: Tensor) -> None: ...

    @abstractmethod
    def update(self, theta: Tensor, gradient: Tensor, error: Tensor, rate: Tensor) -> None:
        """Change `theta` in place.

        Args:
            theta: The parameters [r, p].
            gradient: The gradient of the error at `theta` [r, p]. It may be overwritten.
            error: The error at `theta` [r].
            rate: The learning rate of this update [].
        """

    @property
    @abstractmethod
    def state(self) -> dict[str, Tensor]:
        """All that it knows from earlier updates, by name. A checkpoint fills these tensors."""
