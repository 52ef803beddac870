"""Map where in (s0, s1) a time series fits best, and how close Eqn. 11 comes.

    python studies/series_grid.py run --scale small --signals ecg.csv --column lead_2
    python studies/series_grid.py run --scale small --signals prices.parquet --column close

This study does for a column of a CSV or Parquet file, or for a NumPy array, what `audio_grid` does
for sounds. Missing values are gaps, which no fit sees and the best cell fills.
"""

from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL
from studies.engine.planning.study import Study
from studies.questions import Grid

STUDY = Study(
    name="series_grid",
    title="Where in (s0, s1) does a time series fit best, and how near does Eqn. 11 come?",
    signals=("chirp_with_gap",),
    media="series",
    small=AUDIO_SMALL,
    paper=AUDIO_PAPER,
    question=Grid(scoring_seeds=(105, 106)),
)

if __name__ == "__main__":
    main(STUDY)
