"""A search as a user runs it: a real Ray, a real journal, a killed driver, MLflow."""

import re
import shutil
from functools import partial
from pathlib import Path

import mlflow
import optuna
import pandas as pd
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

import studies.audio_search
from studies.command.cli import main
from tests import commands
from tests.commands import scores, wait_for_rows

SCRIPT = studies.audio_search.__file__
CLIPS = Path(SCRIPT).parent / "clips"
BOTH = (CLIPS / "perc_bell.flac", CLIPS / "guit_em9.flac")
SIZES = (
    "--scale", "small", "--epochs", "40", "--max-samples", "1024", "--seeds", "1", "--trials", "6",
    "--confirm-seeds", "2",
)  # fmt: skip
run, start = partial(commands.run, SCRIPT), partial(commands.start, SCRIPT)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Path, str]:
    results = tmp_path_factory.mktemp("undisturbed") / "results"
    output = run("run", results, *SIZES, "--signals", *BOTH)
    return results, output


def regret(results: Path) -> pd.DataFrame:
    (path,) = results.glob("_studies/audio_search-small-*/regret.parquet")
    return pd.read_parquet(path).sort_values(["signal", "rule"], ignore_index=True)


def table(output: str) -> list[str]:
    return [line.rstrip() for line in output.splitlines() if re.match(r" (perc|guit|eqn11)", line)]


def test_a_search_ends_with_regrets_that_follow_from_its_rows(undisturbed):
    results, output = undisturbed
    regrets, fits = regret(results), pd.read_parquet(results)
    assert fits["key"].is_unique
    assert set(regrets["signal"]) == {"perc_bell", "guit_em9"}
    assert set(regrets["rule"]) == {"eqn11_length", "eqn11_length_width"}
    for row in regrets.itertuples():
        # The named seeds are the last three digits of the signal's own.
        assert [seed % 1000 for seed in row.scoring_seeds] == [105, 106]
        mine = fits[(fits["signal"] == row.signal) & fits["seed"].isin(row.scoring_seeds)]
        mine = mine.set_index("seed")
        at_rule = mine[(mine["hp_s0"] == row.s0_rule) & (mine["hp_s1"] == row.s1_rule)]
        at_best = mine[(mine["hp_s0"] == row.s0_optimum) & (mine["hp_s1"] == row.s1_optimum)]
        differences = at_best["metric_psnr_peak"] - at_rule["metric_psnr_peak"]
        assert len(differences) == row.num_seeds == 2
        assert row.regret_db == pytest.approx(differences.mean())
        assert differences.loc[row.scoring_seeds].tolist() == pytest.approx(row.differences_db)
        assert row.psnr_rule == pytest.approx(at_rule["metric_psnr_peak"].mean())
    (line,) = [line for line in table(output) if "guit_em9" in line]
    first = regrets[(regrets["signal"] == "guit_em9") & (regrets["rule"] == "eqn11_length")].iloc[0]
    assert f"{first['regret_db']:+.1f}" in line
    assert max(map(len, output.split("report ")[0].splitlines())) <= 80
    searched = fits[fits["seed"] == 0].groupby("signal").size()
    assert searched.to_dict() == {"perc_bell": 8, "guit_em9": 8}


def test_a_report_made_again_does_not_make_old_numbers_new(undisturbed, capsys):
    results, _ = undisturbed
    (path,) = results.glob("_studies/audio_search-small-*/regret.parquet")
    page, before = path.with_name("report.html"), path.stat().st_mtime_ns
    page.write_text("of an earlier version")
    with pytest.raises(SystemExit) as ended:
        main(studies.audio_search.STUDY, ["report", "--results", str(results)])
    assert ended.value.code == 0
    assert "guit_em9" in page.read_text()
    assert path.stat().st_mtime_ns == before


def test_its_report_stands_alone_and_shows_every_clip(undisturbed):
    results, _ = undisturbed
    (page,) = [p.read_text() for p in results.glob("_studies/audio_search-*/report.html")]
    assert page.count("<svg ") == 3 + 2 * 2
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert len(re.findall(r"\b6 suggested", page)) == len(BOTH)
    assert 'class="warn"' not in page


def test_optuna_opens_the_journal(undisturbed):
    results, _ = undisturbed
    summaries = []
    for path in results.glob("_searches/*.journal"):
        storage = JournalStorage(JournalFileBackend(str(path)))
        summaries += optuna.get_all_study_summaries(storage)
    assert sorted(s.study_name.split()[0] for s in summaries) == ["guit_em9", "perc_bell"]
    best = {s.study_name.split()[0]: s.best_trial.value for s in summaries}
    fits = pd.read_parquet(results).query("seed == 0")
    inside = fits[fits["hp_s1"] <= 3].groupby("signal")["metric_psnr_peak"].max()
    assert best == pytest.approx(inside.to_dict())


def test_mlflow_compares_rules_and_optimum_by_one_metric(undisturbed):
    results, _ = undisturbed
    client = mlflow.MlflowClient(f"sqlite:///{results}/_mlflow/mlflow.db")
    experiment = client.get_experiment_by_name("audio_search")
    assert experiment is not None
    runs = client.search_runs(
        [experiment.experiment_id], "metrics.psnr_confirmed > 0 and tags.signal = 'guit_em9'"
    )
    kinds = {r.data.tags["kind"] for r in runs}
    assert "rule" in kinds
    expected = regret(results).query("signal == 'guit_em9'")
    values = {round(r.data.metrics["psnr_confirmed"], 6) for r in runs}
    assert values == {round(v, 6) for v in (*expected["psnr_rule"], *expected["psnr_optimum"])}
    (parent,) = client.search_runs([experiment.experiment_id], "params.scale = 'small'")
    figures = {a.path for a in client.list_artifacts(parent.info.run_id, "figures")}
    assert "figures/regret.svg" in figures
    assert len(figures) == 3 + 2 * 2


@pytest.mark.slow
def test_a_killed_search_ends_as_an_undisturbed_one(undisturbed, tmp_path):
    whole, output = undisturbed
    results = tmp_path / "results"
    process = start("run", results, *SIZES, "--signals", *BOTH)
    wait_for_rows(results, 12)
    process.kill()
    process.communicate()
    again = run("run", results, *SIZES, "--signals", *BOTH)
    assert table(again) == table(output)
    pd.testing.assert_frame_equal(scores(results), scores(whole))
    pd.testing.assert_frame_equal(regret(results), regret(whole))
    nothing = run("run", results, *SIZES, "--signals", *BOTH)
    assert f"0 fits to run, {len(scores(whole))} already done" in nothing
    assert table(nothing) == table(output)


@pytest.mark.slow
@pytest.mark.long
def test_a_further_clip_adds_its_own_fits_alone_and_no_order_adds_any(undisturbed, tmp_path):
    results, third = tmp_path / "results", CLIPS / "bass_thick_c.flac"
    shutil.copytree(undisturbed[0], results)
    before, answers = scores(results), table(undisturbed[1])
    output = run("run", results, *SIZES, "--signals", third, *BOTH)
    new = pd.read_parquet(results).query("key not in @before.index")
    assert set(new["signal"]) == {"bass_thick_c"}
    # A further row may change the widths of the columns.
    cells = [[line.split() for line in lines] for lines in (answers, table(output))]
    old, now = ([row for row in rows if row[:1] in (["perc_bell"], ["guit_em9"])] for rows in cells)
    assert old == now
    for signals in ((*BOTH, third), (third,), (BOTH[1], third)):
        output = run("run", results, *SIZES, "--signals", *signals)
        assert "0 fits to run" in output
    assert len(scores(results)) == len(before) + len(new)


@pytest.mark.slow
def test_another_search_starts_from_what_is_stored_and_may_stop_fits_early(undisturbed, tmp_path):
    results = tmp_path / "results"
    shutil.copytree(undisturbed[0], results)
    before = scores(results)
    run("run", results, *SIZES, "--signals", *BOTH, "--trials", "10", "--early-stopping")
    (page,) = (
        page
        for page in (p.read_text() for p in results.glob("_studies/audio_search-*/report.html"))
        if "10 suggested" in page
    )
    assert re.search(r"[78] points known before \(the rules' among them\), 10 suggested", page)
    fits = scores(results)
    pd.testing.assert_frame_equal(fits.loc[before.index], before)
    assert set(fits["status"]) <= {"ok", "dead", "partial"}
    partial = pd.read_parquet(results).query("status == 'partial'")
    assert len(partial)
    assert (partial["num_epochs"] < 40).all()
    curves = pd.read_parquet(results / "_curves").groupby("key")["epoch"].max()
    assert (curves[partial["key"]].to_numpy() == partial["num_epochs"].to_numpy()).all()


def refused(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as stop:
        main(studies.audio_search.STUDY, ["run", *map(str, arguments)])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_bad_flags_and_foreign_journals_are_a_sentence_and_lose_nothing(
    undisturbed, tmp_path, capsys
):
    results = tmp_path / "results"
    shutil.copytree(undisturbed[0], results)
    before = scores(results)
    for flags, place in (
        (("--sampler", "bayes"), "--sampler bayes"),
        (("--trials", "0"), "trials = 0"),
        (("--confirm-seeds", "1"), "--confirm-seeds 1"),
        (("--sampler", "gp", "--early-stopping"), "--early-stopping"),
        (("--signals", tmp_path / "none.wav"), f"{tmp_path}/none.wav"),
    ):
        sentence = refused(capsys, "--results", results, *SIZES, *flags)
        assert sentence.startswith(f"error: {place}: ")
    journal, _ = results.glob("_searches/*.journal")
    flags = ("--results", results, *SIZES, "--trials", "7", "--signals", *BOTH)
    journal.write_text("something else\n")
    sentence = refused(capsys, *flags)
    assert f"error: {journal}: " in sentence
    pd.testing.assert_frame_equal(scores(results), before)
