"""Compare networks on a sound, with equal parameters and equal steps.

    python studies/audio_architectures.py run --scale small --signals my_clips/*.wav
    python studies/audio_architectures.py run --scale small --networks siren siren2 --tune

This is Table 1 of the paper, made fair. Every network takes the same full-batch steps, has about
the same number of parameters, and is scored on the whole sound. A network that is no better than a
constant is marked. Beside the paper's networks the study has HOSC, Gauss, and rival
initializations of SIREN. SIREN-RFF and ReLU-PE come in two forms: the names that end in `_authors`
are those of the code behind Table 1, the others the textbook's.
"""

from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL, SOUND_NETWORKS, comparison
from studies.engine.planning.study import Study
from studies.questions import Comparison

STUDY = Study(
    name="audio_architectures",
    title="Which network fits a sound best, with equal parameters and equal steps?",
    signals=("clips",),
    # 4 x 52 and 4 x 222 with one coordinate.
    small=comparison(AUDIO_SMALL, SOUND_NETWORKS, parameters=8_425),
    paper=comparison(AUDIO_PAPER, SOUND_NETWORKS, parameters=149_185),
    question=Comparison(),
)

if __name__ == "__main__":
    main(STUDY)
