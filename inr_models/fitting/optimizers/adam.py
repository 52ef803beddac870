"""Define Adam (Kingma and Ba 2015) by torch's fused function."""

from typing import ClassVar

import torch
from torch import Tensor
from torch.optim.adam import adam

from inr_models.fitting.optimizers.optimizer import Optimizer
from inr_models.networks.coordinate_mlp import CoordinateMLP


class Adam(Optimizer):
    """Divides the mean gradient of each parameter by the root of its mean square.

    It treats each number separately. Betas and epsilon are torch's: 0.9, 0.999 and 1e-8.
    """

    numbers_per_parameter: ClassVar[int] = 2

    def __init__(self, network: CoordinateMLP, theta: Tensor) -> None:
        self.mean, self.square = torch.zeros_like(theta), torch.zeros_like(theta)
        self.num_steps = torch.zeros((), device=theta.device)

    @property
    def state(self) -> dict[str, Tensor]:
        """The two moments [r, p], and the number of updates []."""
        return {"mean": self.mean, "square": self.square, "num_steps": self.num_steps}

    def update(self, theta: Tensor, gradient: Tensor, error: Tensor, rate: Tensor) -> None:
        """See `Optimizer.update`."""
        # The function behind torch.optim.Adam. It can read the learning rate from the device.
        adam(
            [theta],
            [gradient],
            [self.mean],
            [self.square],
            [],
            [self.num_steps],
            fused=True,
            capturable=theta.is_cuda,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
