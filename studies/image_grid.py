"""Map where in (s0, s1) an image fits best, and how close Eqn. 11 comes.

    python studies/image_grid.py run --scale small --signals my_images/*.png
    python studies/image_grid.py plan

This study does for images and arrays what `audio_grid` does for sounds: it fits SIREN² on a grid of
noise scales, plain SIREN, and the rules' points, all with the paper's training (Sec. 5.2).
"""

from studies.command.cli import main
from studies.engine.planning.scales import IMAGE_PAPER, IMAGE_SMALL
from studies.engine.planning.study import Study
from studies.questions import Grid

STUDY = Study(
    name="image_grid",
    title="Where in (s0, s1) does an image fit best, and how near does Eqn. 11 come?",
    signals=("riemann",),
    media="image",
    small=IMAGE_SMALL,
    paper=IMAGE_PAPER,
    question=Grid(scoring_seeds=(105, 106)),
)

if __name__ == "__main__":
    main(STUDY)
