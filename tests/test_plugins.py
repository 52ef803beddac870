"""Networks and rules from files outside the repository, `my_file.py:MyConfig`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ray import cloudpickle

from inr_models import FitConfig, SirenConfig, make_network
from search_spaces import plugins
from search_spaces.networks import plugin_case
from search_spaces.rules import NoiseScales
from search_spaces.rules.table import Table
from studies.audio_architectures import STUDY as ARCHITECTURES
from studies.audio_grid import STUDY as GRID
from studies.engine.planning.resolving import flags_of, resolve
from studies.engine.planning.run import Run, read_run, run_json
from studies.engine.planning.trial import Trial
from studies.engine.store.rows import point_columns
from studies.engine.store.schema import FITS
from tests.fakes.runs import make_signal
from tests.refusals import refused

SOURCE = """
from dataclasses import dataclass
from typing import ClassVar

from inr_models import SirenConfig
from inr_models.networks.network_config import Varied

SCALE = 100.0

@dataclass(frozen=True, kw_only=True)
class Loud(SirenConfig):
    network: ClassVar[str] = "siren_loud"
    space: ClassVar = {"loudness": Varied((1, 3, 9))}
    loudness: float = 3.0

    def draw(self, network, generator):
        super().draw(network, generator)
        for linear in network.layers:
            linear.bias.mul_(self.loudness)

@dataclass(frozen=True, kw_only=True)
class Nameless(SirenConfig):
    pass

@dataclass(frozen=True, kw_only=True)
class Taken(SirenConfig):
    network: ClassVar[str] = "gauss"

class NoNetwork:
    pass

def by_psi(target):
    return SCALE * target.descriptors["psi"], 0.5

def negative(target):
    return -1, 0.5

def failing(target):
    raise RuntimeError("no descriptor")

def eqn11(target):
    return 1, 1
"""
SIGNAL = make_signal("a", psi=0.25)
Changed = Callable[[str], str]


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def comparison(given: str) -> Run:
    changes = {"networks": ["siren", given]}
    return resolve(ARCHITECTURES, "small", [SIGNAL], changes=changes)


def keys(run: Run) -> dict[str, str]:
    points = run.question.points(run, SIGNAL)
    return {
        point.name: Trial(signal=SIGNAL.sha256, network=point.network, fit=FitConfig(), seed=0).key
        for point in points
    }


def test_a_network_from_a_file_is_compared_at_equal_parameters(file):
    run = comparison(f"{file}:Loud")
    siren, loud = run.question.points(run, SIGNAL)
    assert loud.name == "siren_loud"
    sizes = [p.network.num_parameters(in_features=1, out_features=1) for p in (siren, loud)]
    assert sizes[0] == sizes[1]
    built = [make_network(p.network, in_features=1, out_features=1, seed=0) for p in (siren, loud)]
    bias = [network.layers[0].bias for network in built]
    assert bias[1].tolist() == pytest.approx((3 * bias[0]).tolist())


def test_the_source_of_a_file_is_part_of_the_keys_of_its_network_alone(file):
    before = keys(comparison(f"{file}:Loud"))
    file.write_text(SOURCE + "\n# another version\n")
    after = keys(comparison(f"{file}:Loud"))
    assert before["siren"] == after["siren"]
    assert before["siren_loud"] != after["siren_loud"]


def test_the_folder_of_a_file_is_part_of_nothing(file, tmp_path):
    moved = tmp_path / "elsewhere" / "renamed.py"
    moved.parent.mkdir()
    moved.write_text(SOURCE)
    runs = [comparison(f"{path}:Loud") for path in (file, moved)]
    assert runs[0].id == runs[1].id
    assert keys(runs[0]) == keys(runs[1])


@pytest.mark.parametrize("fate", ["removed", "changed"])
def test_a_stored_run_has_the_same_keys_when_its_file_is_gone(file, fate):
    run = comparison(f"{file}:Loud")
    expected = keys(run)
    if fate == "removed":
        file.unlink()
    else:
        file.write_text(SOURCE + "\n# another version\n")
    stored = read_run(run_json(run), run.folder)
    assert keys(stored) == expected
    assert stored.identity == run.identity
    (flag,) = [flag for flag in flags_of(ARCHITECTURES) if flag.name == "networks"]
    assert flag.is_met_by(stored, [f"{file}:Loud", "siren"])
    assert not flag.is_met_by(stored, ["siren"])


def test_a_stored_network_cannot_be_fitted_to_a_signal_that_it_has_not_seen(file):
    run = comparison(f"{file}:Loud")
    file.unlink()
    with refused("not-there", "--networks", f"{file}:Loud"):
        run.question.points(run, make_signal("b", psi=0.5))


def test_a_row_has_columns_for_what_built_in_networks_have(file):
    run = comparison(f"{file}:Loud")
    _, loud = run.question.points(run, SIGNAL)
    columns = point_columns(loud.network, SIGNAL.shape)
    assert columns.keys() <= {column.name for column in FITS}
    assert "hp_omega_first" in columns
    assert (
        "loudness"
        not in Trial(signal=SIGNAL.sha256, network=loud.network, fit=FitConfig(), seed=0).config
    ), "it is at its default"


def test_the_own_fields_of_a_network_are_tuned(file):
    changes = {"networks": [f"{file}:Loud"], "tune": True}
    run = resolve(ARCHITECTURES, "small", [SIGNAL], changes=changes)
    points = run.question.points(run, SIGNAL)
    assert [p.network.loudness for p in points] == [3.0, 1.0, 9.0]


def test_a_worker_without_the_file_builds_its_network(file, tmp_path):
    case = plugin_case(f"{file}:Loud", "--networks")
    config = plugins.load_network(case.file, "--networks")(width=8, depth=2)
    module = plugins.MODULES[case.source]
    cloudpickle.register_pickle_by_value(module)
    try:
        (tmp_path / "config").write_bytes(cloudpickle.dumps(config))
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    file.unlink()
    code = (
        "import pickle, sys; from inr_models import make_network\n"
        "config = pickle.load(open(sys.argv[1], 'rb'))\n"
        "make_network(config, in_features=1, out_features=1, seed=0)\n"
        "print(config.network, config.source, config.loudness)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "config")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.split() == ["siren_loud", case.source, "3.0"], done.stderr


def test_a_rule_from_a_file_becomes_points_that_need_no_file(file):
    run = resolve(GRID, "small", [SIGNAL], changes={"rules": [f"{file}:by_psi"]})
    file.unlink()
    stored = read_run(run_json(run), run.folder)
    assert isinstance(stored.rules["by_psi"], Table)
    (point,) = [p for p in stored.question.points(stored, SIGNAL) if p.name == "by_psi"]
    assert point.scales == NoiseScales(25.0, 0.5)
    assert any(f"{file}:by_psi" in note for note in stored.notes)
    (flag,) = [flag for flag in flags_of(GRID) if flag.name == "rules"]
    assert flag.is_met_by(stored, [f"{file}:by_psi"])


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Missing", "unknown-name"),
        ("NoNetwork", "wrong-kind"),
        ("by_psi", "wrong-kind"),
        ("Nameless", "missing"),
        ("Taken", "taken"),
    ],
)
def test_what_is_no_network_is_refused(file, name, code):
    with refused(code, "--networks", f"{file}:{name}"):
        comparison(f"{file}:{name}")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing", "unknown-name"),
        ("SCALE", "wrong-kind"),
        ("negative", "out-of-range"),
        ("failing", "wrong-kind"),
        ("eqn11", "taken"),
    ],
)
def test_what_is_no_rule_is_refused(file, name, code):
    with refused(code, "--rules", f"{file}:{name}"):
        resolve(GRID, "small", [SIGNAL], changes={"rules": [f"{file}:{name}"]})


@pytest.mark.parametrize(
    ("content", "code"), [(None, "not-there"), ("import no_such_package", "wrong-kind")]
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, content, code):
    file = tmp_path / "mine.py"
    if content:
        file.write_text(content)
    with refused(code, "--networks", f"{file}:Loud"):
        comparison(f"{file}:Loud")


def test_a_file_needs_the_name_of_what_it_defines(file):
    with refused("missing", "--networks", f"{file}:NAME"):
        comparison(str(file))
    with refused("missing", "--rules", f"{file}:NAME"):
        resolve(GRID, "small", [SIGNAL], changes={"rules": [str(file)]})


def test_the_keys_of_built_in_networks_have_no_source():
    trial = Trial(signal="0" * 64, network=SirenConfig(), fit=FitConfig(), seed=0)
    assert "source" not in trial.config
