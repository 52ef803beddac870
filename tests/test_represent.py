"""From a sound to networks to a sound: what is read, fitted, predicted, saved and written."""

import dataclasses
import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import noisescape
from inr_models.fitting.metrics import psnr_db
from noisescape import load, represent
from noisescape.segments import segments_of, spans, weights
from noisescape.source import read_source
from tests.refusals import refused

QUICK = {"epochs": 60, "quiet": True}


def tones(num=9000, channels=2):
    places = np.arange(num) / num
    left = 0.6 * np.sin(2 * np.pi * 40 * places * (1 + places)) + 0.2 * np.sin(900 * places)
    right = 0.3 * np.cos(2 * np.pi * 90 * places)
    return np.stack([left, right][:channels], axis=1)


@pytest.fixture(scope="module")
def stereo(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounds") / "stereo.wav"
    soundfile.write(path, tones(), 8000, "FLOAT")
    return path


@pytest.fixture(scope="module")
def whole(stereo):
    return represent(stereo, **QUICK)


@given(st.integers(1, 10**7), st.integers(64, 10**5))
def test_spans_cover_everything_and_overlap(num, length):
    parts = spans(num, length)
    assert parts[0][0] == 0
    assert parts[-1][1] == num
    assert all(stop - start <= length + 2 for start, stop in parts)
    for (_, stop), (start, _) in pairwise(parts):
        assert start < stop


@given(st.integers(200, 5000), st.floats(-1.2, 1.2))
def test_segments_weigh_something_everywhere_and_hand_over_smoothly(num, coord):
    place = np.array([(coord + 1) / 2 * (num - 1)])
    parts = spans(num, 100)
    here = sum(weights(place, span, num)[0] for span in parts)
    near = sum(weights(place + 1e-3, span, num)[0] for span in parts)
    assert here > 0
    assert abs(near - here) < 0.01


def test_a_stereo_file_comes_back(whole, stereo, tmp_path):
    samples, rate = soundfile.read(stereo)
    assert (whole.shape, whole.channels, whole.sample_rate) == ((9000,), 2, 8000)
    assert len(whole.segments) == 2
    assert not whole.is_dead
    predicted = whole.predict()
    assert predicted.shape == samples.shape
    own = psnr_db(np.mean(np.square(predicted - samples)) / whole.scale**2)
    assert float(own) == pytest.approx(whole.psnr, abs=0.01)
    assert whole.psnr > 20
    whole.to_file(tmp_path / "copy.wav")
    copy, copy_rate = soundfile.read(tmp_path / "copy.wav")
    assert (copy.shape, copy_rate) == (samples.shape, rate)
    np.testing.assert_allclose(copy, np.clip(predicted, -1, 1), atol=1e-4)
    whole.to_file(tmp_path / "slow.flac", rate=4000)
    slow, _ = soundfile.read(tmp_path / "slow.flac")
    # Half the rate has every second sample.
    np.testing.assert_allclose(slow, np.clip(predicted[::2], -1, 1), atol=1e-4)


def test_values_between_the_samples_are_those_of_the_networks(whole):
    coords = np.linspace(-1, 1, 9000)[:, None]
    np.testing.assert_allclose(whole.predict(coords), whole.predict(), atol=1e-6)
    first = whole.segments[0]
    middle = 2 * np.array([[1000.25]]) / 8999 - 1
    start, stop = first.spans[0]
    local = torch.tensor([[2 * (1000.25 - start) / (stop - 1 - start) - 1]], dtype=torch.float32)
    with torch.no_grad():
        expected = first.network(local).numpy() * whole.scale
    np.testing.assert_allclose(whole.predict(middle), expected, atol=1e-5)
    assert whole.predict(torch.tensor([[0.0]])).shape == (1, 2)


def test_what_is_saved_is_loaded(whole, tmp_path):
    whole.save(tmp_path / "stereo.safetensors")
    again = load(tmp_path / "stereo.safetensors")
    np.testing.assert_array_equal(again.predict(), whole.predict())
    plain = {f.name for f in dataclasses.fields(whole)} - {"segments"}
    assert all(getattr(again, name) == getattr(whole, name) for name in plain)
    assert str(again) == str(whole)


def test_a_saved_file_that_is_none_is_refused(whole, tmp_path):
    from safetensors.torch import save_file

    with refused("not-there", str(tmp_path / "no.safetensors")):
        load(tmp_path / "no.safetensors")
    (tmp_path / "text.safetensors").write_text("text")
    with refused("unreadable", str(tmp_path / "text.safetensors")):
        load(tmp_path / "text.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with refused("another-version", str(tmp_path / "foreign.safetensors")):
        load(tmp_path / "foreign.safetensors")
    whole.save(tmp_path / "own.safetensors")
    from safetensors import safe_open

    with safe_open(tmp_path / "own.safetensors", "pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    tensors.pop(next(iter(tensors)))
    save_file(tensors, tmp_path / "half.safetensors", metadata=metadata)
    with refused("damaged", str(tmp_path / "half.safetensors")):
        load(tmp_path / "half.safetensors")


def test_an_image_comes_back(tmp_path):
    rows, columns = np.mgrid[0:110, 0:60] / 60
    color = np.stack([rows % 1, columns, 0.5 + 0.3 * np.sin(9 * rows)], axis=-1)
    Image.fromarray((255 * color).astype(np.uint8)).save(tmp_path / "color.png")
    image = represent(tmp_path / "color.png", **QUICK)
    assert (image.shape, image.channels, len(image.segments)) == ((110, 60), 3, 2)
    assert image.psnr > 15
    image.to_file(tmp_path / "copy.png")
    copy = np.asarray(Image.open(tmp_path / "copy.png"), dtype=float)
    error = np.mean((copy / 127.5 - 1 - image.predict()) ** 2)
    assert error < 1e-4
    assert image.predict_grid((20, 10)).shape == (20, 10, 3)


def test_one_network_is_ready_to_call():
    sine = represent(0.5 * np.sin(np.arange(600) / 9), **QUICK)
    assert len(sine.networks) == 1
    with torch.no_grad():
        output = sine.network(torch.linspace(-1, 1, 600)[:, None]).numpy()
    np.testing.assert_allclose(output * sine.scale, sine.predict(), atol=1e-5)
    assert sine.num_parameters == pytest.approx(600, rel=0.2)
    with refused("missing", "rate"):
        sine.to_file("sine.wav")


def test_several_networks_are_not_one(whole):
    with refused("conflict", "network"):
        _ = whole.network


def test_silence_needs_no_network():
    sound = np.zeros(9000)
    sound[6000:] = np.sin(np.arange(3000) / 5)
    half = represent(sound, **QUICK)
    assert len(half.segments) == 2
    assert len(half.networks) == 1
    assert not np.abs(half.predict()[:4000]).max()
    silent = represent(np.zeros(500), **QUICK)
    assert silent.networks == []
    assert not silent.predict().any()


def test_a_channel_that_does_not_vary_does_not_hide_another():
    stereo = np.stack([np.ones(600), 0.1 * np.sin(np.arange(600) / 5)], axis=1)
    assert len(represent(stereo, **QUICK).networks) == 1


def test_the_shortest_sound_and_the_smallest_image():
    assert represent(np.sin(np.arange(32.0)), **QUICK).shape == (32,)
    assert represent(np.random.default_rng(0).random((8, 9)), **QUICK).shape == (8, 9)
    five = represent(np.random.default_rng(0).random((16, 16, 5)), epochs=2, quiet=True)
    with refused("unsupported", "path"):
        five.to_file("five.png")


def test_an_array_keeps_its_units(tmp_path):
    values = 300 + 40 * np.sin(np.arange(32)[:, None] / 5) * np.cos(np.arange(40) / 7)
    field = represent(torch.from_numpy(values), epochs=150, quiet=True)
    assert field.predict().shape == (32, 40, 1)
    assert np.abs(field.predict()[..., 0] - values).max() < 40
    field.save(tmp_path / "field.safetensors")
    assert load(tmp_path / "field.safetensors").offset == field.offset


@pytest.mark.parametrize("parameters", [2_000, 20_000])
def test_a_budget_of_parameters_is_kept(parameters):
    sound = represent(tones(4096, 1), parameters=parameters, epochs=1, quiet=True)
    assert sound.num_parameters == pytest.approx(parameters, rel=0.1)


def test_a_budget_of_time_sets_the_epochs(capsys):
    represent(tones(2048, 1), seconds=1.0)
    error = capsys.readouterr().err
    assert "epochs" in error
    assert "PSNR" in error


def test_bad_input_is_one_sentence(tmp_path):
    text: Any = "10"
    number: Any = 3
    with refused("not-there", str(tmp_path / "no.wav")):
        represent(tmp_path / "no.wav")
    with refused("wrong-kind", "array"):
        represent(np.array(["a", "b"]))
    with refused("wrong-kind", "array"):
        represent(np.zeros((2, 2, 2, 2)))
    with refused("not-finite", "array"):
        represent(np.full(500, np.nan))
    with refused("too-few", "array"):
        represent(np.zeros(3))
    with refused("conflict", "seconds"):
        represent(np.zeros(500), seconds=1, epochs=5)
    with refused("out-of-range", "seconds"):
        represent(np.zeros(500), seconds=-1)
    with refused("out-of-range", "seconds"):
        represent(np.zeros(500), seconds=text)
    with refused("out-of-range", "epochs"):
        represent(np.zeros(500), epochs=0)
    with refused("wrong-kind", "rule", 3):
        represent(tones(600, 1), rule=number)
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(noisescape.InputError):
        represent(tmp_path / "text.wav")


def test_a_budget_that_cannot_be_kept_is_refused():
    with refused("out-of-range", "parameters", 5, 10):
        represent(tones(600, 1), parameters=5)
    assert represent(tones(600, 1), parameters=10, **QUICK).num_parameters == 10
    with refused("out-of-range", "seconds"):
        represent(tones(600, 1), seconds=1e-6)


def test_only_an_array_takes_a_sample_rate(stereo):
    with refused("conflict", "sample_rate"):
        represent(stereo, sample_rate=8000)
    for rate in (-1, 0, np.nan, 2**31):
        with refused("out-of-range", "sample_rate"):
            represent(tones(600, 1), sample_rate=rate)


def test_a_file_that_cannot_be_written_is_named(whole, tmp_path):
    for path in (tmp_path, tmp_path / "no" / "copy.safetensors"):
        with refused("unwritable", "path", path):
            whole.save(path)
    with refused("unwritable", "path", tmp_path):
        whole.to_file(tmp_path / "no" / "copy.wav")
    for rate in (-1, 0, np.nan, 1e12):
        with refused("out-of-range", "rate"):
            whole.to_file(tmp_path / "copy.wav", rate=rate)


def test_coordinates_are_checked(whole):
    for coords in (np.zeros(3), np.zeros((3, 2))):
        with refused("wrong-kind", "coords"):
            whole.predict(coords)
    with refused("not-finite", "coords"):
        whole.predict([[np.inf]])
    with refused("wrong-kind", "shape"):
        whole.predict_grid((2, 2))
    for shape in (5, [5.5], [0]):
        with refused("wrong-kind", "shape"):
            whole.predict_grid(shape)


def test_the_callers_threads_stay():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    represent(tones(600, 1), **QUICK)
    assert torch.get_num_threads() == 2
    torch.set_num_threads(before)


def test_all_channels_of_a_file_are_read_and_scaled(stereo):
    source = read_source(stereo)
    assert source.values.shape == (9000, 2)
    assert np.abs(source.values).max() == 1
    np.testing.assert_allclose(source.values * source.scale, tones(), atol=1e-6)
    assert [len(segments_of(shape)) for shape in ((8192,), (8193,), (200, 90))] == [1, 2, 3]


def test_importing_it_imports_neither_torch_nor_what_a_study_needs():
    heavy = "{'torch', 'ray', 'mlflow', 'optuna'}"
    code = f"import sys, noisescape; print(sorted({heavy} & {{*sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
