"""Define full-batch L-BFGS (Nocedal 1980; Liu and Nocedal 1989), one evaluation an update.

An epoch is one evaluation of the error and its gradient, as with every other optimizer, so equal
epochs are equal budgets. The line search is part of this: `theta` is a trial point x + t d. Its
evaluation either accepts it, which gives the next direction d, or shortens the step t. So every
trial point is a point of the curve, and may be the best epoch.

`torch.optim.LBFGS` calls a closure as often as its line search likes, so that it can neither stop
after a number of evaluations, nor continue from a checkpoint, nor train a stack. At equal numbers
of evaluations the two reach the same PSNR to 1 dB (`tests/test_optimizers.py`).
"""

from typing import ClassVar

import torch
from torch import Tensor

from inr_models.fitting.optimizers.optimizer import Optimizer
from inr_models.networks.coordinate_mlp import CoordinateMLP

MEMORY = 100
"""Steps that are remembered, as in torch.optim.LBFGS. With 10, fits end 1 to 4 dB lower."""

SUFFICIENT = 1e-4
"""Share of the decrease that the slope promises, which a step must reach (Armijo)."""

SHORTEST, LONGEST = 0.1, 0.5
"""Bounds of the factor by which a refused step is shortened."""

MOST_REFUSALS = 12
"""Refusals in one line search after which the memory is emptied."""

TINY = 1e-30


class Lbfgs(Optimizer):
    """Minimizes a quadratic model through the last `MEMORY` steps, with a line search.

    No step changes the parameters by more than the learning rate, as a root mean square. The first
    step after an empty memory has this size.
    """

    numbers_per_parameter: ClassVar[int] = 2 * MEMORY + 3

    def __init__(self, network: CoordinateMLP, theta: Tensor) -> None:
        num, size = theta.shape
        self.x, self.slope = theta.clone(), torch.zeros_like(theta)
        self.direction = torch.zeros_like(theta)
        self.steps = theta.new_zeros(num, MEMORY, size)
        self.changes = torch.zeros_like(self.steps)
        self.products = theta.new_zeros(num, MEMORY, MEMORY)
        self.is_filled = torch.zeros(num, MEMORY, dtype=torch.bool, device=theta.device)
        self.error = theta.new_full((num,), torch.inf)
        self.t, self.descent = theta.new_zeros(num), theta.new_zeros(num)
        self.place, self.refusals = (
            torch.zeros(num, dtype=torch.int64, device=theta.device) for _ in range(2)
        )
        self.rows = torch.arange(num, device=theta.device)
        self.ages = torch.arange(MEMORY, device=theta.device)

    @property
    def state(self) -> dict[str, Tensor]:
        """The accepted point, the line search, and the memory.

        `products` [r, m, m] holds the products of all steps (rows) with all changes of the
        gradient, and `place` [r] the place of the next pair.
        """
        names = (
            "x", "slope", "direction", "steps", "changes", "products", "is_filled", "error", "t",
            "descent", "place", "refusals",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def update(self, theta: Tensor, gradient: Tensor, error: Tensor, rate: Tensor) -> None:
        """See `Optimizer.update`."""
        # An error that is not finite is above any bound.
        accepted = error <= self.error + SUFFICIENT * self.t * self.descent
        self._remember(theta - self.x, gradient - self.slope, accepted)
        self.t.copy_(torch.where(accepted, self.t, self.t * self._shortened(error)))
        self.refusals.copy_(torch.where(accepted, 0, self.refusals + 1))
        for kept, new in ((self.x, theta), (self.slope, gradient)):
            torch.where(accepted[:, None], new, kept, out=kept)
        torch.where(accepted, error, self.error, out=self.error)
        # A search that finds no lower error starts over, by steepest descent.
        gives_up = self.refusals >= MOST_REFUSALS
        self.is_filled &= ~gives_up[:, None]
        self._aim(accepted | gives_up, rate)
        torch.addcmul(self.x, self.t[:, None], self.direction, out=theta)

    def _shortened(self, error: Tensor) -> Tensor:
        """Return the factor [r] on t by the parabola through both errors and the slope."""
        excess = error - self.error - self.t * self.descent
        factor = -self.t * self.descent / (2 * excess).clamp(min=TINY)
        return factor.nan_to_num(SHORTEST).clamp(SHORTEST, LONGEST)

    def _remember(self, step: Tensor, change: Tensor, accepted: Tensor) -> None:
        """Put a step and the gradient's change [r, p] in the place of the oldest pair."""
        curvature = (step * change).sum(1)
        # Without positive curvature the model would have no minimum.
        keeps = accepted & (curvature > 1e-10 * change.square().sum(1))
        at = (self.rows, self.place)
        for memory, new in ((self.steps, step), (self.changes, change)):
            memory[at] = torch.where(keeps[:, None], new, memory[at])
        kept = keeps[:, None]
        column = (self.steps @ change[:, :, None]).squeeze(2)
        row = (self.changes @ step[:, :, None]).squeeze(2)
        across = (self.rows[:, None], self.ages[None], self.place[:, None])
        self.products[across] = torch.where(kept, column, self.products[across])
        self.products[at] = torch.where(kept, row, self.products[at])
        self.is_filled[at] |= keeps
        self.place.copy_(torch.where(keeps, (self.place + 1) % MEMORY, self.place))

    def _aim(self, is_new: Tensor, rate: Tensor) -> None:
        """Set direction, slope along it and length of the step of those that `is_new` [r] says."""
        direction = self._quasi_newton()
        descent = (direction * self.slope).sum(1)
        is_empty = ~self.is_filled.any(1) | ~(descent < 0)
        direction = torch.where(is_empty[:, None], -self.slope, direction)
        descent = torch.where(is_empty, -self.slope.square().sum(1), descent)
        longest = rate / direction.square().mean(1).sqrt().clamp(min=TINY)
        t = torch.where(is_empty, longest, longest.clamp(max=1.0))
        torch.where(is_new[:, None], direction, self.direction, out=self.direction)
        torch.where(is_new, descent, self.descent, out=self.descent)
        torch.where(is_new, t, self.t, out=self.t)
        self.refusals.copy_(torch.where(is_new, 0, self.refusals))

    def _quasi_newton(self) -> Tensor:
        """Return minus the inverse Hessian's model times the gradient [r, p].

        The two loops of the recursion are two triangular systems: with R the upper triangle of the
        products, from the oldest pair to the newest, and D its diagonal,

            R a = S g,   q = scale (g - Y' a),   R' c = D a - Y q,   direction = -(q + S' c).
        """
        order = (self.place[:, None] + self.ages) % MEMORY
        filled = self.is_filled.gather(1, order)
        square = self.products[self.rows[:, None, None], order[:, :, None], order[:, None, :]]
        # An empty place has the row of an identity, so that its coefficient is 0.
        both = filled[:, :, None] & filled[:, None, :]
        square = torch.where(both, square, torch.eye(MEMORY, device=square.device))
        diagonal = square.diagonal(dim1=1, dim2=2)

        def ordered(memory: Tensor, vector: Tensor) -> Tensor:
            products = (memory @ vector[:, :, None]).squeeze(2).gather(1, order)
            return torch.where(filled, products, 0.0)

        def combined(memory: Tensor, coefficients: Tensor) -> Tensor:
            placed = torch.zeros_like(coefficients).scatter(1, order, coefficients)
            return (placed[:, None] @ memory).squeeze(1)

        along = ordered(self.steps, self.slope)
        a = _solved(square, along, upper=True)
        newest = self.changes[self.rows, (self.place - 1) % MEMORY]
        scale = diagonal[:, -1] / newest.square().sum(1).clamp(min=TINY)
        q = scale[:, None] * (self.slope - combined(self.changes, a))
        c = _solved(square.mT, diagonal * a - ordered(self.changes, q), upper=False)
        return -(q + combined(self.steps, c))


def _solved(square: Tensor, right: Tensor, *, upper: bool) -> Tensor:
    solution = torch.linalg.solve_triangular(square, right[:, :, None], upper=upper)
    return solution.squeeze(2)
