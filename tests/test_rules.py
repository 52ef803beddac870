"""Rules: what they promise of bandwidth and gain, and what they make of a signal."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from inr_models import Siren2Config, make_network
from search_spaces.bandwidth import bandwidth, gain, scales_of
from search_spaces.descriptors import describe
from search_spaces.descriptors.bands import NUM_BANDS, bands
from search_spaces.rules import (
    EVEN_LAW,
    RECOMMENDED,
    RULES,
    NoiseScales,
    Target,
    read_rule,
)
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant, at_share
from search_spaces.rules.power_law import Power, PowerLaw
from search_spaces.rules.spectrum_matching import SpectrumMatching, untrained_bands
from search_spaces.rules.table import Table
from tests.refusals import refused

sizes = st.integers(256, 150_000)
widths = st.integers(2, 512)


def target(n: int = 8192, width: int = 52, **descriptors: float) -> Target:
    return Target(descriptors=descriptors, shape=(n,), width=width)


@given(st.floats(0.02, 2), st.floats(1, 16), sizes, widths, st.sampled_from([1, 2]))
def test_a_point_has_the_bandwidth_and_the_gain_that_were_asked_for(share, g, n, width, dimensions):
    asked = Target(descriptors={}, shape=(n,) * dimensions, width=width)
    s0, s1 = at_share(asked, share, g)
    k = bandwidth(s0, s1, width=width, in_features=dimensions)
    least = 30 / dimensions / math.sqrt(3)
    if share * asked.nyquist >= g * least:
        assert gain(s1, width=width) == pytest.approx(g)
        assert k == pytest.approx(share * asked.nyquist)
    else:  # s0 cannot be less than nothing
        assert s0 == pytest.approx(0, abs=1e-3)
        assert k == pytest.approx(max(share * asked.nyquist, least), rel=1e-6)


def test_the_gain_is_the_deviation_of_the_second_layers_pre_activations():
    config = Siren2Config(width=1024, depth=4, s0=900.0, s1=0.4)
    network = make_network(config, in_features=1, out_features=1, seed=0)
    first, second = (layer.weight.detach() for layer in network.linears[:2])
    x = torch.linspace(-1, 1, 4096)[:, None]
    hidden = torch.sin(30 * (x @ first.T + network.linears[0].bias.detach()))
    # Theorem 3.1 leaves the biases out.
    deviation = float((30 * hidden @ second.T).std())
    assert deviation == pytest.approx(gain(0.4, width=1024), rel=0.05)


@given(st.floats(0.01, 1), st.sampled_from([2048, 150_000]), st.sampled_from([52, 222]))
def test_matching_scales_with_the_descriptor_whatever_the_length_and_the_width(psi, n, width):
    rule = BandwidthMatching(descriptor="psi", factor=2.0, gain=1.5)
    at = target(n, width, psi=psi)
    expected = max(2 * psi * at.nyquist, 30 / math.sqrt(3))
    assert bandwidth(*rule(at), width=width) == pytest.approx(expected, rel=1e-6)
    # A constant is a matching of nothing.
    fixed = Constant(share=2 * psi, gain=1.5)
    assert fixed(at) == pytest.approx(rule(at))


def test_a_power_law_is_its_formula_and_keeps_within_its_bounds():
    rule = PowerLaw(
        share=0.5,
        gain=4.0,
        powers=(
            Power(descriptor="psi", bandwidth=0.5, gain=-1.0),
            Power(descriptor="entropy", bandwidth=2.0),
        ),
        shares=(0.05, 0.4),
        gains=(1.5, 9.0),
    )
    for psi, entropy in ((0.49, 0.9), (0.81, 0.8), (0.64, 0.1), (0.01, 0.9)):
        share = min(max(0.5 * psi**0.5 * entropy**2, 0.05), 0.4)
        g = min(max(4 / psi, 1.5), 9.0)
        at = target(psi=psi, entropy=entropy)
        assert rule(at) == pytest.approx(scales_of(share * at.nyquist, g, width=52))
    assert rule.formula == "K/Nyquist = 0.5 psi^0.50 entropy^2.00,  g = 4 psi^-1.00"


def test_matching_spectra_finds_the_network_that_made_the_signal():
    rule = SpectrumMatching(shares=(0.03, 0.1, 0.3), gains=(2.0, 6.0))
    for share, g in ((0.03, 2.0), (0.1, 6.0), (0.3, 2.0)):
        s0, s1 = at_share(target(), share, g)
        config = Siren2Config(width=52, depth=4, s0=s0, s1=s1)
        network = make_network(config, in_features=1, out_features=1, seed=11)
        with torch.no_grad():
            values = network(torch.linspace(-1, 1, 8192)[:, None]).numpy()[:, 0]
        matched = bandwidth(*rule(Target.of(values, width=52)), width=52)
        assert matched == pytest.approx(share * target().nyquist, rel=1e-6)


def test_an_untrained_network_does_not_reach_beyond_half_of_nyquist():
    centres = (np.arange(NUM_BANDS) + 0.5) / NUM_BANDS
    reach = [
        float(np.dot(centres, untrained_bands(share, 5.2, 52, 4, (4096,)))) for share in (1, 4)
    ]
    assert max(reach) < 0.6
    white = np.random.default_rng(0).standard_normal(4096)
    high = np.diff(np.diff(white))  # its centroid is above that
    widest = RULES["spectrum"](Target.of(high, width=52))
    assert bandwidth(*widest, width=52) > 0.4 * Target.of(high, width=52).nyquist


def test_a_tables_points_go_by_the_samples():
    rule = Table(points={"ab": (3.0, 0.5)})
    at = Target(descriptors={}, shape=(256,), width=52, sha256="ab")
    assert rule(at) == NoiseScales(3.0, 0.5)
    with refused("not-there", "points"):
        rule(target())


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (np.zeros(100), "constant"),
        (np.array([1.0]), "wrong-kind"),
        (np.zeros((2, 2, 2, 2)), "wrong-kind"),
        (np.array([1.0, np.nan, 0.0]), "not-finite"),
        (np.random.default_rng(0).normal(size=(4096, 2)), "too-few"),
    ],
)
def test_samples_without_a_spectrum_are_refused(values, code):
    with refused(code, "signal"):
        Target.of(values, width=52)


@pytest.mark.parametrize("name", [EVEN_LAW, "spectrum"])
def test_a_channel_of_one_value_does_not_count(name):
    gray = np.random.default_rng(0).normal(size=(40, 48, 1)).cumsum(axis=0)
    red = np.concatenate([gray, np.zeros((40, 48, 2))], axis=2)
    seen, alone = (Target.of(image, width=52) for image in (red, gray))
    assert seen.bands == alone.bands
    assert seen.descriptors == pytest.approx(alone.descriptors, nan_ok=True)
    assert RULES[name](seen) == RULES[name](alone)
    assert RULES[name](seen).s1 > 0


def test_spectra_are_not_matched_where_there_is_none():
    flat = Target(descriptors={}, shape=(8192,), width=52, bands=bands(np.ones(8192)))
    with refused("constant", "signal"):
        RULES["spectrum"](flat)


def test_a_descriptor_that_a_signal_lacks_is_named():
    with refused("missing", "rolloff_95"):
        BandwidthMatching(descriptor="rolloff_95", factor=1.0, gain=2.0)(target(psi=0.3))


@given(st.floats(0.1, 10), st.integers(0, 50))
def test_the_recommended_rule_does_not_see_amplitude_time_or_direction(amplitude, shift):
    values = np.cumsum(np.random.default_rng(1).standard_normal(512))
    rule = RULES[RECOMMENDED]
    expected = rule(Target.of(values, width=52))
    for other in (amplitude * values, values[::-1], np.roll(values, shift)):
        assert rule(Target.of(other, width=52)) == pytest.approx(expected, rel=1e-6)


def test_a_rule_is_read_from_a_file_alone(tmp_path):
    for path in ("/dev/zero", tmp_path):
        with refused("unreadable", path):
            read_rule(path)


def test_bands_are_the_magnitudes_of_equal_parts_of_the_spectrum():
    values = np.random.default_rng(0).standard_normal(1024)
    shares = np.array(bands(values))
    magnitude = np.abs(np.fft.rfft(values))[1:]
    magnitude[-1] /= 2  # the line at Nyquist has no partner at a negative frequency
    # 512 lines in 128 bands; line k is at k/512 of Nyquist, which itself is of the last band.
    place = np.minimum(np.arange(1, 513) * 128 // 512, 127)
    expected = np.bincount(place, magnitude) / magnitude.sum()
    np.testing.assert_allclose(shares, expected)
    tone = bands(np.cos(2 * np.pi * 100 * np.arange(1024) / 1024))
    assert tone[25] == pytest.approx(1, abs=1e-9)  # 100 / 512 of Nyquist, of 128


@pytest.mark.parametrize("quality", [30, 40, 50])
def test_a_low_pass_at_its_descriptor_scores_that_psnr(quality):
    values = np.cumsum(np.random.default_rng(3).standard_normal(4096))
    values -= np.linspace(values[0], values[-1], 4096)
    values /= np.abs(values).max()
    share = describe(values)[f"low_pass_{quality}"]
    spectrum = np.fft.rfft(values)
    frequency = 2 * np.fft.rfftfreq(4096)

    def psnr(limit: float) -> float:
        kept = np.where(frequency <= limit, spectrum, 0)
        return -10 * math.log10(np.mean((np.fft.irfft(kept, 4096) - values) ** 2))

    # The line at Nyquist counts whole, though half of it is the mirror's.
    assert psnr(share) > quality - 0.01
    assert psnr(share - 2 / 4096) < quality + 0.01
