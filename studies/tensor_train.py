"""Test whether a hidden layer in tensor-train form saves parameters at no cost in PSNR.

    python studies/tensor_train.py run --scale small --signals my_clips/*.wav

This is Table 4 of the paper. It trains SIREN² of 4 x 256 for 10,000 epochs, and a wider one of 4 x
300 whose fourth hidden layer is a tensor train of rank 8. The paper counts 182,426 parameters for
the latter. `inr_models.networks.tensor_train` explains why its figure does not give that number.
"""

from dataclasses import replace

from search_spaces.networks import Case
from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL, comparison
from studies.engine.planning.study import Study
from studies.questions import Comparison


def cases(dense: int, train: int) -> tuple[Case, ...]:
    """Return a SIREN² of width `dense`, and one of width `train` with the tensor train."""
    return (
        Case(name="siren2", network="siren2", width=dense),
        Case(name="siren2_tt", network="siren2_tt", width=train),
    )


PAPER = replace(AUDIO_PAPER, fit=replace(AUDIO_PAPER.fit, epochs=10_000), width=256)

STUDY = Study(
    name="tensor_train",
    title="Does a hidden layer in tensor-train form save parameters at no cost in PSNR?",
    signals=("clips",),
    small=comparison(AUDIO_SMALL, cases(52, 56), parameters=8_425),
    paper=comparison(PAPER, cases(256, 300), parameters=198_145),
    question=Comparison(),
)

if __name__ == "__main__":
    main(STUDY)
