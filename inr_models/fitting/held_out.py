"""Hold samples out of a fit, and score them beside the samples that are fitted.

There is no torch at import.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.fitting.metrics import psnr_db
from inr_models.fitting.objective import REGRESSION, Objective, PointwiseObjective

if TYPE_CHECKING:
    from torch import Tensor

    from inr_models.fitting.objective import Tensors

LARGEST_SHARE = 0.95
"""The largest share of the samples that may be held out."""


@dataclass(frozen=True, kw_only=True)
class HeldOut(PointwiseObjective):
    """Minimizes the mean squared error over some samples, and scores the others as well.

    The PSNR of a fit, its best epoch and its best weights are those of the samples that are fitted.
    What it reaches between them is its second error, at the same epoch.

    Args:
        every: Fit every k-th sample along each axis, from the first one on. With k = 2 the held-out
            samples are those of a super-resolution by 2.
        share: Hold out this share of the samples instead, drawn at random.
        seed: Seed of that draw.

    Raises:
        InputError: Not exactly one of `every` and `share` is set, or one is out of its range.

    Example:
        >>> HeldOut(every=2).is_fitted(np.linspace(-1, 1, 5)[:, None]).tolist()
        [True, False, True, False, True]
    """

    name: ClassVar[str] = "held_out"
    errors: ClassVar[tuple[str, ...]] = ("mse", "held_out_mse")
    chosen_by: ClassVar[str] = "mse"

    every: int = 1
    share: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.every == 1) == (self.share == 0):
            raise InputError.at("conflict", "every", "it excludes share; give one of the two.")
        if self.every < 1:
            raise InputError.of_value("out-of-range", "every", self.every, "give 2 or more.")
        if not 0 <= self.share <= LARGEST_SHARE:
            why = f"give more than 0 and at most {LARGEST_SHARE}."
            raise InputError.of_value("out-of-range", "share", self.share, why)

    def is_fitted(self, coords: NDArray) -> NDArray[np.bool_]:
        """Return which samples are fitted [n].

        Args:
            coords: Coordinates [n, d]. With `every`, they are those of a grid.

        Raises:
            InputError: All samples would be fitted, or none.
        """
        if self.share:
            num = round(self.share * len(coords))
            order = np.argsort(np.random.default_rng(self.seed).random(len(coords)), kind="stable")
            fitted = np.ones(len(coords), dtype=bool)
            fitted[order[:num]] = False
        else:
            fitted = np.ones(len(coords), dtype=bool)
            for axis in coords.T:
                _, place = np.unique(axis, return_inverse=True)
                fitted &= place % self.every == 0
        if fitted.all() or not fitted.any():
            what = "no sample" if fitted.all() else "all samples"
            why = f"{len(coords)} samples: {what} would be held out; change the share."
            raise InputError.at("out-of-range", "share", why)
        return fitted

    def targets(self, coords: Tensor, values: Tensor) -> Tensors:
        """Return the values [n, c], and a 1 for each fitted sample and a 0 for others [n, 1]."""
        import torch

        fitted = torch.from_numpy(self.is_fitted(coords.cpu().numpy()))
        return values, fitted[:, None].to(values)

    def counts(self, targets: Tensors) -> tuple[float, ...]:
        """Return the number of values that are fitted, and of those that are held out."""
        values, fitted = targets
        num = int(fitted.sum()) * values.shape[1]
        return num, values.numel() - num

    def sums_and_slope(
        self, outputs: Tensor, targets: Tensors, *, in_place: bool = False
    ) -> tuple[Tensors, Tensor]:
        """Return the squared errors, summed over each set of samples, and the fitted errors."""
        values, fitted = targets
        error = outputs.sub_(values) if in_place else outputs - values
        squares = error.square()
        sums = ((squares * fitted).sum((-2, -1)), (squares * (1 - fitted)).sum((-2, -1)))
        return sums, error.mul_(fitted) if in_place else error * fitted

    def scored(self, coords: NDArray, values: NDArray) -> NDArray:
        """Return the values of the samples that are fitted."""
        return values[self.is_fitted(coords)]


@dataclass(frozen=True, kw_only=True)
class Blind(HeldOut):
    """Minimizes as `HeldOut` does, but the held-out samples choose the best epoch.

    They stand for the truth where the values are noisy, because the noise of one sample says
    nothing about another's (Batson and Royer 2019, Noise2Self).

    Example:
        >>> Blind(share=0.1).chosen_by
        'held_out_mse'
    """

    name: ClassVar[str] = "blind"
    chosen_by: ClassVar[str] = "held_out_mse"

    def scored(self, coords: NDArray, values: NDArray) -> NDArray:
        """Return the values of the samples that are held out."""
        return values[~self.is_fitted(coords)]


def held_out(text: str, *, blind: bool = False) -> Objective:
    """Return the objective that the flag `--hold-out` names.

    Args:
        text: A number such as "2" fits every second sample along each axis. A share such as "10%"
            holds out so many samples, drawn at random. "" is a regression on all samples.
        blind: Whether the held-out samples choose the best epoch, as `Blind` does.

    Raises:
        InputError: The text is neither, or the number or the share is out of its range.

    Example:
        >>> held_out("10%")
        HeldOut(every=1, share=0.1, seed=0)
    """
    if not text:
        return REGRESSION
    kind = Blind if blind else HeldOut
    if re.fullmatch(r"\d{1,6}", text):
        every = int(text)
        if every < 2:
            raise InputError.of_value("out-of-range", "--hold-out", text, "give 2 or more.")
        return kind(every=every)
    if not re.fullmatch(r"\d{1,3}(\.\d{1,6})?%", text):
        why = "give a number such as 2, or a share such as 10%."
        raise InputError.of_value("wrong-kind", "--hold-out", text, why)
    share = float(text.removesuffix("%")) / 100
    if not 0 < share <= LARGEST_SHARE:
        why = f"give more than 0% and at most {LARGEST_SHARE:.0%}."
        raise InputError.of_value("out-of-range", "--hold-out", text, why)
    return kind(share=share)


def psnr_of_band_limited_db(values: NDArray, shape: tuple[int, ...], every: int) -> float:
    """Return the PSNR in dB of a signal without what lies above Nyquist of every k-th sample.

    An interpolation that adds no frequencies of its own scores at most this between the samples.
    The spectrum is that of the signal and its mirror image along each axis, so that a difference
    between its two ends does not count as a jump. (It is the spectrum of a DCT-II.)

    Args:
        values: The signal [n, c], the last axis fastest.
        shape: Samples along each axis.
        every: k, so that the limit is Nyquist / k along each axis.

    Example:
        >>> n = np.arange(400)
        >>> signal = np.cos(np.pi * 0.25 * (n + 0.5)) + 0.1 * np.cos(np.pi * 0.75 * (n + 0.5))
        >>> round(psnr_of_band_limited_db(signal[:, None], (400,), 2), 1)
        23.0
    """
    mirrored = np.asarray(values, dtype=np.float64).reshape(*shape, -1)
    axes = tuple(range(len(shape)))
    is_below = np.ones((1,) * len(shape), dtype=bool)
    for axis in axes:
        mirrored = np.concatenate([mirrored, np.flip(mirrored, axis)], axis)
        frequencies = np.abs(np.fft.fftfreq(mirrored.shape[axis]))
        along = [1] * len(shape)
        along[axis] = -1
        is_below = is_below & (frequencies < 0.5 / every).reshape(along)
    energy = np.abs(np.fft.fftn(mirrored, axes=axes, norm="ortho")) ** 2
    return float(psnr_db(energy[~is_below].sum() / mirrored.size))
