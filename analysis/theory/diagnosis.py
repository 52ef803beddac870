"""Say before any training whether a network can see a signal's band.

A fit learns a frequency k the faster, the larger the tangent kernel's spectrum S(k) is there (Eqns.
3 and 6 of the paper). Within a fit of some hundred epochs, it hardly learns where S(k) lies far
below its largest value. The signal's energy there is out of reach. If nearly all of it is, the fit
stays at zero output: the spectral bottleneck.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from analysis.theory.subjects import radial_shares
from analysis.theory.tangent_kernel import kernel_spectrum
from inr_models import InputError
from inr_models.networks.coordinate_mlp import CoordinateMLP
from studies.engine.store.dead import DEAD_WITHIN_DB

Array = NDArray[np.float64]

BANDS = 128
"""The number of bands of equal width, from 0 to Nyquist, in which spectra are compared."""

ROUNDING = 1e-12
"""The share of a spectrum that may be rounding."""

REACH = 3e-5
"""A band is within reach if S(k) in it is at least this share of its largest band.

The bundled clips and S1 to S6 gave this number, for SIREN and FINER at the small scale of
`studies/audio_architectures.py`. SIREN on `perc_bell` is on its wrong side. The command
`python -m analysis.diagnosis_proof` tests it on other clips.
"""


class Diagnosis(NamedTuple):
    """Holds what an untrained network can see of a signal.

    Attributes:
        shares: The bands' centers, as shares of Nyquist.
        kernel: The mean of S(k) in each band, as a share of the largest.
        energy: The signal's energy in each band, without its mean. It sums to 1.
    """

    shares: Array
    kernel: Array
    energy: Array

    @property
    def unreached(self) -> float:
        """The share of the signal's energy in bands out of reach."""
        return float(self.energy[self.kernel < REACH].sum())

    @property
    def most_db(self) -> float:
        """The PSNR above zero output, in dB, if all that is within reach is learned."""
        return math.inf if self.unreached <= 0 else -10 * math.log10(self.unreached)

    @property
    def sees_it(self) -> bool:
        """Whether training is expected to rise above zero output."""
        return self.most_db >= DEAD_WITHIN_DB


def diagnose(
    network: CoordinateMLP, coords: Tensor, values: Tensor, shape: tuple[int, ...] | None = None
) -> Diagnosis:
    """Return what a network at its weights can see of a signal. Nothing is trained.

    Args:
        network: Any network of the catalog with dense layers.
        coords: Coordinates [n, d] on a grid, the last axis fastest.
        values: The signal [n, c] on them.
        shape: Samples along each axis, by default (n,).

    Raises:
        InputError: The signal does not vary. The network's output is a constant, whatever its
            output bias is, or not finite. Or it is a tensor train.

    Example:
        >>> coords = torch.linspace(-1, 1, 512)[:, None]
        >>> network = make_network(SirenConfig(width=32), in_features=1, out_features=1, seed=0)
        >>> diagnose(network, coords, torch.sin(20 * coords)).sees_it
        True
        >>> diagnose(network, coords, torch.sin(700 * coords)).sees_it
        False
    """
    shape = shape or (len(coords),)
    centered = (values - values.mean(0)).double().T.reshape(-1, *shape)
    axes = tuple(range(1, centered.ndim))
    power = torch.fft.fftn(centered, dim=axes).abs().square().sum(0).numpy()
    if not power.sum() > 0:
        raise InputError.at("constant", "signal", "it does not vary, so it has no spectrum.")
    spectrum = kernel_spectrum(network, coords, shape).numpy()
    centers, counts, energy = _in_bands(power)
    kernel = _in_bands(spectrum)[2] / counts
    total = spectrum.sum()
    # A bias alone, or dead features, give S(k) at k = 0 only.
    if not math.isfinite(total) or total - spectrum.flat[0] <= ROUNDING * total:
        raise InputError.at(
            "constant",
            "network",
            "its output is the same everywhere, and no parameter changes that, so it has "
            "no spectrum; give another initialization.",
        )
    return Diagnosis(centers, kernel / kernel.max(), energy / energy.sum())


def _in_bands(power: Array) -> tuple[Array, Array, Array]:
    """Return the bands' centers, and the number and sum of the frequencies in each.

    Frequencies of an image beyond Nyquist of an axis, in its corners, count to the last band.
    """
    shares = np.minimum(radial_shares(power.shape), 1)
    edges = np.linspace(0, 1, min(BANDS, max(power.shape) // 4) + 1)
    counts = np.histogram(shares, edges)[0]
    return (edges[1:] + edges[:-1]) / 2, counts, np.histogram(shares, edges, weights=power)[0]
