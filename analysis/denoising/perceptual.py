"""Score denoised images by LPIPS and DISTS, if the optional package and its weights are there."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray

from inr_models.shown import first_line

NAMES = ("LPIPS", "DISTS")
"""The names of the scores. Lower is better."""

Measure = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""From an image and the clean one [1, 3, h, w] in [0, 1] to a distance."""


@cache
def measures() -> Mapping[str, Measure] | str:
    """Return the measures by name, or a sentence that says what they lack.

    The package downloads the weights of its networks when they are first needed.
    """
    try:
        import piq  # type: ignore[import-not-found]
    except ImportError:
        return "LPIPS and DISTS need the package piq: pip install 'noisescape[perceptual]'."
    try:
        return {"LPIPS": piq.LPIPS(), "DISTS": piq.DISTS()}
    except Exception as error:  # a failed download raises errors of several libraries
        why = first_line(error).rstrip(".")
        return (
            f"LPIPS and DISTS lack the weights of their networks, which could not be had ({why})."
        )


def perceptual_scores(output: NDArray, truth: NDArray, shape: tuple[int, ...]) -> dict[str, float]:
    """Return LPIPS and DISTS of an image by name, nothing where `measures` lacks something.

    LPIPS is that of Zhang et al. 2018 with VGG, DISTS that of Ding et al. 2020. A gray image
    counts as three equal channels.

    Args:
        output: The denoised samples [n, c] in [-1, 1]. What lies outside is cut off.
        truth: The clean samples [n, c].
        shape: Height and width.
    """
    known = measures()
    if isinstance(known, str) or len(shape) != 2:
        return {}
    pictures = []
    for values in (output, truth):
        picture = np.clip((values.reshape(*shape, -1) + 1) / 2, 0, 1)
        picture = np.broadcast_to(picture, (*shape, 3)) if picture.shape[-1] == 1 else picture
        pictures.append(torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1))[None]))
    with torch.no_grad():
        return {name: float(measure(*pictures)) for name, measure in known.items()}
