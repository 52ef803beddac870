"""Fit the signed distance of a surface to points on it and their normals (paper, B.4).

There is no torch at import.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.fitting.objective import DrawnObjective

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from inr_models.fitting.objective import Field, Tensors

DISTANCE_RANGE = 0.1
"""Distances are scored up to here, in units of the coordinates. Beyond, they count as this one."""

SCORED, SURFACE, NEAR, BOX = 0.0, 1.0, 2.0, 3.0
"""The kinds of samples, in the first column of the values."""

MOST_POINTS = 1 << 20
"""The largest number of points of each kind in an update."""


@dataclass(frozen=True, kw_only=True)
class SignedDistance(DrawnObjective):
    """Minimizes the loss of Sitzmann et al. (2020, Eqn. 7) with a distance term (paper, B.4).

        loss = surface mean |f| + normal mean (1 - cos(grad f, n)) at samples of the surface
             + eikonal mean | |grad f| - 1 | at all samples
             + distance mean |f - d| at samples near the surface and in the box
             + far mean exp(-100 |f|) at samples in the box

    d is the signed distance to the nearest sample of the surface. With `distance=0` the loss is
    that of Sitzmann et al. Every update draws `points` samples of each kind.

    The last error is the mean squared error of f / `DISTANCE_RANGE` at the scored samples, both cut
    off at -1 and 1. Its PSNR is the PSNR of the distance field, and it chooses the best epoch.

    The values [n, 5] of a task are rows (kind, d / `DISTANCE_RANGE`, normal). The normal has length
    1 at samples of the surface, and is 0 elsewhere. The kind is one of `SCORED`, `SURFACE`, `NEAR`
    and `BOX`.

    Args:
        points: Samples of each kind in an update.
        surface: Weight of the distance at the surface.
        normal: Weight of the normals.
        eikonal: Weight of the slope's length.
        distance: Weight of the distance at other samples.
        far: Weight of what keeps samples in the box away from zero.

    Raises:
        InputError: A number is out of its range.

    Example:
        >>> SignedDistance().chosen_by
        'distance_mse'
    """

    name: ClassVar[str] = "signed_distance"
    errors: ClassVar[tuple[str, ...]] = (
        "loss", "surface", "normal", "eikonal", "distance", "far", "distance_mse",
    )  # fmt: skip
    chosen_by: ClassVar[str] = "distance_mse"

    points: int = 1_000
    surface: float = 3e3
    normal: float = 5e1
    eikonal: float = 5e1
    distance: float = 3e3
    far: float = 1e1

    def __post_init__(self) -> None:
        if not 1 <= self.points <= MOST_POINTS:
            why = f"give a number from 1 to {MOST_POINTS:,}."
            raise InputError.of_value("out-of-range", "points", self.points, why)
        for name in ("surface", "normal", "eikonal", "distance", "far"):
            weight = getattr(self, name)
            if not (math.isfinite(weight) and weight >= 0):
                why = "give a finite number of 0 or more."
                raise InputError.of_value("out-of-range", name, weight, why)

    def num_outputs(self, values: Tensor) -> int:
        """Return 1, the distance."""
        return 1

    def scored(self, coords: NDArray, values: NDArray) -> NDArray:
        """Return the distances at the scored samples [m, 1]."""
        return values[values[:, 0] == SCORED, 1:2]

    def drawn(self, coords: Tensor, values: Tensor, generator: Generator) -> Tensors:
        """Return the coordinates and the values of `points` samples of each kind, [3 points, k]."""
        import torch

        picked = []
        for kind in (SURFACE, NEAR, BOX):
            places = (values[:, 0] == kind).nonzero()[:, 0]
            picked.append(places[torch.randint(len(places), (self.points,), generator=generator)])
        rows = torch.cat(picked)
        return coords[rows], values[rows, 1:]

    def losses(self, field: Field, drawn: Tensors) -> Tensors:
        """Return the loss and its five parts without their weights, [r] each."""
        import torch

        coords, values = drawn
        num = self.points
        outputs, slopes = field(coords)
        distances = outputs[..., 0]
        alike = torch.nn.functional.cosine_similarity(slopes[:, :num], values[:num, 1:], dim=-1)
        surface = distances[:, :num].abs().mean(dim=1)
        normal = (1 - alike).mean(dim=1)
        eikonal = (slopes.norm(dim=-1) - 1).abs().mean(dim=1)
        asked = values[num:, 0] * DISTANCE_RANGE
        distance = (distances[:, num:] - asked).abs().mean(dim=1)
        far = torch.exp(-100 * distances[:, 2 * num :].abs()).mean(dim=1)
        loss = (
            self.surface * surface
            + self.normal * normal
            + self.eikonal * eikonal
            + self.distance * distance
            + self.far * far
        )
        return loss, surface, normal, eikonal, distance, far

    def fixed(self, coords: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Return the samples that are scored.

        Raises:
            InputError: The values are not of this form, or samples of a kind are missing.
        """
        if values.shape[1] != 2 + coords.shape[1]:
            why = f"{values.shape[1]} columns; give the kind, the distance and the normal."
            raise InputError.at("wrong-kind", "values", why)
        for name, kind in (("scored", SCORED), ("surface", SURFACE), ("near", NEAR), ("box", BOX)):
            if not (values[:, 0] == kind).any():
                why = f"no sample is of the kind {name} ({kind:g}); give some of each kind."
                raise InputError.at("missing", "values", why)
        is_scored = values[:, 0] == SCORED
        return coords[is_scored], values[is_scored, 1:2]

    def fixed_sum(self, outputs: Tensor, values: Tensor) -> Tensor:
        """Return the squared errors of the distances, which are cut off at their range."""
        scored = (outputs / DISTANCE_RANGE).clamp(-1, 1)
        return (scored - values).square().sum((-2, -1))
