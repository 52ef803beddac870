"""Maps under several optimizers: their design, and what the findings say of planted ones."""

import math
from dataclasses import replace

import pytest

from analysis.experiments.optimizers import COMMAND, FILE, Fit
from analysis.experiments.stored import write_rows
from analysis.findings.optimizers import Trained, optimizers_table, read_optimizers, tried_table
from analysis.findings.page import section
from benchmarks.designs import trial_of
from benchmarks.landscapes import FIT
from benchmarks.optimizer_design import (
    FACTORS,
    TRIED,
    best_fits,
    chosen_signals,
    maps,
    tuning,
)
from studies.engine.store.store import Store
from tests.fakes.runs import make_signal, stored_row
from tests.refusals import refused

STEP = 1.7
ADAM, USUAL, MUON = ("adam", 2e-3, 0.95), ("adam", 5e-4, 0.95), ("muon", 4e-3, 0.75)
GAINS = (1.0, 2.0, 3.0)


def planted(trained, signal: str, top: float, cells: float, slope: float = 4.0) -> list[Fit]:
    """Return 5 x 3 cells with the best K `cells` above the middle, and the rule's point there."""
    name, rate, decay = trained
    fits = []
    for place in range(-2, 3):
        for gain in GAINS:
            share = 0.1 * STEP**place
            psnr = top - slope * abs(place - cells) - abs(gain - 2.0)
            fits.append(
                Fit(
                    signal, signal, 0.2, name, rate, decay, 300, 2048, 2185, 0, "", share, gain,
                    psnr, 1.5, "CPU",
                )
            )  # fmt: skip
    rule = fits[0]._replace(share=0.11, gain=2.1, psnr=top - slope * abs(cells) - 0.5, rule="a")
    return [*fits, rule]


@pytest.fixture
def folder(tmp_path):
    fits = []
    for number in range(6):
        clip = f"clip{number}"
        fits += planted(ADAM, clip, 50 + number, 0)
        fits += planted(USUAL, clip, 40 + number, 0)
        fits += planted(MUON, clip, 52 + number, 2, slope=1.0)
        fits += planted(MUON, f"other{number}", 30, 0)[:3]
    write_rows([f._asdict() for f in fits], COMMAND, str(tmp_path), FILE, to=None, same=())
    return str(tmp_path)


def test_planted_maps_give_their_shift_regret_spread_and_loss(folder):
    measured = read_optimizers(folder)
    assert measured is not None
    assert [one.trained for one in measured.under] == [Trained(*t) for t in (ADAM, USUAL, MUON)]
    assert (measured.num_signals, measured.num_tuned) == (6, 6)
    assert (measured.num_points, measured.seeds) == (16, (0,))
    assert measured.cell == pytest.approx(STEP, rel=0.02)
    adam, usual, muon = measured.under
    assert adam.regret.mean == pytest.approx(0.5)
    assert usual.best.mean == pytest.approx(42.5)
    assert muon.best.mean == pytest.approx(54.5)
    assert muon.shift.mean == pytest.approx(2, rel=0.03)
    assert (usual.num_moved, muon.num_moved) == (0, 6)
    assert muon.regret.mean == pytest.approx(2.5)
    assert muon.lost.mean == pytest.approx(2.0)
    assert muon.spread.mean == pytest.approx(5.0)
    assert usual.order.mean == pytest.approx(1.0)
    assert muon.order.mean < 0.5
    assert measured.tried == {Trained(*MUON): pytest.approx(30 - 8 - 2 / 3)}


def test_the_section_holds_the_numbers_and_marks_a_direction(folder):
    measured = read_optimizers(folder)
    assert measured is not None
    text = section("optimizers.md.j2", measured)
    assert optimizers_table(measured) in text
    assert tried_table(measured) in text
    assert "‡" in text, "all maps share one seed"
    assert "54.5 dB" in text
    assert "6 of 6" in text


def test_without_maps_of_adam_and_of_another_there_is_no_section(tmp_path):
    results = str(tmp_path)
    assert read_optimizers(results) is None
    for trained in (ADAM, MUON):
        fits = planted(trained, "clip", 50, 0)
        write_rows([f._asdict() for f in fits], COMMAND, results, FILE, to=None, same=())
        assert read_optimizers(results) is None


def test_rates_are_chosen_on_signals_that_are_not_mapped(tmp_path):
    signals = [
        replace(
            make_signal(f"clip{number}", n=256),
            descriptors={"psi": 0.03 * number + 0.05, "low_pass_40": 0.02 * number + 0.05},
        )
        for number in range(13)
    ]
    tuned, mapped = chosen_signals(signals)
    assert (len(tuned), len(mapped)) == (4, 8)
    assert not {s.sha256 for s in tuned} & {s.sha256 for s in mapped}
    rows = tuning(tuned)
    store = Store(str(tmp_path))
    with refused("missing", store.results):
        best_fits(rows, store)
    best = {name: tried[-1] for name, tried in TRIED.items()}

    def psnr(row) -> float:
        return 40.0 + (best[row["optimizer"]] == (row["learning_rate"], row["decay"]))

    store.append(stored_row(trial_of(row).key, metric_psnr_peak=psnr(row)) for row in rows)
    fits = best_fits(rows, store)
    assert {f.optimizer: (f.learning_rate, f.decay) for f in fits} == best
    rows = maps(mapped, [*fits, FIT])
    # Some cells are beyond what a network of this width can have, and meet at the nearest.
    assert 8 * 4 * 12 < len(rows) <= 8 * 4 * (4 * len(FACTORS) + 1)
    assert len({trial_of(row).key for row in rows}) == len(rows)
    assert {row["sha256"] for row in rows} == {signal.sha256 for signal in mapped}
    assert math.isclose(max(FACTORS) / min(FACTORS), STEP**4, rel_tol=0.02)


def test_too_few_signals_are_refused():
    with refused("too-few", "archive", 11):
        chosen_signals([make_signal(f"clip{number}") for number in range(11)])
