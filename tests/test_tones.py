"""The generated tones of Eqn. 5."""

from pathlib import Path

import numpy as np
import pytest

from studies.engine.signals.generated import GENERATED
from studies.engine.signals.reading import read_all
from studies.engine.signals.tones import AMPLITUDES, TONES, tones


@pytest.mark.parametrize("name", TONES)
@pytest.mark.parametrize("num_samples", [400, 1 << 16])
def test_a_sound_of_tones_has_the_frequencies_and_amplitudes_of_eqn_5(name, num_samples):
    """At lengths where each tone has a whole number of periods, three lines are all there is."""
    spectrum = 2 * np.abs(np.fft.rfft(tones(name, num_samples), norm="forward"))
    expected = np.zeros_like(spectrum)
    for share, amplitude in zip(TONES[name], AMPLITUDES, strict=True):
        line = share * num_samples / 2
        if line == int(line):
            expected[int(line)] = amplitude
    if (expected > 0).sum() == 3:
        np.testing.assert_allclose(spectrum, expected, atol=1e-9)
    else:
        assert name == "high_tones"
        assert spectrum.argmax() == round(0.95 * num_samples / 2)
    assert sum(AMPLITUDES) == 1


def test_every_generated_sound_is_read_by_its_name():
    signals, problems = read_all([Path(name) for name in GENERATED], 512, "sound")
    assert not problems
    assert {signal.name for signal in signals} == set(GENERATED)
    assert len({signal.sha256 for signal in signals}) == len(GENERATED)
