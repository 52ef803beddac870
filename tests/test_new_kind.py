"""A new kind of study is one file: a class that is registered under a name."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SPREAD = '''
"""How much does a rule's point vary over seeds?"""

import statistics
from dataclasses import dataclass, replace

from rich.table import Table

from inr_models import FitConfig
from studies.command.cli import main
from studies.engine.outcomes.report import Report
from studies.engine.planning.points import Step
from studies.engine.planning.question import field_flag, kind
from studies.engine.planning.scales import AUDIO_SMALL
from studies.engine.planning.study import Study
from studies.questions.noise_scales import NoiseScaleQuestion


@kind("spread")
@dataclass(frozen=True, kw_only=True)
class Spread(NoiseScaleQuestion):
    """Fit the first rule's point on several seeds."""

    repeats: int = 2

    def flags(self, study):
        return [field_flag("repeats", "question.repeats", "seeds of the point", type=int)]

    def seed_groups(self, scale):
        return {"psnr_peak": range(self.repeats)}

    def steps(self, state):
        yield Step(state.fits(0, state.rule_points[:1], range(self.repeats)))

    def report(self, results, now):
        table = Table("clip", "deviation")
        numbers = {}
        for state in results.states:
            scores = state.scores(state.rule_points[0], range(self.repeats))
            deviation = statistics.stdev(scores)
            numbers[state.signal.sha256] = {"deviation_db": deviation}
            table.add_row(state.signal.name, f"{deviation:.6f}")
        return Report([table], "<p>spread</p>", numbers, {}, {})


STUDY = Study(
    name="spread",
    title="How much does a rule's point vary over seeds?",
    signals=(),
    small=replace(AUDIO_SMALL, max_samples=256, width=5, depth=2, fit=FitConfig(epochs=3)),
    paper=AUDIO_SMALL,
    question=Spread(),
)

if __name__ == "__main__":
    main(STUDY)
'''


def _run(script: Path, *arguments: object) -> str:
    command = [sys.executable, str(script), *map(str, arguments)]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def spread(tmp_path_factory):
    """The folder of the new kind's study, and what its run printed."""
    folder = tmp_path_factory.mktemp("spread")
    script = folder / "spread.py"
    script.write_text(SPREAD)
    samples = np.random.default_rng(0).uniform(-1, 1, 400)
    import soundfile

    soundfile.write(folder / "noise.wav", samples, 8000)
    printed = _run(script, "run", "--repeats", 3, "--signals", "noise.wav", "--device", "cpu")
    return folder, printed


def test_a_new_kind_fits_what_its_steps_ask_for(spread):
    folder, _ = spread
    fits = pd.read_parquet(folder / "results")
    assert sorted(fits.seed) == [0, 1, 2]
    assert set(fits.hp_width) == {5}


def test_a_new_kind_reports_its_own_numbers(spread):
    folder, printed = spread
    fits = pd.read_parquet(folder / "results")
    assert f"{fits.metric_psnr_peak.std(ddof=1):.6f}" in printed


def test_a_new_kind_is_found_again_with_its_own_setting(spread):
    folder, _ = spread
    row = _run(folder / "spread.py", "status", "--repeats", 3)
    assert row.splitlines()[-2].split()[:3] == ["noise", "3", "3"]
    assert "0 fits to run, 3 already done" in _run(
        folder / "spread.py", "run", "--repeats", 3, "--signals", "noise.wav"
    )


def test_a_run_of_a_new_kind_with_another_setting_does_only_what_is_missing(spread):
    folder, _ = spread
    planned = _run(folder / "spread.py", "plan", "--repeats", 5, "--signals", "noise.wav")
    assert planned.split("fits to run")[0].split()[-1] == "2"
