"""The page of findings says what was planted, and the same again without new data."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.findings.__main__ import main
from analysis.findings.collect import find
from analysis.findings.confirmation import Claim, Confirmation, Verdict
from analysis.findings.experiments import equal_psi, much_lost, phases, widths
from analysis.findings.numbers import mean_of
from analysis.findings.page import page, write
from analysis.findings.tables import bar_table
from analysis.regret.paired import saving
from analysis.regret.parquet import SCHEMA
from analysis.regret.stored import EXPORTED, RuleRegret, confirmed, differences_of, recordings_of
from analysis.rules.families import bandwidth, constant
from analysis.statistics.intervals import Interval
from tests.fakes.maps import fill, planted_signals, population

FAMILIES = (constant("constant"), bandwidth("bandwidth_low_pass", "low_pass_40"))


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    signals = planted_signals(6)
    fill(folder, signals, noise=0.2)
    rows = [
        {
            "signal": signal.name, "sha256": signal.sha256, "rule": rule, "regret_db": regret,
            "num_dead": 0, "psi": signal.descriptors["psi"], "s0_rule": 100.0, "s1_rule": 0.5,
            "scoring_seeds": [number], "differences_db": [regret],
        }
        for number, signal in enumerate(signals)
        for rule, regret in (
            ("held_out_bandwidth_low_pass", 0.25),
            ("eqn11_length_width", 4.5),
            ("held_out_constant", 2.0),
        )
    ]  # fmt: skip
    (folder / "_rules").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / EXPORTED)
    return find(str(folder), families=FAMILIES, shuffles=4)


def on_own_seeds(regret) -> list[dict[int, float]]:
    """The regrets of signals, each on a seed of its own."""
    return [{seed: float(value)} for seed, value in enumerate(regret)]


def test_a_regret_that_was_stored_without_its_seeds_shows_a_direction_only(findings):
    old, new = ({**dict.fromkeys(SCHEMA.names), "regret_db": 0.5} for _ in range(2))
    new |= {"scoring_seeds": [3, 4], "differences_db": [0.2, 0.8]}
    assert list(differences_of(old).values()) == [0.5]
    assert differences_of(new) == {3: 0.2, 4: 0.8}
    regret = findings.confirmed[0]._replace(by_seed=[differences_of(old)] * 6)
    assert mean_of(regret).is_direction_only
    assert not mean_of(findings.confirmed[0]).is_direction_only
    assert "‡" in page(findings._replace(confirmed=(regret,)), "data", "")


def test_the_page_names_the_planted_rule_with_its_constants(findings, tmp_path):
    write(findings, tmp_path / "FINDINGS.md", "data")
    page = (tmp_path / "FINDINGS.md").read_text()
    factor, gain = re.search(r"    K = (\S+) low_pass_40 Nyquist, +g = (\S+)", page).groups()
    assert float(factor) == pytest.approx(0.3, rel=0.15)
    assert float(gain) == pytest.approx(2, rel=0.25)
    linked = set(re.findall(r"\]\((figures/\S+)\)", page))
    assert linked == {f"figures/{path.name}" for path in (tmp_path / "figures").iterdir()}
    assert "6 signals of 6 recordings" in page
    # Both confirmed regrets stand beside what they confirm.
    assert re.search(r"bandwidth_low_pass\*\* \|.*\| 0\.25 dB \[0\.25, 0\.25\] \| 6 \| 0 \|", page)
    assert re.search(r"\| eqn11_length_width \|.*\| 4\.50 dB", page)


def test_without_new_data_nothing_changes(findings, tmp_path):
    write(findings, tmp_path / "FINDINGS.md", "data")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    write(findings, tmp_path / "FINDINGS.md", "data")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


@pytest.mark.parametrize(
    ("best", "eqn11", "sign", "says"),
    [
        ((1, 2, 1, 2, 1, 2), (2, 1, 2, 1, 2, 1), 0, "the data do not show which is better"),
        ((1, 2, 1, 2, 1, 2), (4, 5.1, 4, 5, 4, 5), 1, "it is better by 3.0"),
        ((4, 5.1, 4, 5, 4, 5), (1, 2, 1, 2, 1, 2), -1, "Eqn. 11 is better by 3.0"),
    ],
)
def test_a_rule_is_better_only_if_the_interval_does_not_hold_0(findings, best, eqn11, sign, says):
    def rule(name, regret):
        return RuleRegret(name, tuple("abcdef"), on_own_seeds(regret), tuple("abcdef"), np.ones(6))

    one, other = rule("bandwidth_low_pass", best), rule("eqn11_length_width", eqn11)
    assert saving(one, other).sign == sign
    text = page(findings._replace(regrets=(one, other)), "data", "")
    assert f"Against Eqn. 11, scaled in length and width: {says}" in text
    assert text.count("is better by") == abs(sign)


@pytest.mark.parametrize(
    ("p_value", "low", "is_sure"), [(0.05, 0.1, False), (0.01, -0.1, False), (0.01, 0.1, True)]
)
def test_a_descriptor_adds_to_psi_only_if_the_test_and_the_interval_agree(
    findings, p_value, low, is_sure
):
    interval = Interval(0.3, low, 0.5)
    gains = [
        gain._replace(p_values=(0.001, p_value), intervals=(Interval(0.3, 0.1, 0.5), interval))
        for gain in findings.sufficiency.gains
    ]
    known = findings.sufficiency._replace(gains=tuple(gains))
    text = page(findings._replace(sufficiency=known), "data", "")
    assert ("Psi alone does not suffice" in text) == is_sure
    assert ("do not show whether another descriptor adds" in text) != is_sure


def test_the_bar_is_held_against_what_was_trained_as_well(findings):
    def trained(db):
        others = [one for one in findings.confirmed if one.rule != "held_out_bandwidth_low_pass"]
        (before,) = (one for one in findings.confirmed if one not in others)
        best = before._replace(by_seed=on_own_seeds(before.regret * 0 + db))
        return bar_table(findings._replace(confirmed=(*others, best)))

    assert "trained" not in bar_table(findings._replace(confirmed=()))
    # Eqn. 11's trained regret is 4.5 dB on each signal.
    assert re.search(r"mean regret, trained \| 0\.7 dB \| 0\.60 dB \S+ \S+ \| met", trained(0.6))
    assert re.search(r"regret of Eqn\. 11, trained \| 0\.33 \| 0\.13 \S+ \S+ \| met", trained(0.6))
    assert re.search(r"best constant point, trained \| 1\.00 \| 0\.30 \S+ \S+ \| met", trained(0.6))
    assert re.search(r"mean regret, trained \| 0\.7 dB \| 0\.80 dB \S+ \S+ \| missed", trained(0.8))


def test_the_signals_that_lose_most_are_named(findings):
    chosen = findings.best
    regret = np.array([9.0, 0.1, 0.1, 0.1, 0.1, 0.1])
    regrets = (
        *(one for one in findings.regrets if one.rule != findings.family),
        chosen._replace(by_seed=on_own_seeds(regret)),
    )
    forest = chosen._replace(rule="forest", by_seed=on_own_seeds(regret / 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.findings.tables.NUM_WORST", 1)
        text = page(findings._replace(regrets=(*regrets, forest)), "data", "")
    assert f"1 of 6 signals hold {100 * 9 / 9.5:.0f} %" in text
    assert "The mean of the others is 0.10 dB" in text
    assert "signals it leaves 4.5 dB, and this rule 9.0 dB" in text
    assert f"| {findings.surfaces.names[0]} | 9.0 dB |" in text


def row(experiment, original, variant, lost, k=1.0, g=1.0):
    return {
        "experiment": experiment, "original": original, "variant": variant, "regret_db": lost,
        "noise_db": 0.3, "bandwidth_original": 100.0, "bandwidth_variant": 100.0 * k,
        "gain_original": 2.0, "gain_variant": 2.0 * g, "width_original": 52, "width_variant": 104,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lost", "says"), [(3.0, "the optimum depends on the phases"), (0.4, "this does not show")]
)
def test_experiments_are_shown_by_kind_and_phases_beside_chance(findings, lost, says):
    assert "## Experiments" not in page(findings, "data", "")
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
    text = page(findings._replace(experiments=tuple(rows)), "data", "")
    assert says in text
    assert (phases(rows).more.sign > 0) == (lost > 1)
    assert re.search(r"white noise, 30 dB below \| 7 \| 0\.50 dB .*\| 4\.00 \[4\.00, 4\.00\]", text)
    assert "psi does not determine the optimum of every sound" in text
    assert much_lost(rows) == [2.5]
    assert much_lost([row | {"shared_db": 0.5} for row in rows]) == []
    assert (equal_psi(rows).num, equal_psi(rows).lost) == (8, [(0.1, 2.5)])
    # With s1 kept, g^2 - 1 = 3 doubles: sqrt(7) / 2.
    (at_104,) = widths(rows)
    assert at_104.ratio[:3] == pytest.approx((0.5, 0.5, 0.5))
    assert at_104.with_s1 == pytest.approx(7**0.5 / 2)
    assert re.search(r"width 104 instead of 52 \| 7 \| 0\.20 dB .*\| 0\.50 \[", text)


def test_confirmed_regrets_of_other_signals_do_not_count(findings, tmp_path):
    assert confirmed(str(tmp_path), recordings_of(population(4))) == []
    assert {len(one.regret) for one in findings.confirmed} == {6}


def test_the_page_says_what_was_confirmed(findings):
    regret = findings.confirmed[0]
    saved = Interval(0.3, 0.1, 0.5)
    tested = (
        Verdict(Claim("a", "b"), saved, 0.01),
        Verdict(Claim("a", "c", 0.25), saved.shifted(-0.5), 0.3),
    )
    text = page(findings._replace(confirmation=Confirmation((regret,), tested)), "data", "")
    assert "6 more recordings" in text
    assert re.search(r"`a` is better than `b` \| 0\.30 dB .* \| 0\.010 \| confirmed", text)
    assert re.search(r"less than 0\.25 dB against `c` \| -0\.20 dB .* \| not confirmed", text)
    assert "Confirmed on other recordings" not in page(findings, "data", "")


def test_too_little_is_refused_in_a_sentence(tmp_path, capsys):
    fill(tmp_path, planted_signals(2))
    assert main([str(tmp_path), "--to", str(tmp_path / "F.md")]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert "3 recordings" in error
    assert not (tmp_path / "F.md").exists()


def test_what_descriptors_save_a_trained_forest_is_shown(findings):
    psi = findings.confirmed[0]._replace(
        rule="held_out_chosen_psi", by_seed=on_own_seeds(findings.confirmed[0].regret)
    )
    pair = (psi, psi._replace(rule="held_out_forest", by_seed=on_own_seeds(psi.regret - 0.5)))
    text = page(findings._replace(confirmed=pair), "data", "")
    assert "`forest` against psi alone: it is better by 0.50 dB [0.50, 0.50]." in text
    assert "`forest` against psi" not in page(findings._replace(confirmed=pair[:1]), "data", "")
