"""The theory's own numbers at initialization: Theorem 3.1, and the bandwidth K."""

import math

import pytest
import torch
from torch import Tensor

from inr_models import Siren2Config, make_network
from search_spaces.bandwidth import bandwidth, nyquist

WIDTH = 1024
SAMPLES = 4096
OMEGA = 30.0


def coords() -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(SAMPLES, 1, generator=generator, dtype=torch.float64) * 2 - 1


def layer_2(s1: float) -> tuple[Tensor, Tensor, Tensor]:
    """Layer 1's outputs [n, width], and layer 2's omega W h and omega b, for a large s0."""
    config = Siren2Config(width=WIDTH, depth=2, s0=3000, s1=s1)
    net = make_network(config, in_features=1, out_features=1, seed=1).double()
    with torch.no_grad():
        net.linears[0].bias.zero_()
        h = net.activations[0](net.linears[0](coords()))
        return h, OMEGA * h @ net.linears[1].weight.T, OMEGA * net.linears[1].bias


def relative_deviation_of_variance() -> float:
    """Standard deviation of the measured variance of W h over its expectation.

    Row k of W has var_i(w_k . h_i) = w_k' C w_k, C the covariance of h; for C = I/2 measured
    on n samples its relative variance is 2/width + 2/n, and `width` rows are averaged.
    """
    return math.sqrt((2 / WIDTH + 2 / SAMPLES) / WIDTH)


def test_layer_1_outputs_are_arcsine_distributed():
    """The theorem's assumption: moments 1/2, 3/8, 5/16 of the arcsine law on (-1, 1)."""
    h, _, _ = layer_2(s1=0)
    for power, moment in ((2, 1 / 2), (4, 3 / 8), (6, 5 / 16)):
        assert h.pow(power).mean().item() == pytest.approx(moment, rel=0.005)


@pytest.mark.parametrize("s1", [0, 0.03, 0.1, 0.5, 2])
def test_layer_2_deviates_as_theorem_3_1_without_biases(s1):
    _, z, _ = layer_2(s1)
    expected = math.sqrt(1 + WIDTH * s1**2 / 2)
    # A variance's relative deviation is twice that of its root; five of them.
    assert z.std().item() == pytest.approx(expected, rel=5 * relative_deviation_of_variance() / 2)


@pytest.mark.parametrize("s1", [0, 0.03])
def test_biases_add_omega_squared_over_three_widths_to_the_variance(s1):
    _, z, b = layer_2(s1)
    without, bias = 1 + WIDTH * s1**2 / 2, OMEGA**2 / (3 * WIDTH)
    deviation = math.hypot(
        without * relative_deviation_of_variance(),
        bias * math.sqrt(0.8 / WIDTH),
        2 * math.sqrt(bias * without / (SAMPLES * WIDTH)),
    )
    assert bias > 10 * deviation, "the biases' part would drown"
    assert (z + b).var().item() == pytest.approx(without + bias, abs=5 * deviation)


def rms_frequencies(config: Siren2Config, seed: int) -> list[tuple[float, float]]:
    """Of every hidden layer, sqrt(mean f'^2 / mean f^2) of its output and rms of its phase's slope.

    Both in rad per unit of coordinate, by forward differentiation.
    """
    net = make_network(config, in_features=1, out_features=1, seed=seed).double()
    h, slope = coords()[:2000], torch.ones(2000, 1, dtype=torch.float64)
    frequencies = []
    with torch.no_grad():
        for linear, activation in zip(net.linears[:-1], net.activations, strict=True):
            z, phase_slope = linear(h), activation.omega * slope @ linear.weight.T
            h, slope = activation(z), torch.cos(activation.omega * z) * phase_slope
            output = (slope.square().mean() / h.square().mean()).sqrt()
            frequencies.append((output.item(), phase_slope.square().mean().sqrt().item()))
    return frequencies


@pytest.mark.parametrize(
    ("s0", "s1", "omega_first"),
    [(0, 0, 30), (400, 0, 30), (0, 1, 30), (400, 0.3, 30), (2000, 0.1, 30), (400, 0.3, 3000)],
)
def test_bandwidth_is_the_rms_slope_of_layer_2(s0, s1, omega_first):
    width, seeds = 256, range(3)
    config = Siren2Config(width=width, depth=2, omega_first=omega_first, s0=s0, s1=s1)
    expected = bandwidth(s0, s1, width=width, omega_first=omega_first)
    ratios = [rms_frequencies(config, seed)[1][1] / expected for seed in seeds]
    # The rms of `width` Gaussian frequencies deviates by 1/sqrt(2 width), relatively.
    assert sum(ratios) / 3 == pytest.approx(1, abs=4 / math.sqrt(2 * width * 3))


@pytest.mark.parametrize(("s0", "s1"), [(400, 0.3), (400, 1), (800, 3)])
def test_outputs_of_layers_2_to_4_oscillate_at_the_bandwidth(s0, s1):
    width, seeds = 222, range(3)
    config = Siren2Config(width=width, depth=4, s0=s0, s1=s1)
    measured = torch.tensor([[f[0] for f in rms_frequencies(config, s)[1:]] for s in seeds])
    ratios = measured.mean(0) / bandwidth(s0, s1, width=width)
    assert ratios.min() > 0.88
    assert ratios.max() < 1.04


def test_bandwidth_without_noise_is_the_rms_of_siren_first_layer():
    assert bandwidth(0, 0, width=222) == pytest.approx(30 / math.sqrt(3))
    assert bandwidth(0, 0, width=222, omega_first=3000) == pytest.approx(3000 / math.sqrt(3))


def test_nyquist_turns_by_pi_a_sample():
    assert nyquist(150_000) == pytest.approx(math.pi / (2 / 150_000))
