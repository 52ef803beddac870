"""Measure how far Eqn. 11 lies below the optimum that a search finds, sound by sound.

    python studies/audio_search.py run --scale small --trials 20 --signals my_clips/*.wav
    python studies/audio_search.py plan --scale small

Each clip has an Optuna study over (s0, s1) of SIREN², and one Tune run serves all of them. The
search starts from what the results already hold (`audio_grid`, earlier searches) and from the
rules' points. Then the optimum and the rules are fitted on seeds that neither the search nor the
choice has used.
"""

from dataclasses import replace

from studies.command.cli import main
from studies.engine.planning.scale import confirming_seeds
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL
from studies.engine.planning.study import Study
from studies.engine.search.settings import SearchSettings
from studies.questions import Search

CHOOSING, SCORING = confirming_seeds(5)

STUDY = Study(
    name="audio_search",
    title="How far below the optimum that a search finds does Eqn. 11 lie?",
    signals=("clips",),
    small=replace(AUDIO_SMALL, seeds=2),
    paper=replace(AUDIO_PAPER, seeds=3),
    question=Search(
        choosing_seeds=CHOOSING,
        scoring_seeds=SCORING,
        settings=SearchSettings(trials=60, sampler="tpe"),
    ),
)

if __name__ == "__main__":
    main(STUDY)
