"""`analysis.diagnose`: what an untrained network can see of a signal, and the proof by training."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from scipy import stats

from analysis.theory import diagnosis_proof, diagnosis_report
from analysis.theory.diagnosis import REACH, Diagnosis, diagnose
from analysis.theory.diagnosis_proof import Case, config_of, share_of_hits
from inr_models import SirenConfig, make_network
from studies import audio_grid, bottleneck
from studies.engine.signals.signal import coordinates
from studies.engine.store.rows import point_columns
from tests import commands
from tests.every_network import EVERY
from tests.refusals import refused

CLIPS = Path(audio_grid.__file__).parent / "clips"
BLIND, SEEN = "ambi_lunar_land", "bass_thick_c"


def planted(*energy: float) -> Diagnosis:
    """A diagnosis of three bands, of which the last is just out of reach."""
    kernel = np.array([1.0, REACH, 0.999 * REACH])
    return Diagnosis(np.array([0.2, 0.5, 0.8]), kernel, np.array(energy))


def test_energy_out_of_reach_bounds_what_is_learned():
    assert planted(0.5, 0.4, 0.1).unreached == pytest.approx(0.1)
    assert planted(0.5, 0.4, 0.1).most_db == pytest.approx(10)
    assert planted(0.5, 0.5, 0.0).most_db == np.inf
    # A fit is dead within 1 dB of zero output: it is so if more than 79.4 % stay unlearned.
    assert planted(0.21, 0.0, 0.79).sees_it
    assert not planted(0.20, 0.0, 0.80).sees_it


@pytest.mark.parametrize("shape", [(512,), (16, 24)])
def test_a_low_frequency_is_seen_and_a_high_one_is_not(shape):
    coords = torch.from_numpy(coordinates(shape))
    network = make_network(
        SirenConfig(width=32, omega_first=4), in_features=len(shape), out_features=1, seed=0
    )
    low, high = torch.sin(3 * coords[:, -1:]), torch.ones(shape[0])
    high[::2] = -1
    high = high.reshape(-1, *[1] * (len(shape) - 1)).expand(shape).reshape(-1, 1)
    sees_low, sees_high = (diagnose(network, coords, v, shape) for v in (low, high))
    assert sees_low.energy.sum() == pytest.approx(1)
    assert sees_low.kernel.max() == 1
    assert sees_low.energy.argmax() == 0
    assert sees_high.energy.argmax() == len(sees_high.energy) - 1
    assert sees_low.unreached < 1e-3
    at_low, at_high = (np.dot(d.energy, d.kernel) for d in (sees_low, sees_high))
    assert at_low > 100 * at_high


def test_what_has_no_spectrum_is_refused():
    coords = torch.from_numpy(coordinates((64,)))
    network = make_network(SirenConfig(width=8), in_features=1, out_features=1, seed=0)
    with refused("constant", "signal"):
        diagnose(network, coords, torch.ones(64, 1))
    for value in (0.0, torch.nan):  # with 0, only the output's bias changes the output
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.fill_(value)
        with refused("constant", "network"):
            diagnose(network, coords, torch.sin(9 * coords))


def test_a_blind_network_is_named_with_the_point_that_sees(tmp_path, capsys):
    command = ["--max-samples", "2048", "--networks", "siren", "--to", str(tmp_path)]
    assert diagnosis_report.main([str(CLIPS / f"{BLIND}.flac"), *command]) == 0
    output = capsys.readouterr().out
    (row,) = pq.read_table(tmp_path / "diagnosis.parquet").to_pylist()
    assert not row["sees_it"]
    assert row["unreached"] > 0.99
    assert "siren2" in output
    assert diagnosis_report.main([str(CLIPS / f"{SEEN}.flac"), *command]) == 0
    (row,) = pq.read_table(tmp_path / "diagnosis.parquet").to_pylist()
    assert row["sees_it"]
    assert sum(row["energy"]) == pytest.approx(1)
    assert (tmp_path / "diagnosis.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (["nowhere.wav"], "nowhere.wav"),
        ([str(CLIPS / f"{SEEN}.flac"), "--networks", "sirne"], "network"),
        ([str(CLIPS / f"{SEEN}.flac"), "--networks", "siren2_tt"], "network"),
        ([str(CLIPS / f"{SEEN}.flac"), "--input-scaling", "-1"], "omega_first"),
    ],
)
def test_bad_input_is_one_sentence(arguments, field, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert diagnosis_report.main([*arguments, "--max-samples", "256"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {field}")
    assert error.count("\n") == 1


def test_a_folder_without_fits_proves_nothing(tmp_path, capsys):
    results = str(tmp_path / "nothing")
    assert diagnosis_proof.main([results, "--signals", str(CLIPS / f"{SEEN}.flac")]) == 2
    assert capsys.readouterr().err.startswith(f"error: {results}")
    assert not Path(results).exists()


@pytest.mark.parametrize("config", EVERY.values(), ids=EVERY)
def test_a_stored_fit_gives_its_network_back(config):
    row = point_columns(config, (64,)) | {"network": config.network}
    assert config_of(row) == config


def test_hits_are_what_was_predicted():
    about = {"signal": "a", "sha256": "a", "network": "siren"}
    numbers = {"unreached": 0.0, "num_fits": 4, "gain_db": 0.0}
    predictions = [(True, 0, True), (True, 2, True), (True, 3, False), (False, 3, True)]
    predictions.append((False, 2, False))
    all_cases = []
    for number, (sees_it, num_dead, is_hit) in enumerate(predictions):
        tape = f"tape{number}"
        case = Case(**about, **numbers, recording=tape, sees_it=sees_it, num_dead=num_dead)
        assert case.is_hit == is_hit
        all_cases.append(case)
    assert share_of_hits(all_cases, with_interval=False) == "3 of 5"
    # Clopper and Pearson's interval of 3 in 5.
    assert share_of_hits(all_cases, with_interval=True) == "3 of 5 [15%, 95%]"
    # A recording with a miss is a miss: here two of three are hits.
    of_three = [c._replace(recording=tape) for c, tape in zip(all_cases, "abacc", strict=True)]
    low, high = stats.beta.ppf([0.025, 0.975], [1, 2], [3, 2])
    assert share_of_hits(of_three, with_interval=True) == f"3 of 5 [{low:.0%}, {high:.0%}]"


@pytest.mark.slow
def test_the_proof_reads_a_study(tmp_path, capsys):
    study, results = Path(bottleneck.__file__), tmp_path / "results"
    sizes = ("--scale", "small", "--epochs", "60", "--max-samples", "1024")
    sounds = ("--signals", "S1", "S8")
    networks = ("--networks", "siren", "siren2")
    commands.run(study, "run", results, *sizes, *sounds, *networks)
    to = tmp_path / "proof.parquet"
    command = [str(results), *sounds]
    assert diagnosis_proof.main([*command, "--to", str(to)]) == 0
    rows = {(r["signal"], r["network"]): r for r in pq.read_table(to).to_pylist()}
    assert len(rows) == 4
    assert all(row["num_fits"] == 5 for row in rows.values())
    assert rows["S8", "siren"]["is_dead"]
    assert not rows["S8", "siren"]["sees_it"]
    assert rows["S1", "siren2"]["sees_it"]
    assert not rows["S1", "siren2"]["is_dead"]
    assert "hits" in capsys.readouterr().out
    assert diagnosis_proof.main([str(results), "--signals", "S2"]) == 2
