"""`noisescape.siren2_for`: a network from a file, an array or a tensor."""

import warnings

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from inr_models import FitConfig, InputError, Siren2Config, make_network
from noisescape import recommend, siren2_for
from search_spaces.networks import stable
from search_spaces.rules import RECOMMENDED, RULES, Target, rule_json
from tests.refusals import refused

CLIP = "studies/clips/perc_bell.flac"


@pytest.fixture
def tones() -> np.ndarray:
    t = np.arange(2048)
    return 0.5 * np.sin(0.2 * t) + 0.3 * np.sin(0.9 * t)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return all(torch.allclose(one, other, rtol=1e-4) for one, other in pairs)


def test_one_call_makes_the_network_for_a_signal():
    values = np.sin(np.linspace(0, 300, 5000))
    network = siren2_for(values, width=52, depth=3, seed=4)
    s0, s1 = map(stable, RULES[RECOMMENDED](Target.of(values, width=52, depth=3)))
    config = Siren2Config(width=52, depth=3, s0=s0, s1=s1, zero_output_bias=True)
    same = make_network(config, in_features=1, out_features=1, seed=4)
    for a, b in zip(network.parameters(), same.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
    image = siren2_for(np.random.default_rng(0).random((20, 30, 3)))
    assert image(torch.zeros(5, 2)).shape == (5, 3)
    assert image.num_parameters() == pytest.approx(20 * 30 * 3, rel=0.1)


def test_the_output_bias_starts_at_zero_with_the_recommended_rule_alone(tones):
    recommended, published = siren2_for(tones), siren2_for(tones, rule="eqn11_length_width")
    assert recommended.layers[-1].bias.abs().max() == 0
    assert published.layers[-1].bias.abs().max() > 0


def test_a_sound_file_gives_what_recommend_says_of_it(tmp_path, tones):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([0.2 * tones, tones], axis=1), 8000, subtype="FLOAT")
    network = siren2_for(path)
    assert network.layers[0].out_features == recommend(path).width
    assert network(torch.zeros(5, 1)).shape == (5, 2)
    assert same(network, siren2_for(str(path)))
    # The scale of the samples has no part in it.
    assert same(network, siren2_for(np.stack([100 * tones, 500 * tones], axis=1)))


def test_a_sound_of_more_channels_than_a_small_image_has_columns_stays_a_sound(tmp_path, tones):
    path = tmp_path / "ten.wav"
    soundfile.write(path, np.outer(tones, np.linspace(0.1, 1, 10)), 8000)
    assert siren2_for(path)(torch.zeros(5, 1)).shape == (5, 10)


def test_an_image_file_gives_a_network_of_two_coordinates(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    network = siren2_for(tmp_path / "noise.png")
    assert network(torch.zeros(5, 2)).shape == (5, 3)
    assert same(network, siren2_for(pixels / 127.5 - 1))


def test_a_file_can_be_fitted_at_once_because_it_is_scaled(tmp_path, tones):
    soundfile.write(tmp_path / "loud.wav", 3 * tones, 8000, subtype="FLOAT")
    fitted = siren2_for(tmp_path / "loud.wav", trials=1, fit=FitConfig(epochs=2))
    assert fitted.network(torch.zeros(5, 1)).shape == (5, 1)


def test_a_tensor_may_require_a_gradient_and_keeps_its_graph(tones):
    leaf = torch.from_numpy(tones).requires_grad_()
    scaled = 2 * leaf
    assert same(siren2_for(scaled), siren2_for(2 * tones))
    (gradient,) = torch.autograd.grad(scaled.sum(), leaf)
    assert (gradient == 2).all()
    fitted = siren2_for(leaf, trials=1, fit=FitConfig(epochs=2))
    assert leaf.grad is None
    assert len(fitted.tested) == 1


def test_numbers_of_other_types_mean_what_they_are(tones):
    whole = np.round(30_000 * tones).astype(np.int16)
    expected = siren2_for(whole.astype(np.float64))
    for values in (whole, torch.from_numpy(whole), whole.tolist()):
        assert same(siren2_for(values), expected)
    short = torch.from_numpy(tones).bfloat16()
    assert same(siren2_for(short), siren2_for(short.float()))
    with refused("out-of-range", "signal"):
        siren2_for(whole, trials=1)
    # The magnitude of the least int16 does not fit into an int16.
    with refused("out-of-range", "signal"):
        siren2_for(np.where(whole > 0, -32768, 0).astype(np.int16), trials=1)


@pytest.mark.parametrize(
    "values",
    [
        np.exp(1j * np.arange(500)),
        np.ma.masked_greater(np.sin(np.arange(500)), 0.9),
        ["a", "b"],
        [[1.0, 2.0], [3.0]],
        None,
        {"samples": [1, 2]},
        CLIP.encode(),
        torch.ones(500).to_sparse(),
        torch.ones(500, dtype=torch.complex64),
        torch.empty(500, device="meta"),
    ],
)
def test_what_is_no_array_of_real_numbers_is_refused(values):
    with refused("wrong-kind", "signal"):
        siren2_for(values)


def test_a_size_that_is_none_and_a_signal_too_short_for_its_network_are_refused():
    values = np.random.default_rng(0).standard_normal(2048)
    for sizes in ({"width": 0}, {"width": -3}, {"depth": 0}):
        name, value = next(iter(sizes.items()))
        with refused("out-of-range", name, value, 1):
            siren2_for(values, **sizes)
    with refused("out-of-range", "parameters", 6, 10):
        siren2_for(values[:6])
    assert siren2_for(values[:14]).num_parameters() == 10


def test_what_cannot_be_read_or_drawn_is_refused(tmp_path):
    with refused("wrong-kind", "seed"):
        siren2_for(np.sin(np.arange(500)), trials=1, seed="x")
    with refused("not-there", str(tmp_path / "no.wav")):
        siren2_for(tmp_path / "no.wav")
    soundfile.write(tmp_path / "silent.wav", np.zeros(500), 8000)
    with pytest.raises(InputError, match=r"silent\.wav"):
        siren2_for(tmp_path / "silent.wav")


def test_a_rule_may_be_given_by_its_name_or_its_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(rule_json(RULES["power_psi"]))
    by_name = siren2_for(CLIP, width=20, rule="power_psi")
    for rule in (path, str(path), RULES["power_psi"]):
        assert same(by_name, siren2_for(CLIP, width=20, rule=rule))
    with refused("unknown-name", "rule"):
        siren2_for(CLIP, rule="power_of_psi")


@pytest.mark.parametrize(
    ("width", "warned"), [(13, True), (20, False), (52, False), (220, False), (300, True)]
)
def test_the_recommended_rule_warns_where_it_was_not_measured(width, warned):
    values = np.random.default_rng(0).standard_normal(8192)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        network = siren2_for(values, width=width)
        siren2_for(values, width=8, rule=RULES["eqn11_length_width"])  # has no such claim
    sentences = [str(warning.message) for warning in caught]
    assert len(sentences) == warned
    for sentence in sentences:
        for number in (f"width = {width}", f"{network.num_parameters():,}", "8,192"):
            assert number in sentence


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_tensor_on_a_gpu_is_copied(tones):
    assert same(siren2_for(torch.from_numpy(tones).cuda()), siren2_for(tones))
