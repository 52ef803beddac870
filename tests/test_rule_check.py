"""A check of rules as a user runs it: a map, a confirmed optimum, every rule's regret."""

import json
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import studies.rule_check
from search_spaces.bandwidth import bandwidth, gain
from search_spaces.grids import AUDIO_GRID_CHECK
from search_spaces.rules import RULES, read_rule
from search_spaces.rules.saved import KINDS
from search_spaces.rules.table import Table
from studies.engine.planning.resolving import resolve
from studies.engine.signals.reading import read_all
from studies.rule_check import STUDY
from tests import commands

SCRIPT = studies.rule_check.__file__
CLIPS = [Path(SCRIPT).parent / "clips" / f"{name}.flac" for name in ("perc_bell", "guit_em9")]
SIZES = ("--scale", "small", "--epochs", "20", "--max-samples", "1024", "--confirm-seeds", "2")
run = partial(commands.run, SCRIPT)


@pytest.fixture(scope="module")
def checked(tmp_path_factory) -> tuple[Path, str]:
    """The study's rules, and two of the user's own."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "mine.json").write_text('{"kind": "constant", "share": 0.5, "gain": 2}')
    signals, _ = read_all(CLIPS, 1024, "sound")
    points = {signal.sha256: [100.0, 1.0] for signal in signals}
    (folder / "by_hand.json").write_text(json.dumps({"kind": "table", "points": points}))
    rules = ("--rules", folder / "mine.json", folder / "by_hand.json")
    output = run("run", folder / "results", *SIZES, "--signals", *CLIPS, *rules)
    return folder / "results", output


def table(results: Path) -> pd.DataFrame:
    (path,) = results.glob("_studies/rule_check-small-*/regret.parquet")
    return pd.read_parquet(path)


def own_seed(sha256: str, seed: int) -> int:
    """A signal's own seed: three digits are the named seed, those before are the signal's."""
    return seed + 1000 + 1000 * int(sha256[:5], 16)


def test_every_rule_has_a_regret_on_every_signal_that_follows_from_the_rows(checked):
    results, output = checked
    regrets, fits = table(results), pd.read_parquet(results)
    names = [*STUDY.small.rules, "mine", "by_hand"]
    assert sorted(zip(regrets["signal"], regrets["rule"], strict=True)) == sorted(
        (clip.stem, rule) for clip in CLIPS for rule in names
    )
    assert fits["key"].is_unique
    for row in regrets.itertuples():
        seeds = [own_seed(row.sha256, seed) for seed in (105, 106)]
        mine = fits[(fits["sha256"] == row.sha256) & fits["seed"].isin(seeds)]
        at = {
            where: mine[(mine["hp_s0"] == s0) & (mine["hp_s1"] == s1)].set_index("seed")
            for where, s0, s1 in (
                ("rule", row.s0_rule, row.s1_rule),
                ("best", row.s0_optimum, row.s1_optimum),
            )
        }
        lost = at["best"]["metric_psnr_peak"] - at["rule"]["metric_psnr_peak"]
        assert len(lost) == row.num_seeds == 2
        assert row.regret_db == pytest.approx(lost.mean())
        assert row.num_dead == (at["rule"]["status"] == "dead").sum()
    assert set(regrets[regrets["rule"] == "by_hand"]["s0_rule"]) == {100.0}
    # The tables have every rule by its number.
    for number, rule in enumerate(names, start=1):
        assert re.search(rf"^ {number} {rule[:12]}", output, re.MULTILINE)
    assert all(
        len(line) <= 80 for line in output.splitlines() if "│" not in line and "/" not in line
    )


def test_the_optimum_was_chosen_on_seeds_that_neither_found_nor_scored_it(checked):
    results, _ = checked
    regrets, fits = table(results), pd.read_parquet(results)
    cells = len(AUDIO_GRID_CHECK.cells(1024))
    assert set(fits["signal"]) == {clip.stem for clip in CLIPS}
    for signal, mine in fits.groupby("signal"):
        sha256 = mine["sha256"].iloc[0]
        seeds = [own_seed(sha256, seed) for seed in (100, 101)]
        chosen = mine[mine["seed"].isin(seeds)].groupby(["hp_s0", "hp_s1"])
        best = chosen["metric_psnr_peak"].mean().idxmax()
        row = regrets[regrets["signal"] == signal].iloc[0]
        assert (row["s0_optimum"], row["s1_optimum"]) == best
        assert len(mine[mine["seed"] == 0]) >= cells
        of_map = mine[mine["seed"] == 0].set_index(["hp_s0", "hp_s1"])["metric_psnr_peak"]
        top = set(of_map.nlargest(3).index)
        assert top <= set(chosen.groups), "the best of the map compete"


def test_a_status_asks_no_network_what_its_rules_say(checked):
    results, _ = checked
    program = (
        f"import runpy, sys\nsys.argv = [{SCRIPT!r}, 'status', '--results', {str(results)!r}]\n"
        "try:\n    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally:\n    print('torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False", done.stderr
    assert "perc_bell" in done.stdout


def test_both_scales_map_the_same_gains_and_bandwidths():
    small, paper = (
        [
            (bandwidth(s0, s1, width=scale.width), gain(s1, width=scale.width))
            for _, (s0, s1) in scale.grid.cells(8192)
        ]
        for scale in (STUDY.small, STUDY.paper)
    )
    np.testing.assert_allclose(small, paper)


def test_what_matches_spectra_is_a_table_of_its_points_in_the_run():
    signals, _ = read_all(CLIPS, 1024, "sound")
    settled = resolve(STUDY, "small", signals).rules["spectrum"]
    assert isinstance(settled, Table)
    for signal in signals:
        target = signal.target(52, 4)
        assert settled(target) == RULES["spectrum"](target)


def test_the_report_shows_all_rules_and_stands_alone(checked):
    results, _ = checked
    (path,) = results.glob("_studies/rule_check-small-*/report.html")
    page = path.read_text()
    assert page.count("<svg ") == 2 + len(CLIPS)
    assert all(rule in page for rule in (*STUDY.small.rules, "mine", "by_hand"))
    assert "http" not in page


@pytest.mark.parametrize(
    ("text", "code", "field", "says"),
    [
        (None, "unknown-name", "--rules", ("{path}",)),
        ("{", "wrong-kind", "{path}", ("{path}: ",)),
        ("{}", "unknown-name", "kind", ("{path}: kind = None: ", *KINDS)),
        ('{"kind": "table", "points": {}}', "not-there", "points", ("rule mine: ", "perc_bell")),
    ],
)
def test_a_rule_that_is_none_gets_one_sentence(capsys, tmp_path, text, code, field, says):
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text)
    flags = ("--results", tmp_path / "r", "--signals", CLIPS[0], "--rules", path)
    has_begun = field == "points"  # only the signals show that the table lacks one
    problem = commands.refuse(capsys, STUDY, "plan", *SIZES, *flags, has_begun=has_begun)
    assert (problem.code, problem.field) == (code, field.format(path=path))
    for part in says:
        assert part.format(path=path) in problem.sentence


def test_a_file_of_the_name_of_another_rule_is_refused(capsys, tmp_path):
    path = tmp_path / "constant.json"
    path.write_text('{"kind": "constant", "share": 0.5, "gain": 2}')
    assert read_rule(path).kind == "constant"
    flags = ("--results", tmp_path / "r", "--signals", CLIPS[0], "--rules", path)
    problem = commands.refuse(capsys, STUDY, "plan", *SIZES, *flags)
    assert (problem.code, problem.field) == ("taken", "--rules")
    assert problem.sentence.startswith(f"--rules {path}: ")
