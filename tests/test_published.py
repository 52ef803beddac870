"""The paper's figures: beside which fits they stand, and how they are marked."""

import dataclasses

from analysis.comparison.published import (
    EPOCHS,
    MARKS,
    SETS,
    TABLES,
    left_out,
    published,
    target_of,
)
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
        cases = [*SCORES, "relu_pe_authors", "siren_rff_authors"]
        figures = {case: published("audio_architectures", signal, case) for case in cases}
        return {case: str(figure) for case, figure in figures.items()}

    assert marks(bach) == {
        "siren": "59.4", "siren2": "60.5", "finer_pp": "62.2", "wire": "26.1†",
        "relu_pe_authors": "18.9‡¶", "siren_rff_authors": "41.8¶",
    }  # fmt: skip
    assert marks(tetris) == {
        "siren": "13.4‡", "siren2": "62.7", "finer_pp": "52.2", "wire": "13.6‡",
        "relu_pe_authors": "13.6‡¶", "siren_rff_authors": "38.1¶",
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
    (comparison,) = compare([SignalState(run, tap)], [[]])
    text = caption(run, [comparison])
    assert all(name in text for name in (*never, *others))
    assert "tap" not in text
    shown = {mark for s in comparison.standings if s.paper for mark in s.paper.marks}
    assert {mark for mark in MARKS if mark in text} == shown == {"‡", "¶"}


def test_the_textbooks_networks_stand_beside_no_figure_of_the_paper():
    for study in (audio_architectures.STUDY, image_architectures.STUDY):
        for figures in TABLES[study.name].values():
            assert not figures.keys() & {"siren_rff", "relu_pe"}
    tap = papers("tap", 0.7264, 20.4)
    run = make_comparison(scale="paper", signal=tap)
    (comparison,) = compare([SignalState(run, tap)], [[]])
    figures = {s.point.network.network: s.paper for s in comparison.standings}
    assert figures["siren_rff"] is None
    assert figures["relu_pe"] is None
    for network, column in (("siren_rff_authors", 44.8), ("relu_pe_authors", 21.1)):
        figure = figures[network]
        assert figure
        assert figure.psnr == column


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
            (comparison,) = compare([SignalState(run, relay)], [[]])
            shown = {s.point.case for s in comparison.standings if s.paper}
            assert shown == (set() if changed else TABLES[study.name]["relay"].keys())
            assert (f"{epochs:,}" in caption(run, [comparison])) == bool(changed)
    assert EPOCHS["image_architectures"] == image_architectures.STUDY.paper.fit.epochs
