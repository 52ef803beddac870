"""The cluster files and their page: what Ray takes, what a shell makes of it, what they promise."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from ray._private.authentication.authentication_token_setup import _get_default_token_path
from ray.autoscaler._private import util
from ray.scripts.scripts import cli as ray_cli

from studies.audio_grid import STUDY
from studies.command.cli import parser
from tests.docs_pages import commands as page_commands

ROOT = Path(__file__).parents[1]
AWS, ONPREM, PAGE = ROOT / "cluster.yaml", ROOT / "cluster.onprem.yaml", ROOT / "docs/cluster.md"
BOTH = pytest.mark.parametrize("file", [AWS, ONPREM], ids=lambda file: file.name)
MARKED = {
    AWS: ["max_workers", "region", "ImageId", "max_workers", "InstanceType"],
    ONPREM: ["head_ip", "worker_ips", "ssh_user", "ssh_private_key"],
}


def config(file):
    return yaml.safe_load(file.read_text())


def commands(file):
    return [
        line for name, lines in config(file).items() if name.endswith("_commands") for line in lines
    ]


def shell(command, home, **environment):
    variables = os.environ | {"HOME": str(home)} | environment
    done = subprocess.run(
        ["bash", "-c", command], env=variables, capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def listening(tmp_path):
    """A folder to stand first in PATH, with a `ray` that prints how it was called."""
    (tmp_path / "ray").write_text('#!/bin/sh\n[ "$1" = stop ] || { echo "$@"; env; }\n')
    (tmp_path / "ray").chmod(0o755)
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RAY_HEAD_IP": "10.0.0.10"}


@BOTH
def test_ray_accepts_the_file(file):
    util.validate_config(util.prepare_config(config(file)))


@BOTH
def test_what_is_of_one_account_or_network_is_marked_and_nothing_else(file):
    marked = re.findall(r"^ *(\w+):.*# CHANGE", file.read_text(), re.MULTILINE)
    assert marked == MARKED[file]
    body = re.sub(r"^#.*\n", "", file.read_text(), flags=re.MULTILINE)
    theirs = re.compile(r"ami-\w|\d+\.\d+\.\d+\.\d+|us-\w+-\d")
    lines = [line for line in body.splitlines() if theirs.search(line) and "127.0.0.1" not in line]
    assert lines
    assert [line for line in lines if "# CHANGE" not in line] == []


def test_one_image_and_one_number_of_gpus_serve_the_whole_cluster():
    head, gpu = (config(AWS)["available_node_types"][name] for name in ("head", "gpu"))
    assert head["node_config"]["ImageId"] == gpu["node_config"]["ImageId"]
    assert config(AWS)["max_workers"] == gpu["max_workers"]


def test_workers_are_spot_and_come_from_none_and_the_head_is_neither_spot_nor_fits():
    head, gpu = (config(AWS)["available_node_types"][name] for name in ("head", "gpu"))
    assert config(AWS)["head_node_type"] == "head"
    assert gpu["node_config"]["InstanceMarketOptions"] == {"MarketType": "spot"}
    assert "InstanceMarketOptions" not in head["node_config"]
    assert (gpu["min_workers"], head["resources"]) == (0, {"CPU": 0})
    assert 0 < config(AWS)["idle_timeout_minutes"] <= 30
    assert config(AWS)["provider"]["cache_stopped_nodes"] is False


@BOTH
def test_every_node_installs_the_pins_and_the_project(file):
    installs = [line for line in commands(file) if "pip install" in line]
    assert installs
    assert [line for line in installs if "-c ~/noisescape/constraints.txt" not in line] == []
    assert [line for line in config(file)["setup_commands"] if "-e ~/noisescape" in line]
    assert re.search(r"^torch==[\d.]+$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)


@BOTH
def test_what_is_mounted_is_the_checkout_and_the_token_of_ray(file):
    mounts = config(file)["file_mounts"]
    assert set(mounts) == {"~/noisescape", "~/.ray/auth_token"}
    assert (ROOT / mounts["~/noisescape"] / "constraints.txt").is_file()
    assert Path(mounts["~/.ray/auth_token"]).expanduser() == _get_default_token_path()


@BOTH
def test_shells_find_python_and_ask_for_the_token_however_often_a_node_is_set_up(file, tmp_path):
    (tmp_path / ".bashrc").write_text("# as it was\n")
    export = next(line for line in config(file)["setup_commands"] if "RAY_AUTH_MODE" in line)
    shell(export, tmp_path)
    shell(export, tmp_path)
    assert len((tmp_path / ".bashrc").read_text().splitlines()) == 2
    output = shell('. ~/.bashrc; echo "$RAY_AUTH_MODE ${PATH%%:*}"', tmp_path)
    assert output == f"token {tmp_path}/venv/bin\n"


@BOTH
def test_nothing_is_bound_to_every_interface_by_the_file(file, listening, tmp_path):
    assert not [line for line in commands(file) if "0.0.0.0" in line or "::" in line]
    head = " ".join(config(file)["head_start_ray_commands"][1:])
    came = "10.0.0.1 55555 10.0.0.10 22"
    called = shell(head, tmp_path, **listening, SSH_CONNECTION=came).splitlines()[0]
    assert "--dashboard-host=127.0.0.1" in called.split()


@BOTH
def test_workers_join_the_head(file, listening, tmp_path):
    [_, join] = config(file)["worker_start_ray_commands"]
    assert shell(join, tmp_path, **listening).startswith("start --address=10.0.0.10:6379\n")


def test_at_home_the_head_has_the_address_that_ssh_used_and_the_autoscaler_that_starts_workers(
    listening, tmp_path
):
    start = config(ONPREM)["head_start_ray_commands"][1]
    # `ray up` itself puts this before the command.
    start = f"export RAY_enable_autoscaler_v2=1; {start}"
    output = shell(start, tmp_path, **listening, SSH_CONNECTION="10.0.0.1 55555 10.0.0.10 22")
    called, *environment = output.splitlines()
    assert "--node-ip-address=10.0.0.10" in called.split()
    assert "--autoscaling-config=~/ray_bootstrap_config.yaml" in called
    assert not [line for line in environment if line.startswith("RAY_enable_autoscaler_v2")]


def written_commands():
    """The commands of the page and of the files' first comments, one a line."""
    written = page_commands(PAGE)
    for file in (AWS, ONPREM):
        lines = re.sub(r"\\\n#?\s+", "", file.read_text()).splitlines()
        written += [line[4:].replace(".venv/bin/", "") for line in lines if line.startswith("#   ")]
    return written


def test_every_ray_command_that_is_written_is_one_that_ray_has():
    num_written = 0
    for line in written_commands():
        for part in re.findall(r"(?:^|\(umask 077; |&& |srun )(ray [a-z][^)#]*)", line):
            _, name, *words = shlex.split(part)
            known = {option for param in ray_cli.commands[name].params for option in param.opts}
            given = words[: words.index("--")] if "--" in words else words
            options = [word for word in given if word.startswith("-")]
            assert set(options) <= known, line
            num_written += 1
    assert num_written > 15


def test_every_study_that_is_written_takes_its_flags():
    num_written = 0
    for line in written_commands():
        if flags := re.search(r"studies/audio_grid\.py (?:-- )?((?:run|status|report)\b.*)", line):
            words = shlex.split(flags[1], comments=True)
            parser(STUDY).parse_args([word for word in words if word != "..."])
            num_written += 1
    assert num_written > 4
