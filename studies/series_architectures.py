"""Compare networks on a time series, with equal parameters and equal steps.

    python studies/series_architectures.py run --scale small --signals ecg.csv --column lead_2
    python studies/series_architectures.py run --scale small --signals strain.npy --hold-out 10%

This study does for a column of a CSV or Parquet file, or for a NumPy array, what
`audio_architectures` does for sounds. No fit sees what lies in a gap. With `--hold-out` the table
also says how well each network fills in what it has not seen.
"""

from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL, SOUND_NETWORKS, comparison
from studies.engine.planning.study import Study
from studies.questions import Comparison

STUDY = Study(
    name="series_architectures",
    title="Which network fits a time series best, with equal parameters and equal steps?",
    signals=("chirp_with_gap",),
    media="series",
    small=comparison(AUDIO_SMALL, SOUND_NETWORKS, parameters=8_425),
    paper=comparison(AUDIO_PAPER, SOUND_NETWORKS, parameters=149_185),
    question=Comparison(),
)

if __name__ == "__main__":
    main(STUDY)
