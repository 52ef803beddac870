"""How a network is trained, as a value. No torch."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from inr_models.checks import check_counts, check_positive
from inr_models.columns import Meaning
from inr_models.errors import InputError

Precision = Literal["float32", "tf32"]

FIT_VERSION = 1
"""Raised whenever the same trial would train differently beyond rounding."""


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """How to train: Adam at `learning_rate`, times `decay` every `decay_every` epochs.

    `precision` "tf32" lets a GPU's products round their factors to TF32 (10 bits); the coordinates
    are not rounded on their way into the first layer.

    Raises:
        InputError: a count below 1, a rate or decay that is not positive and finite, or an
            unknown precision.
    """

    epochs: Annotated[
        int, Meaning("requested epochs, one full-batch update each", unit="epochs")
    ] = 30_000
    learning_rate: Annotated[float, Meaning("Adam's learning rate at the start")] = 1e-4
    decay: Annotated[float, Meaning("factor on the learning rate at each decay")] = 0.99
    decay_every: Annotated[int, Meaning("epochs from one decay to the next", unit="epochs")] = 20
    precision: Annotated[
        Precision, Meaning("precision of matrix products, `float32` or `tf32`")
    ] = "float32"

    def __post_init__(self) -> None:
        check_counts(self, "epochs", "decay_every")
        check_positive(self, "learning_rate", "decay")
        if self.precision not in get_args(Precision):
            raise InputError(
                "unknown-name",
                "precision",
                f'precision = {self.precision!r}: give "float32" or "tf32".',
            )

    def learning_rate_at(self, epoch: int) -> float:
        """The learning rate of the update after `epoch` updates."""
        return self.learning_rate * self.decay ** (epoch // self.decay_every)
