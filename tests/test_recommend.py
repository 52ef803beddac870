"""`recommend`: what each rule gives for a signal, and the loss that other landscapes tell."""

import numpy as np
import pytest
import soundfile

from inr_models import SirenConfig, make_network
from noisescape import recommend, siren2_for
from noisescape.console import main
from noisescape.recommendation import expected_losses
from search_spaces.bandwidth import bandwidth
from search_spaces.prior import belief_of
from search_spaces.rules import RECOMMENDED, RULES, NoiseScales, Target
from tests.refusals import refused

CLIP = "studies/clips/perc_bell.flac"


@pytest.fixture
def tones() -> np.ndarray:
    t = np.arange(2048)
    return 0.5 * np.sin(0.2 * t) + 0.3 * np.sin(0.9 * t)


def test_it_gives_what_siren2_for_takes(tones):
    recommended = recommend(tones)
    network = siren2_for(tones)
    assert recommended.width == network.layers[0].out_features
    assert recommended.parameters == sum(p.numel() for p in network.parameters())
    best = recommended.points[0]
    assert best.rule == RECOMMENDED
    scales = RULES[RECOMMENDED](Target.of(tones, width=recommended.width))
    assert (best.s0, best.s1) == pytest.approx(scales, rel=1e-6)  # float32 samples
    share = bandwidth(best.s0, best.s1, width=recommended.width) / (np.pi * 1024)
    assert best.bandwidth_share == pytest.approx(share)
    variables: dict[str, object] = {}
    exec(recommended.snippet, variables)
    config = variables["config"]
    assert isinstance(config, SirenConfig)
    expected = make_network(config, in_features=1, out_features=1, seed=0)
    assert expected.layers[0].out_features == recommended.width


def test_all_channels_count_as_values_and_one_is_seen(tones):
    stereo = np.stack([np.zeros_like(tones), tones], axis=1)
    recommended = recommend(stereo)
    assert recommended.values == 4096
    assert recommended.descriptors == recommend(tones).descriptors


def test_a_loss_is_to_the_best_point_of_each_landscape(tones):
    target = Target.of(tones, width=26)
    belief = belief_of(target)
    best = belief.lattice[belief.moments(belief.lattice).mean.argmax()]
    near, far = expected_losses(belief, [NoiseScales(*best), NoiseScales(0.0, 0.0)])
    assert near.min() >= 0
    assert near.mean() < far.mean()
    assert np.isfinite(far).all(), "what lies beyond the landscapes counts as one of the worst"


def test_a_network_unlike_all_that_were_mapped_is_named(tones):
    assert not recommend(tones).is_far
    assert recommend(tones, width=1).is_far
    assert "search" in str(recommend(tones, width=1))


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [({"width": 0}, "out-of-range", "width"), ({"rules": ["none"]}, "unknown-name", "rules")],
)
def test_what_it_cannot_use_is_refused(tones, options, code, field):
    with refused(code, field):
        recommend(tones, **options)


def test_a_signal_that_does_not_vary_is_refused_with_its_name(tmp_path):
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(2000), 8000)
    with refused("constant", "signal"):
        recommend(path)


def test_the_command_prints_each_file_and_one_sentence_for_a_bad_one(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["recommend", CLIP, "nothing.wav", "--width", "52"])
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert str(recommend(CLIP, width=52)) in captured.out
    assert captured.err.count("\n") == 1
    assert max(map(len, captured.out.splitlines())) <= 80
