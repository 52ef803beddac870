"""Map where in (s0, s1) a sound fits best, and how close Eqn. 11 comes.

    python studies/audio_grid.py run --scale small
    python studies/audio_grid.py plan --signals my_clips/*.wav

Fig. 6 of the paper shows one landscape and calls it flat. This study maps one for every clip: it
fits SIREN² on a grid of noise scales, plain SIREN, and the rules' points, all with the paper's
training (Sec. 5.1). The small scale shows the same ridge in minutes on two cores.
"""

from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL
from studies.engine.planning.study import Study
from studies.questions import Grid

STUDY = Study(
    name="audio_grid",
    title="Where in (s0, s1) does a sound fit best, and how near does Eqn. 11 come?",
    signals=("clips",),
    small=AUDIO_SMALL,
    paper=AUDIO_PAPER,
    question=Grid(scoring_seeds=(105, 106)),
)

if __name__ == "__main__":
    main(STUDY)
