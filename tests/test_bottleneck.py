"""The paper's phenomenon itself, at a scale of seconds."""

import numpy as np
import pytest
import torch

from inr_models import FitConfig, FitResult, Siren2Config, SirenConfig, fit, make_network
from inr_models.fitting.metrics import psnr_of_zero_db
from search_spaces.descriptors import describe
from search_spaces.grids import first_factor
from studies.engine.signals.signal import coordinates

NUM_SAMPLES = 8192


@pytest.fixture(scope="module")
def high_passed() -> np.ndarray:
    """White noise without anything below 0.6 of Nyquist, at most 1 in size."""
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(NUM_SAMPLES))
    spectrum[: int(0.6 * NUM_SAMPLES / 2)] = 0
    values = np.fft.irfft(spectrum)
    return (values / np.abs(values).max()).astype(np.float32)[:, None]


def fit_300_epochs(config: SirenConfig, values: np.ndarray) -> FitResult:
    net = make_network(config, in_features=1, out_features=1, seed=0)
    training = FitConfig(epochs=300, learning_rate=5e-4, decay=0.95, decay_every=20)
    coords = torch.from_numpy(coordinates((len(values),)))
    [(_, result)] = fit([net], coords, torch.from_numpy(values), training)
    return result


def test_siren_stays_at_zero_output_where_siren2_fits(high_passed):
    zero = psnr_of_zero_db(high_passed)
    assert describe(high_passed[:, 0])["psi"] > 0.7
    siren = SirenConfig(width=52, depth=4, omega_first=30 * first_factor(NUM_SAMPLES))
    assert fit_300_epochs(siren, high_passed).psnr_peak < zero + 1
    siren2 = Siren2Config(width=52, depth=4, s0=400, s1=1)
    assert fit_300_epochs(siren2, high_passed).psnr_peak > zero + 20
