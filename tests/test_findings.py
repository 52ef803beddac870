"""The page of findings says what was planted, and the same again without new data."""

import re
from types import SimpleNamespace
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.findings import page as findings
from analysis.findings.bar import bar_table, where_the_loss_lies
from analysis.findings.experiments import experiments, psi_cannot
from analysis.findings.page import Findings, find, write
from analysis.findings.text import compared, earlier_text, suffices
from analysis.regret.parquet import SCHEMA
from analysis.regret.stored import EXPORTED, RuleRegret, confirmed, of_earlier_fits
from analysis.rules.families import bandwidth, constant
from analysis.statistics.intervals import Interval
from search_spaces.rules import NoiseScales, rule_json
from search_spaces.rules.bandwidth_matching import BandwidthMatching
from search_spaces.rules.table import Table
from tests.fakes.maps import FACTOR, GAIN, fill, planted_signals, population

FAMILIES = (constant("constant"), bandwidth("bandwidth_low_pass", "low_pass_40"))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    signals = planted_signals(6)
    fill(folder, signals, noise=0.2)
    rows = [
        {
            **dict.fromkeys(SCHEMA.names),
            "signal": signal.name, "sha256": signal.sha256, "rule": rule, "regret_db": regret,
            "num_dead": 0, "psi": signal.descriptors["psi"],
        }
        for signal in signals
        for rule, regret in (
            ("held_out_bandwidth_low_pass", 0.25),
            ("eqn11_length_width", 4.5),
            ("held_out_constant", 2.0),
        )
    ]  # fmt: skip
    (folder / "_rules" / "held_out").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / EXPORTED)
    best = BandwidthMatching(descriptor="low_pass_40", factor=FACTOR, gain=GAIN)
    points = {signal.sha256: best(signal.target(52, 4)) for signal in signals}
    held_out = folder / "_rules" / "held_out"
    (held_out / "held_out_forest.json").write_text(rule_json(Table(points=points)))
    points.popitem()
    (held_out / "held_out_forest_psi.json").write_text(rule_json(Table(points=points)))
    return find(str(folder), families=FAMILIES, shuffles=4)


def test_the_page_names_the_planted_rule_with_its_constants(found, tmp_path):
    write(found, tmp_path / "FINDINGS.md", "data")
    page = (tmp_path / "FINDINGS.md").read_text()
    factor, gain = re.search(r"K = (\S+) low_pass_40 Nyquist, +g = (\S+)", page).groups()
    assert float(factor) == pytest.approx(0.3, rel=0.15)
    assert float(gain) == pytest.approx(2, rel=0.25)
    linked = set(re.findall(r"\]\((figures/\S+)\)", page))
    assert linked == {f"figures/{path.name}" for path in (tmp_path / "figures").iterdir()}
    assert "6 signals of 6 recordings" in page
    # Both confirmed regrets stand beside what they confirm.
    assert re.search(r"\| bandwidth_low_pass \|.*\| 0\.25 dB \[0\.25, 0\.25\] \| 6 \| 0 \|", page)
    # A forest is there by its points, of which none may lack, at the planted optima here.
    (forest,) = [each for each in found.regrets if each.rule.startswith("forest")]
    assert forest.regret.mean() < 0.3
    assert re.search(r"\| forest \| 0\.[0-2]\d dB", page)
    assert "Forests have no formula" in page
    assert re.search(r"\| eqn11_length_width \|.*\| 4\.50 dB", page)


def test_without_new_data_nothing_changes(found, tmp_path):
    write(found, tmp_path / "FINDINGS.md", "data")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    write(found, tmp_path / "FINDINGS.md", "data")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_what_cannot_be_told_is_not_claimed(found):
    def rule(*regret):

        return RuleRegret("r", np.array(regret), tuple("abcdef"), np.ones(6))

    near = compared(rule(1, 2, 1, 2, 1, 2), rule(2, 1, 2, 1, 2, 1), "it", "the other")
    assert "cannot be told" in near
    assert "better" not in near.split("cannot")[1]
    far = compared(rule(1, 2, 1, 2, 1, 2), rule(4, 5.1, 4, 5, 4, 5), "it", "the other")
    assert far.startswith("it is better by 3.0")
    worse = compared(rule(4, 5.1, 4, 5, 4, 5), rule(1, 2, 1, 2, 1, 2), "it", "the other")
    assert worse.startswith("the other is better by 3.0")
    gains = found.sufficiency.gains
    unsure = found.sufficiency._replace(gains=tuple(g._replace(p_value=0.05) for g in gains))
    assert "cannot be told" in suffices(found._replace(sufficiency=unsure))
    for low, says in ((-0.1, "cannot be told"), (0.1, "does not suffice")):
        shown = tuple(g._replace(p_value=0.01, interval=Interval(0.3, low, 0.5)) for g in gains)
        known = found.sufficiency._replace(gains=shown)
        assert says in suffices(found._replace(sufficiency=known))


def test_the_bar_is_held_against_what_was_trained_as_well(found):
    def chosen(db):
        trained = [
            each._replace(rule="held_out_chosen", regret=each.regret - each.regret + db)
            for each in found.confirmed
            if each.rule == "held_out_bandwidth_low_pass"
        ]
        return bar_table(found._replace(confirmed=(*found.confirmed, *trained)))

    assert "trained" not in bar_table(found)
    # Eqn. 11's trained regret is 4.5 dB on each signal.
    assert re.search(r"mean regret, trained \| 0\.7 dB \| 0\.60 dB \S+ \S+ \| met", chosen(0.6))
    assert re.search(r"of the regret of Eqn\. 11, trained \| 0\.33 \| 0\.13 \| met", chosen(0.6))
    assert re.search(r"best constant point, trained \| 1\.00 \| 0\.30 \| met", chosen(0.6))
    assert re.search(r"mean regret, trained \| 0\.7 dB \| 0\.80 dB \S+ \S+ \| missed", chosen(0.8))


def test_the_signals_that_lose_most_are_named(found):
    (chosen,) = [each for each in found.regrets if each.rule == "chosen"]
    regret = np.array([9.0, 0.1, 0.1, 0.1, 0.1, 0.1])
    regrets = (
        *(each for each in found.regrets if each is not chosen),
        chosen._replace(regret=regret),
    )
    forest = chosen._replace(rule="forest", regret=regret / 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.findings.bar.WORST", 1)
        page = where_the_loss_lies(found._replace(regrets=(*regrets, forest)))
    assert f"1 of 6 signals hold {100 * 9 / 9.5:.0f} %" in page
    assert "the others' mean is 0.10 dB" in page
    assert "on these it leaves 4.5 dB, the chosen rule 9.0 dB" in page
    assert f"| {found.surfaces.names[0]} | 9.0 dB |" in page


def row(experiment, original, variant, lost, k=1.0, g=1.0):
    return {
        "experiment": experiment, "original": original, "variant": variant, "regret_db": lost,
        "noise_db": 0.3, "bandwidth_original": 100.0, "bandwidth_variant": 100.0 * k,
        "gain_original": 2.0, "gain_variant": 2.0 * g, "width_original": 52, "width_variant": 104,
    }  # fmt: skip


@pytest.mark.parametrize(("lost", "says"), [(3.0, "which no spectral"), (0.4, "cannot be told")])
def test_experiments_are_told_by_kind_and_phases_beside_chance(lost, says):
    assert experiments([]) == []
    rows = []
    for i, clip in enumerate("abcdefg"):
        chance = 0.4 + 0.05 * (-1) ** i
        rows += [row("phases", clip, f"{clip}_phases{n}", lost) for n in (0, 1)]
        rows.append(row("two surrogates", f"{clip}_phases0", f"{clip}_phases1", chance))
        rows.append(row("noise", clip, f"{clip}_noise30", 0.5, k=4.0))
        rows.append(row("noise", clip, f"{clip}_noise60", 0.1))
        rows.append(row("width", clip, clip, 0.2, g=0.5))
        equal = row("equal psi", "psi0.1_one_over_f", f"psi0.1_{clip}", 5.0)
        rows.append(equal | {"psi_original": 0.1, "shared_db": 2.5})
    page = "\n".join(experiments(rows))
    assert says in page
    assert re.search(r"white noise, 30 dB below \| 7 \| 0\.50 dB .*\| 4\.00 \[4\.00, 4\.00\]", page)
    assert "one psi, any one (K, g) loses 2.5 dB in the mean." in psi_cannot(rows)
    assert psi_cannot([row | {"shared_db": 0.5} for row in rows]) == ""
    assert "Of 8 sounds that have one psi, the best (K, g) for all loses, in the mean, 2.50" in page
    # With s1 kept, g^2 - 1 = 3 doubles: sqrt(7) / 2.
    assert "0.50 [0.50, 0.50] at width 104, where with s1 itself it would be 1.32." in page
    assert re.search(r"width 104 instead of 52 \| 7 \| 0\.20 dB .*\| 0\.50 \[", page)


def test_confirmed_regrets_of_other_signals_do_not_count(found, tmp_path):
    assert confirmed(str(tmp_path), population(4)) == []
    assert {len(each.regret) for each in found.confirmed} == {6}


def test_too_little_is_refused_in_a_sentence(tmp_path, capsys):
    fill(tmp_path, planted_signals(2))
    assert findings.main([str(tmp_path), "--to", str(tmp_path / "F.md")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "3 recordings" in said
    assert not (tmp_path / "F.md").exists()


def test_what_descriptors_save_a_trained_forest_is_told(found):
    psi = found.confirmed[0]._replace(rule="held_out_forest_psi")
    pair = (psi, psi._replace(rule="held_out_forest", regret=psi.regret - 0.5))
    said = suffices(found._replace(confirmed=pair))
    assert "the one that knows every descriptor is better by 0.50 dB [0.50, 0.50]." in said
    assert "forests" not in suffices(found._replace(confirmed=pair[:1]))


def test_trained_points_that_are_of_an_earlier_fit_are_counted(tmp_path):
    names = ["a" * 64, "b" * 64]
    rows = [
        {"rule": rule, "sha256": sha256, "s0_rule": 100.0, "s1_rule": 0.5}
        for rule in ("held_out_chosen", "held_out_constant", "spectrum")
        for sha256 in names
    ]
    folder = tmp_path / "_rules" / "held_out"
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / EXPORTED)
    assert of_earlier_fits(str(tmp_path)) == {}
    now = {names[0]: NoiseScales(100.0, 0.5), names[1]: NoiseScales(101.0, 0.5)}
    (folder / "held_out_chosen.json").write_text(rule_json(Table(points=now)))
    now[names[1]] = NoiseScales(100.0, 0.5)
    (folder / "held_out_constant.json").write_text(rule_json(Table(points=now)))
    earlier = of_earlier_fits(str(tmp_path))
    assert earlier == {"held_out_chosen": 1}
    said = earlier_text(cast(Findings, SimpleNamespace(earlier=earlier)))
    assert "these are of earlier fits of the rules: 1 of `chosen`" in said
