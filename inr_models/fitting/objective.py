"""Define what a fit minimizes, and by which error it keeps the best weights. No torch at import.

An objective is a value: it is part of a trial's key, with its fields at their default left out. A
new objective is a class like `Regression`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Generator, Tensor

    Tensors = tuple[Tensor, ...]

    Forward = Callable[[Tensor], Tensor]
    """From coordinates [m, d] to outputs [r, m, c]."""

    Field = Callable[[Tensor], tuple[Tensor, Tensor]]
    """From coordinates [m, d] to outputs [r, m, 1] and their slopes along each axis [r, m, d]."""


@dataclass(frozen=True, kw_only=True)
class Objective(ABC):
    """Defines what a fit minimizes and what it is scored on.

    A fit has one or more errors. Each is finite and not negative unless the fit diverges, and each
    has a curve over the epochs.

    Class attributes:
        name: Name in keys and rows, unlike that of any other objective.
        errors: Names of the errors. Training minimizes the first one.
        chosen_by: The error whose least value decides the best epoch and weights. The PSNR of a
            result and of its curve is the PSNR of this error.
    """

    name: ClassVar[str]
    errors: ClassVar[tuple[str, ...]]
    chosen_by: ClassVar[str]

    def num_outputs(self, values: Tensor) -> int:
        """Return how many outputs a network needs for these values [n, c]."""
        return values.shape[1]

    @abstractmethod
    def scored(self, coords: NDArray, values: NDArray) -> NDArray:
        """Return the values [m, c] that `chosen_by` is the error of.

        The scores of a zero output and of the best constant come from these values.

        Args:
            coords: The coordinates [n, d].
            values: The signal [n, c].
        """


class SampleObjective(Objective):
    """Defines errors that are sums over all samples, each divided by a count.

    The steps that compute the errors hold some of the samples at a time. They add up the sums of
    these blocks.
    """

    @abstractmethod
    def targets(self, coords: Tensor, values: Tensor) -> Tensors:
        """Return what the errors need to know of each sample: its values, a weight, a mask.

        Args:
            coords: The coordinates [n, d].
            values: The signal [n, c].

        Returns:
            Tensors [n, k], each with a k of its own, which the steps split into blocks of samples.
        """

    @abstractmethod
    def counts(self, targets: Tensors) -> tuple[float, ...]:
        """Return the numbers that the sums over all samples are divided by, one for each error."""

    @abstractmethod
    def sums(self, forward: Forward, coords: Tensor, targets: Tensors) -> Tensors:
        """Return the sum over a block of samples [r] for each error, for autograd.

        Args:
            forward: The networks. Autograd can differentiate it by the coordinates as well.
            coords: Coordinates of the block [m, d].
            targets: The block's part of `targets`, [m, k] each.
        """


class PointwiseObjective(SampleObjective):
    """Defines errors that depend on the outputs alone, sample by sample.

    Such an objective gives the slope of its first error by itself, so that `BlockedStep` can train
    with it. Others need autograd.
    """

    @abstractmethod
    def sums_and_slope(
        self, outputs: Tensor, targets: Tensors, *, in_place: bool = False
    ) -> tuple[Tensors, Tensor]:
        """Return the sum over a block for each error, and the slope of the first sum.

        The two axes of samples and channels come in either order, [.., m, c] or [.., c, m], in the
        outputs and in the targets alike. What is computed must not depend on it.

        Args:
            outputs: Outputs of the networks.
            targets: The block's part of `targets`, in the order of the outputs' axes.
            in_place: Whether the result may overwrite the outputs. It saves memory.

        Returns:
            The sums, each without the last two axes, and half of the derivative of the first sum
            with respect to the outputs. The missing 2 enters once an epoch, not with each block.
        """

    def sums(self, forward: Forward, coords: Tensor, targets: Tensors) -> Tensors:
        """See `SampleObjective.sums`."""
        return self.sums_and_slope(forward(coords), targets)[0]


@dataclass(frozen=True, kw_only=True)
class DrawnObjective(Objective):
    """Defines errors at points that every update draws again, and one at fixed samples.

    The error at fixed samples is the last one. It chooses the best epoch, because the others are
    computed at different points in each epoch.

    Args:
        seed: Seed of the draws. The points of an epoch depend on it and on the epoch alone, so that
            a fit that continues from a checkpoint draws what it would have drawn.
    """

    seed: int = 0

    @abstractmethod
    def drawn(self, coords: Tensor, values: Tensor, generator: Generator) -> Tensors:
        """Return the points of one update, and what the losses need to know of them.

        Args:
            coords: All coordinates [n, d], on the CPU.
            values: All values [n, c], on the CPU.
            generator: The source of all randomness.
        """

    @abstractmethod
    def losses(self, field: Field, drawn: Tensors) -> Tensors:
        """Return every error but the last one, [r] each. Training minimizes the first.

        Args:
            field: The networks and their slopes, both for autograd.
            drawn: The result of `drawn`.
        """

    @abstractmethod
    def fixed(self, coords: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return the coordinates [m, d] and the values [m, k] of the fixed samples."""

    @abstractmethod
    def fixed_sum(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Return the sum [r] over a block of fixed samples. The last error is its mean.

        Args:
            outputs: Outputs of the networks [r, m, c].
            values: The values of the block [m, k].
        """


@dataclass(frozen=True, kw_only=True)
class Regression(PointwiseObjective):
    """Minimizes the mean squared error over all samples and channels (paper, Sec. 5.1).

    >>> Regression().errors
    ('mse',)
    """

    name: ClassVar[str] = "regression"
    errors: ClassVar[tuple[str, ...]] = ("mse",)
    chosen_by: ClassVar[str] = "mse"

    def targets(self, coords: Tensor, values: Tensor) -> Tensors:
        """Return the values themselves."""
        return (values,)

    def scored(self, coords: NDArray, values: NDArray) -> NDArray:
        """Return all values."""
        return values

    def counts(self, targets: Tensors) -> tuple[float, ...]:
        """Return the number of values."""
        return (targets[0].numel(),)

    def sums_and_slope(
        self, outputs: Tensor, targets: Tensors, *, in_place: bool = False
    ) -> tuple[Tensors, Tensor]:
        """Return the squared errors, summed, and the errors."""
        (values,) = targets
        error = outputs.sub_(values) if in_place else outputs - values
        return (error.square().sum((-2, -1)),), error


REGRESSION = Regression()
"""The objective of a fit that names none."""
