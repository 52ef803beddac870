"""What importing this project does to the process that imports it: nothing."""

import subprocess
import sys

import pytest

CODE = """
import gc, importlib, os, pkgutil, sys
import matplotlib, mlflow, optuna, ray, ray.tune, torch  # these have effects of their own
import studies.engine

before = dict(os.environ), gc.get_threshold(), sys.excepthook
for package in (studies.engine,):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
assert "studies.engine.doctor.command" in sys.modules
after = dict(os.environ), gc.get_threshold(), sys.excepthook
assert after == before, set(after[0].items()) ^ set(before[0].items())
"""


def test_importing_the_engine_changes_neither_environment_nor_garbage_collector():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_importing_the_engine_does_not_import_mlflow_which_starts_its_telemetry_at_import():
    code = (
        "import sys, studies.engine.tracking.tracker, studies.engine.doctor.command\n"
        "assert 'mlflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("module", ["noisescape", "noisescape.console"])
def test_neither_the_package_nor_the_command_imports_what_only_a_study_needs(module):
    code = (
        f"import sys, {module}\n"
        "assert not {'mlflow', 'optuna', 'ray', 'torch'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
