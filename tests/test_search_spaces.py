"""Descriptors and rules, against the paper's own tables and clips."""

import csv
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from search_spaces.descriptors import describe
from search_spaces.descriptors.centroid import spectral_centroid
from search_spaces.grids import first_factor
from search_spaces.rules import RULES, Target
from studies.engine.signals.audio import read_audio
from studies.engine.signals.signal import Signal

# Zero-output PSNR in dB, measured on the files.
PAPER_CLIPS = {
    "tetris": 13.44,
    "tap": 20.40,
    "whoosh": 19.81,
    "radiation": 32.30,
    "arch": 16.51,
    "relay": 20.04,
    "shattered": 24.87,
    "gt_bach": 18.65,
}


@pytest.fixture(scope="module", params=PAPER_CLIPS)
def paper_clip(request: pytest.FixtureRequest, shared_data: Path) -> Signal:
    return read_audio(shared_data / "paper" / "audio" / f"{request.param}.wav", 150_000)


@pytest.fixture(scope="module")
def table_6(shared_data: Path) -> dict[str, dict[str, str]]:
    path = shared_data.parent / "paper" / "tables" / "table6_rule.csv"
    if not path.exists():
        pytest.skip(f"{path} is not there")
    with path.open() as file:
        return {Path(row["target"]).stem: row for row in csv.DictReader(file)}


def test_psi_and_eqn11_of_the_paper_clips_are_table_6(paper_clip, table_6):
    row = table_6[paper_clip.name.removeprefix("gt_")]
    assert paper_clip.descriptors["psi"] == pytest.approx(float(row["psi"]), abs=5e-5)
    target = Target(descriptors=paper_clip.descriptors, shape=paper_clip.shape, width=222)
    s0, s1 = RULES["eqn11"](target)
    # The table cuts s0 to an integer and rounds s1 to 2 decimals.
    assert (int(s0), round(s1, 2)) == (int(row["s0"]), float(row["s1"]))


def test_zero_output_psnr_of_the_paper_clips_is_as_measured(paper_clip):
    assert paper_clip.psnr_zero == pytest.approx(PAPER_CLIPS[paper_clip.name], abs=0.01)


def test_paper_clips_are_cut_to_150000_samples_and_arch_is_shorter(paper_clip):
    assert paper_clip.num_samples == (136_055 if paper_clip.name == "arch" else 150_000)
    assert paper_clip.values.shape == (paper_clip.num_samples, 1)


def target(psi: float, n: int = 150_000, width: int = 222) -> Target:
    return Target(descriptors={"psi": psi}, shape=(n,), width=width)


def test_eqn11_has_a_of_7_and_its_text_form_a_of_5():
    for name, a in (("eqn11", 7), ("eqn11_text", 5)):
        s0, s1 = RULES[name](target(0.3, n=8192, width=52))
        assert s0 == pytest.approx(3500 * (1 - math.exp(-a * 0.3)))
        assert s1 == pytest.approx(3 * 0.3)


def test_eqn11_divides_psi_by_the_channels_once():
    gray = np.random.default_rng(0).random((16, 16))
    one, three = (Target.of(np.stack([gray] * c, -1), width=256) for c in (1, 3))
    third = replace(one, descriptors={"psi": one.descriptors["psi"] / 3})
    assert RULES["eqn11_image"](three) == pytest.approx(RULES["eqn11_image"](third))


def test_length_scales_s0_and_width_scales_s1():
    s0, s1 = RULES["eqn11"](target(0.3))
    short = target(0.3, n=7500, width=888)
    assert RULES["eqn11_length"](short) == pytest.approx((s0 / 20, s1))
    assert RULES["eqn11_length_width"](short) == pytest.approx((s0 / 20, s1 / 2))


@given(st.floats(0, 1))
def test_scaled_rules_agree_with_eqn11_at_the_paper_size(psi):
    at_paper_size = target(psi)
    for name in ("eqn11_length", "eqn11_length_width"):
        assert RULES[name](at_paper_size) == pytest.approx(RULES["eqn11"](at_paper_size))


def test_the_first_factor_shrinks_with_the_length_down_to_1():
    assert first_factor(150_000) == pytest.approx(100)
    assert first_factor(8192) == pytest.approx(163.84 / 30)
    assert first_factor(1500) == first_factor(256) == 1


pcm = st.lists(st.integers(-(1 << 15), (1 << 15) - 1), min_size=2, max_size=300).map(
    lambda samples: np.array(samples) / (1 << 15)
)


@given(pcm, st.floats(1e-3, 1e3), st.integers(0, 300))
def test_psi_is_a_share_that_level_direction_and_shift_do_not_change(values, gain, shift):
    assume(values.any())
    psi = spectral_centroid(values)
    assert -1e-9 <= psi <= 1 + 1e-9
    for changed in (gain * values, -values, values[::-1], np.roll(values, shift)):
        assert spectral_centroid(changed) == pytest.approx(psi, abs=1e-9)


@given(st.integers(2, 400), st.data())
def test_psi_of_a_tone_at_bin_k_is_twice_k_over_n(n, data):
    k = data.draw(st.integers(0, n // 2))
    tone = np.cos(2 * np.pi * k * np.arange(n) / n)
    assert spectral_centroid(tone) == pytest.approx(2 * k / n, abs=1e-9)


def test_psi_of_white_noise_is_a_half():
    """Rayleigh magnitudes at n/2 bins: deviation sqrt((4/pi - 1) / 3 / (n/2)) of the mean."""
    psi = spectral_centroid(np.random.default_rng(0).standard_normal(100_000))
    assert psi == pytest.approx(0.5, abs=5 * math.sqrt((4 / math.pi - 1) / 12 / 50_000))


def test_psi_of_silence_is_not_a_number():
    assert math.isnan(describe(np.zeros(300))["psi"])
