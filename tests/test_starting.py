"""`noisescape.siren2_for`: a network from a file, an array or a tensor."""

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image

from inr_models import FitConfig, InputError
from noisescape import recommend, siren2_for
from search_spaces import initialize
from search_spaces.rules import RULES, rule_json
from tests.refusals import refused

CLIP = "studies/clips/perc_bell.flac"


@pytest.fixture
def tones() -> np.ndarray:
    t = np.arange(2048)
    return 0.5 * np.sin(0.2 * t) + 0.3 * np.sin(0.9 * t)


def same(a: torch.nn.Module, b: torch.nn.Module) -> bool:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return all(torch.allclose(one, other, rtol=1e-4) for one, other in pairs)


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
    assert same(initialize.siren2_for(scaled), initialize.siren2_for(2 * tones))
    (gradient,) = torch.autograd.grad(scaled.sum(), leaf)
    assert (gradient == 2).all()
    fitted = initialize.siren2_for(leaf, trials=1, fit=FitConfig(epochs=2))
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
        torch.ones(500).to_sparse(),
        torch.ones(500, dtype=torch.complex64),
        torch.empty(500, device="meta"),
        {"samples": [1, 2]},
    ],
)
def test_tensors_without_real_samples_are_refused(values):
    with refused("wrong-kind", "signal"):
        siren2_for(values)


def test_what_cannot_be_read_or_drawn_is_refused(tmp_path):
    with refused("wrong-kind", "signal"):
        initialize.siren2_for(CLIP)
    with refused("wrong-kind", "seed"):
        initialize.siren2_for(np.sin(np.arange(500)), trials=1, seed="x")
    with refused("not-there", str(tmp_path / "no.wav")):
        siren2_for(tmp_path / "no.wav")
    soundfile.write(tmp_path / "silent.wav", np.zeros(500), 8000)
    with pytest.raises(InputError, match=r"silent\.wav"):
        siren2_for(tmp_path / "silent.wav")


def test_the_rule_may_be_a_saved_file(tmp_path):
    (tmp_path / "mine.json").write_text(rule_json(RULES["bandwidth_psi"]))
    by_name = siren2_for(CLIP, width=60, rule="bandwidth_psi")
    assert same(by_name, siren2_for(CLIP, width=60, rule=tmp_path / "mine.json"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_tensor_on_a_gpu_is_copied(tones):
    assert same(siren2_for(torch.from_numpy(tones).cuda()), siren2_for(tones))
