"""The paper's figures: beside which fits they stand, and how they are marked."""

import dataclasses

from analysis.comparison.published import EPOCHS, SETS, TABLES, left_out, published, target_of
from analysis.comparison.standings import compare
from analysis.comparison.tables import caption
from studies import audio_architectures, image_architectures, tensor_train
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.signals.signal import Signal
from tests.fakes.runs import IMAGE, SCORES, make_comparison, make_signal


def papers(name: str, psi: float, zero: float) -> Signal:
    return dataclasses.replace(make_signal(name, psi), psnr_zero=zero, shape=(150_000,))


def test_the_papers_figures_are_known_by_name_and_psi_and_marked_where_they_are_artefacts():
    bach, tetris = papers("gt_bach", 0.0737, 18.65), papers("tetris", 0.57321, 13.44)
    assert target_of(bach) == "bach"
    assert target_of(papers("bach", 0.0741, 18.65)) is None, "another clip of that name"
    assert target_of(dataclasses.replace(IMAGE, name="castle_512")) is None

    def marks(signal: Signal) -> dict[str, str]:
        found = {c: published("audio_architectures", signal, c) for c in SCORES | {"relu_pe": 0}}
        return {case: str(figure) for case, figure in found.items()}

    assert marks(bach) == {
        "siren": "59.4", "siren2": "60.5", "finer_pp": "62.2", "wire": "26.1†", "relu_pe": "18.9‡",
    }  # fmt: skip
    assert marks(tetris) == {
        "siren": "13.4‡", "siren2": "62.7", "finer_pp": "52.2", "wire": "13.6‡", "relu_pe": "13.6‡",
    }  # fmt: skip
    assert published("audio_architectures", bach, "hosc") is None


def test_targets_that_cannot_be_had_are_named_and_no_mean_stands_for_them():
    never, others = left_out("image_architectures", [])
    assert never == list(SETS)
    assert others == ["noise", "2D-Riemann", "camera", "castle", "rock"]
    assert not any(TABLES["image_architectures"][name] for name in SETS)
    tap = papers("tap", 0.7264, 20.4)
    never, others = left_out("audio_architectures", [tap])
    assert never == ["voltage", "foley", "birds"]
    assert "tap" not in others
    run = make_comparison(scale="paper", signal=tap)
    (found,) = compare([SignalState(run, tap)], [[]])
    said = caption(run, [found])
    assert "These targets of the paper are not available: voltage, foley, birds." in said
    assert "‡" in said


def test_the_papers_riemann_problem_is_marked_as_another_field():
    field = dataclasses.replace(IMAGE, name="riemann", shape=(512, 512))
    figure = published("image_architectures", field, "siren")
    assert str(figure) == "55.3§"


def test_the_papers_figures_stand_beside_as_many_epochs_as_the_papers_alone():
    relay = papers("relay", 0.6310, 20.7)
    for study, epochs in ((audio_architectures.STUDY, 30_000), (tensor_train.STUDY, 10_000)):
        assert EPOCHS[study.name] == epochs == study.paper.fit.epochs
        for changed in (None, 3):
            run = make_comparison(study, relay, "paper", epochs=changed)
            (found,) = compare([SignalState(run, relay)], [[]])
            shown = {s.point.case for s in found.standings if s.paper}
            assert shown == (set() if changed else TABLES[study.name]["relay"].keys())
            assert (f"are for {epochs:,} epochs" in caption(run, [found])) == bool(changed)
    assert EPOCHS["image_architectures"] == image_architectures.STUDY.paper.fit.epochs
