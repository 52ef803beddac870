"""Measure how far Eqn. 11 lies below the optimum that a search finds, image by image.

    python studies/image_search.py run --scale small --trials 20 --signals my_images/*.png
    python studies/image_search.py plan --scale small

This study does for images and arrays what `audio_search` does for sounds: each image has an Optuna
study over (s0, s1) of SIREN².
"""

from dataclasses import replace

from studies.command.cli import main
from studies.engine.planning.scale import confirming_seeds
from studies.engine.planning.scales import IMAGE_PAPER, IMAGE_SMALL
from studies.engine.planning.study import Study
from studies.engine.search.settings import SearchSettings
from studies.questions import Search

CHOOSING, SCORING = confirming_seeds(5)

STUDY = Study(
    name="image_search",
    title="How far below the optimum that a search finds does Eqn. 11 lie?",
    signals=("riemann",),
    media="image",
    small=replace(IMAGE_SMALL, seeds=2),
    paper=replace(IMAGE_PAPER, seeds=3),
    question=Search(
        choosing_seeds=CHOOSING,
        scoring_seeds=SCORING,
        settings=SearchSettings(trials=60, sampler="tpe"),
    ),
)

if __name__ == "__main__":
    main(STUDY)
