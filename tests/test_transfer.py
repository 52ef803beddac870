"""Rules in other settings: planted maps whose optima stay or move by a known factor."""

import contextlib
import io
import json
import math
from dataclasses import replace

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.experiments import transfer_report
from analysis.experiments.transfer import Moved, transfer
from analysis.findings.model import Transfer
from analysis.findings.transfer import fit_fullness, other_rules, read_transfer, transfer_table
from analysis.surfaces.alike import alike
from analysis.surfaces.smoothing import Fit, SignalMap
from analysis.surfaces.stored import MIN_POINTS
from search_spaces.grids import AUDIO_GRID_COARSE
from search_spaces.rules import EVEN_LAW, RULES, NoiseScales, rule_json
from studies.engine.planning.resolving import resolve
from studies.engine.store.rows import signal_row
from studies.engine.store.store import Store
from tests.fakes.maps import MAP_ALONE, db_below, planted_rows
from tests.fakes.runs import make_signal
from tests.refusals import refused

SHARE, GAIN = 0.15, 3.0
NUM_CELLS = len(AUDIO_GRID_COARSE.cells(8192))
MOVED = 3.0
"""By how much K moves in the setting that the rule does not hold in."""

SETTINGS = {
    "usual": ({}, 1.0, 8192),
    "depth 2": ({"depth": 2}, 1.0, 8192),
    "learning rate 0.002": ({"learning_rate": 2e-3}, MOVED, 8192),
    "zero output bias": ({"zero_output_bias": True}, 1.0, 8192),
    "2,048 samples": ({}, 1.0, 2048),
}
BIAS_GAIN = 0.7


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[str, str]:
    """Two signals in five settings, a third in the usual one only, and a variant: the results, and
    what the report prints.
    """
    folder = tmp_path_factory.mktemp("transfer")
    store = Store(str(folder / "results"))
    for changes, moved, n in SETTINGS.values():
        for name in ("a", "b", "c", "a_noise40"):
            if name == "c" and (changes or n != 8192):
                continue
            sha256 = f"{name}{n}".encode().hex().ljust(64, "0")
            signal = replace(make_signal(name, n=n), sha256=sha256)
            run = resolve(MAP_ALONE, "small", [signal], changes=changes)
            rows = planted_rows(run, signal, moved * SHARE * math.pi * n / 2, GAIN)
            for row in rows:
                row["key"] = f"{row['key']} {changes} {n}"
                row["metric_psnr_peak"] += BIAS_GAIN * run.scale.zero_output_bias
            store.add_signals([signal_row(signal)])
            store.append(rows)
    rule = {"kind": "constant", "share": SHARE, "gain": GAIN}
    (folder / "mine.json").write_text(json.dumps(rule))
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = transfer_report.main([store.results, "--rule", str(folder / "mine.json")])
    assert code == 0
    return store.results, output.getvalue()


def test_a_rule_loses_where_the_optimum_has_moved_and_nowhere_else(told):
    results, text = told
    table = pq.read_table(f"{results}/_rules/transfer.parquet").to_pandas()
    assert set(table["rule"]) == {"mine"}
    assert set(table["setting"]) == set(SETTINGS) - {"usual"}
    assert set(table["signal"]) == {"a", "b"}
    for setting, mine in table.groupby("setting"):
        factor = SETTINGS[str(setting)][1]
        assert mine["regret_db"].to_numpy() == pytest.approx(db_below(factor), abs=0.5)  # smoothed
        assert set(mine["num_alike"]) == {NUM_CELLS}
        assert mine["alike_regret_db"].to_numpy() == pytest.approx(mine["regret_db"].to_numpy())
        assert mine["usual_regret_db"].to_numpy() == pytest.approx(0, abs=0.15)
        assert (mine["share_optimum"] / mine["share_rule"]).mean() == pytest.approx(factor, rel=0.1)
        assert (mine["gain_optimum"] / mine["gain_rule"]).mean() == pytest.approx(1, rel=0.15)
    values = table.set_index("setting")["values_per_parameter"]
    assert values["zero output bias"].iloc[0] == pytest.approx(8192 / 8425)  # of 4 x 52
    assert values["2,048 samples"].iloc[0] == pytest.approx(2048 / 8425)
    assert max(map(len, text.split("numbers")[0].splitlines())) <= 80


def test_maps_are_compared_on_the_cells_and_seeds_of_both():
    target = make_signal("a").target(52, 4)
    cells = [NoiseScales(40.0 * i, 0.2 * j) for i in range(1, 7) for j in range(1, 6)]
    usual = SignalMap(target, "a", "a", [Fit(at, {0: at.s0, 1: 0.0}) for at in cells])
    short = make_signal("a", n=2048).target(26, 4)
    # A quarter of the samples has a quarter of Nyquist, and half the width doubles s1^2 at one g.
    same = [NoiseScales(at.s0 / 4, at.s1 * math.sqrt(2)) for at in cells[::2]]
    moved = SignalMap(short, "a", "a", [Fit(at, {0: 1.0, 5: 2.0}) for at in same])
    alone = moved._replace(name="b")
    here, there = alike([moved, alone], [usual])
    assert [one.name for one in here] == [one.name for one in there] == ["a"]
    assert here[0].fits == [Fit(at, {0: 1.0}) for at in same]
    assert there[0].fits == [Fit(at, {0: at.s0}) for at in cells[::2]]
    too_few = moved._replace(fits=moved.fits[: MIN_POINTS - 1])
    other_seed = moved._replace(fits=[Fit(at, {5: 2.0}) for at in same])
    assert alike([too_few], [usual]) == alike([other_seed], [usual]) == ([], [])


def test_a_setting_pays_for_the_number_of_settings():
    def setting_rows(name: str, more: float, num: int = 6) -> list[Moved]:
        return [
            Moved(
                rule="r", constants="{}", setting=name, signal=str(i), recording=str(i),
                values_per_parameter=1.0, regret_db=1.0 + more, num_alike=NUM_CELLS,
                alike_regret_db=1.0 + more + 0.5 * (-1) ** i, usual_regret_db=1.0,
                eqn11_regret_db=3.0, noise_db=0.2, share_rule=0.1, gain_rule=3.0,
                share_optimum=0.1, gain_optimum=3.0, psnr_optimum=40.0,
            )
            for i in range(num)
        ]  # fmt: skip

    alone = transfer_report.settings(setting_rows("deep", 0.7))[0]
    assert 0.001 < alone.p_value < 0.05
    assert alone.is_worse
    others = [row for k in range(60) for row in setting_rows(f"other {k}", 0.0)]
    among = transfer_report.settings([*setting_rows("deep", 0.7), *others])[0]
    assert among.p_value == pytest.approx(min(1, 61 * alone.p_value))
    assert among.more == alone.more
    assert not among.is_worse


def test_what_a_zero_output_bias_gains_is_told_over_bandwidth(told):
    results, text = told
    bias = pq.read_table(f"{results}/_rules/zero_output_bias.parquet").to_pandas()
    gained = bias["psnr_zero_bias"] - bias["psnr"]
    assert gained.to_numpy() == pytest.approx(BIAS_GAIN)
    assert len(bias) == 3 * NUM_CELLS  # the variant has both as well
    lines = [line for line in text.splitlines() if "K/Nyquist" in line]
    assert [line.split(": ")[1][:8] for line in lines] == ["+0.70 dB"] * 4


def test_the_page_names_the_setting_where_the_rule_breaks(told):
    results, _ = told
    transfer = read_transfer(results)
    all_settings = transfer_report.settings(transfer.moved)
    assert all(setting.has_another_rule for setting in all_settings)
    assert other_rules(all_settings) == "`mine`"
    assert fit_fullness(all_settings) is None, "it is about the recommended rule"
    broken = [setting.name for setting in all_settings if setting.is_worse]
    assert "learning rate 0.002" in broken
    assert not any("depth" in name for name in broken)
    assert not any(setting.is_clearly_bad for setting in all_settings)
    assert all(gain.sign > 0 for gain in transfer_report.bias_gains(transfer.bias).values())
    assert read_transfer("nowhere") == Transfer()


def test_rows_go_to_a_benchmark_in_place_of_its_own_of_the_same(told, tmp_path):
    results, _ = told
    folder = tmp_path / "_rules"
    folder.mkdir()
    of = {"transfer.parquet": "regret_db", "zero_output_bias.parquet": "psnr"}
    tables = {name: pq.read_table(f"{results}/_rules/{name}").to_pandas() for name in of}
    for name, table in tables.items():
        there = table[table["signal"] == "a"].assign(**{of[name]: -1.0})
        others = [there.iloc[:1].assign(signal="elsewhere")]
        if "rule" in table:
            others.append(there.iloc[:1].assign(rule="another"))
        pd.concat([*others, there]).to_parquet(folder / name)
    command = [results, "--rule", f"{results}/../mine.json", "--to", str(tmp_path)]
    assert transfer_report.main(command) == 0
    for name, column in of.items():
        rows = pd.read_parquet(folder / name)
        kept = rows[rows[column] == -1.0]
        of_mine = kept[kept["rule"] == "mine"] if "rule" in kept else kept
        assert set(of_mine["signal"]) == {"elsewhere"}
        assert len(kept) == (2 if "rule" in kept else 1)
        mine = pd.read_parquet(f"{results}/_rules/{name}")
        assert rows[rows[column] != -1.0].reset_index(drop=True).equals(mine)
    (folder / "transfer.parquet").write_bytes(b"no table")
    assert transfer_report.main(command) == 2


def test_the_recommended_rule_comes_first_where_it_was_measured(told, tmp_path):
    rows = pq.read_table(f"{told[0]}/_rules/transfer.parquet").to_pandas()
    depth = rows[rows["setting"] == "depth 2"].assign(rule=EVEN_LAW)
    (tmp_path / "_rules").mkdir()
    pd.concat([rows, depth]).to_parquet(tmp_path / "_rules" / "transfer.parquet")
    moved = read_transfer(str(tmp_path)).moved
    assert len(moved) == len(rows)
    assert {one.setting for one in moved if one.rule == EVEN_LAW} == {"depth 2"}


def test_how_the_optimum_goes_with_samples_by_parameters_is_found():
    moved = [
        Moved(
            rule="r", constants=rule_json(RULES[EVEN_LAW]), setting=f"{values} values",
            signal=signal, recording=signal,
            values_per_parameter=values, regret_db=1.0, num_alike=NUM_CELLS, alike_regret_db=1.0,
            usual_regret_db=0.2, eqn11_regret_db=3.0,
            noise_db=0.2, share_rule=0.1, gain_rule=3.0, share_optimum=0.1 * values**-0.5 * by,
            gain_optimum=3.0, psnr_optimum=40.0,
        )
        for values in (0.25, 0.5, 1.0, 4.0)
        for signal, by in (("a", 0.8), ("b", 1.25))
    ]  # fmt: skip
    settings = transfer_report.settings(moved)
    line = fit_fullness(settings)
    assert (line.num, line.is_sure) == (4, True)
    assert (line.power, line.r) == pytest.approx((-0.5, -1.0))
    assert "†" not in transfer_table(settings)
    before = [m._replace(constants="{}") if m.setting == "1.0 values" else m for m in moved]
    page = transfer_table(transfer_report.settings(before))
    assert page.count("| 1.0 values † |") == page.count(" † |") == 1
    assert fit_fullness(transfer_report.settings(moved[:6])) is None
    off = {0.25: 1.0, 0.5: 9.0, 1.0: 0.2, 4.0: 3.0}
    scattered = [
        m._replace(share_optimum=m.share_optimum * off[m.values_per_parameter]) for m in moved
    ]
    line = fit_fullness(transfer_report.settings(scattered))
    assert (line.num, line.is_sure) == (4, False)


def test_what_another_version_has_left_is_refused_in_a_sentence(told, tmp_path):
    folder = tmp_path / "_rules"
    folder.mkdir()
    (folder / "transfer.parquet").write_bytes(b"no table")
    with refused("another-version", "transfer.parquet", tmp_path):
        read_transfer(str(tmp_path))
    table = pq.read_table(f"{told[0]}/_rules/transfer.parquet").drop_columns(["noise_db"])
    pq.write_table(table, folder / "transfer.parquet")
    with refused("another-version", "transfer.parquet", tmp_path):
        read_transfer(str(tmp_path))


def test_variants_alone_in_another_setting_are_told_where_to_go(tmp_path, capsys):
    store = Store(str(tmp_path / "results"))
    for names, n in ((("a", "b", "c"), 8192), (("a_twice", "b_twice"), 16384)):
        for name in names:
            sha256 = f"{name}{n}".encode().hex().ljust(64, "0")
            signal = replace(make_signal(name, n=n), sha256=sha256)
            run = resolve(MAP_ALONE, "small", [signal], changes={})
            store.add_signals([signal_row(signal)])
            store.append(planted_rows(run, signal, SHARE * math.pi * n / 2, GAIN))
    command = [store.results, "--rule", "constant", "--to", str(tmp_path)]
    assert transfer_report.main(command) == 2
    assert "analysis.variants_report" in capsys.readouterr().err
    assert not store.names("_rules")


def test_one_setting_alone_is_told_what_to_do(tmp_path, capsys):
    store = Store(str(tmp_path / "results"))
    for name in ("a", "b"):
        signal = replace(make_signal(name), sha256=name.encode().hex().ljust(64, "0"))
        run = resolve(MAP_ALONE, "small", [signal], changes={})
        store.add_signals([signal_row(signal)])
        store.append(planted_rows(run, signal, 1000.0, GAIN))
    assert transfer_report.main([store.results]) == 2
    assert capsys.readouterr().err.startswith(f"error: {store.results}: ")
    assert transfer_report.main([store.results, "--rule", "nowhere.json"]) == 2
    assert "--rule nowhere.json: " in capsys.readouterr().err


def test_rows_have_no_rules_name_but_their_own(told, tmp_path, capsys):
    path = tmp_path / "constant.json"
    path.write_text('{"kind": "constant", "share": 0.5, "gain": 2}')
    assert transfer_report.main([told[0], "--rule", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: --rule {path}: ")
    path.write_text(rule_json(RULES["constant"]))
    assert {row.rule for row in transfer(told[0], str(path))} == {"constant"}
