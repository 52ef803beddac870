"""Describe how a network is trained, as a value. No torch."""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from inr_models.checks import check_counts, check_positive
from inr_models.columns import Meaning
from inr_models.errors import InputError
from inr_models.fitting.optimizers.catalog import DEFAULT_OPTIMIZER, OPTIMIZERS

Precision = Literal["float32", "tf32"]

FIT_VERSION = 1
"""Goes up whenever the same trial would train differently beyond rounding."""


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """Says how to train: by Adam at `learning_rate`, times `decay` every `decay_every` epochs.

    Or by another `optimizer`: "muon", or "lbfgs". An epoch is one evaluation of the gradient with
    each. In "lbfgs" the learning rate is the longest step, see `optimizers.lbfgs`.

    >>> FitConfig(learning_rate=1e-3, decay=0.5, decay_every=100).learning_rate_at(250)
    0.00025

    With the `precision` "tf32" a GPU's products round their factors to TF32 (10 bits). The first
    layer does not round the coordinates.

    Raises:
        InputError: A count is below 1, a rate or decay is not positive and finite, or the precision
            or the optimizer is unknown.
    """

    epochs: Annotated[
        int, Meaning("requested epochs, one full-batch update each", unit="epochs")
    ] = 30_000
    learning_rate: Annotated[float, Meaning("learning rate at the start")] = 1e-4
    decay: Annotated[float, Meaning("factor on the learning rate at each decay")] = 0.99
    decay_every: Annotated[int, Meaning("epochs from one decay to the next", unit="epochs")] = 20
    precision: Annotated[
        Precision, Meaning("precision of matrix products, `float32` or `tf32`")
    ] = "float32"
    optimizer: Annotated[
        str, Meaning("`adam`, `muon` or `lbfgs`; null in rows of earlier versions: `adam`")
    ] = DEFAULT_OPTIMIZER

    def __post_init__(self) -> None:
        check_counts(self, "epochs", "decay_every")
        check_positive(self, "learning_rate", "decay")
        if self.precision not in get_args(Precision):
            fix = 'give "float32" or "tf32".'
            raise InputError.of_value("unknown-name", "precision", repr(self.precision), fix)
        if self.optimizer not in OPTIMIZERS:
            fix = f"give {' or '.join(OPTIMIZERS)}."
            raise InputError.of_value("unknown-name", "optimizer", repr(self.optimizer), fix)

    def learning_rate_at(self, epoch: int) -> float:
        """Return the learning rate of the update that follows `epoch` updates."""
        return self.learning_rate * self.decay ** (epoch // self.decay_every)

    @property
    def path_length(self) -> float:
        """The sum of the learning rates of all updates, about how far Adam can move a weight.

        >>> round(FitConfig(epochs=100, learning_rate=1e-3, decay_every=1000).path_length, 9)
        0.1
        """
        whole, rest = divmod(self.epochs, self.decay_every)
        rates = [self.learning_rate * self.decay**step for step in range(whole)]
        last = self.learning_rate * self.decay**whole
        return sum(rates) * self.decay_every + last * rest
