"""Measure how far Eqn. 11 lies below the optimum that a search finds, series by series.

    python studies/series_search.py run --scale small --trials 20 --signals ecg.csv --column lead_2

This study does for a column of a CSV or Parquet file, or for a NumPy array, what `audio_search`
does for sounds. No fit sees what lies in a gap.
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
    name="series_search",
    title="How far below the optimum that a search finds does Eqn. 11 lie?",
    signals=("chirp_with_gap",),
    media="series",
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
