"""LPIPS and DISTS are optional: a sentence says what they lack."""

import sys
import types

import numpy as np
import pytest
import torch

from analysis.denoising import perceptual
from analysis.denoising.perceptual import measures, perceptual_scores

GRAY = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
COLOR = np.repeat(GRAY, 3, axis=1)


@pytest.fixture(autouse=True)
def _fresh():
    measures.cache_clear()
    yield
    measures.cache_clear()


def planted(monkeypatch, lpips):
    """Put a package in the place of piq, whose DISTS is the mean difference."""
    seen = []

    class Dists:
        def __call__(self, x, y):
            seen.append((x, y))
            return (x - y).abs().mean()

    package = types.ModuleType("piq")
    package.LPIPS, package.DISTS = lpips, Dists  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "piq", package)
    return seen


def test_without_the_package_there_is_a_sentence_and_no_score(monkeypatch):
    monkeypatch.setitem(sys.modules, "piq", None)
    assert "piq" in str(measures())
    assert perceptual_scores(GRAY, GRAY, (8, 8)) == {}


def test_without_the_weights_there_is_a_sentence_and_no_score(monkeypatch):
    def lpips():
        raise OSError("<urlopen error [Errno -2] Name or service not known>")

    planted(monkeypatch, lpips)
    assert "Name or service not known" in str(measures())
    assert perceptual_scores(GRAY, GRAY, (8, 8)) == {}


@pytest.mark.parametrize("values", [GRAY, COLOR])
def test_images_are_given_as_three_channels_from_0_to_1(monkeypatch, values):
    seen = planted(monkeypatch, lambda: lambda x, y: torch.tensor(0.25))
    scores = perceptual_scores(values + np.float32(0.2), values, (8, 8))
    assert scores.keys() == set(perceptual.NAMES)
    assert scores["LPIPS"] == 0.25
    ((output, truth),) = seen
    assert output.shape == truth.shape == (1, 3, 8, 8)
    assert output.max() == 1, "what lies outside is cut off"
    torch.testing.assert_close(truth[0, 1].flatten(), torch.from_numpy((GRAY[:, 0] + 1) / 2))
    assert 0.05 < scores["DISTS"] < 0.1


def test_a_sound_has_no_such_scores(monkeypatch):
    planted(monkeypatch, lambda: lambda x, y: torch.tensor(0.25))
    assert perceptual_scores(GRAY, GRAY, (64,)) == {}
