"""Search the noise scales of SIREN² that remove the noise of sounds best, without the clean sound.

    python studies/audio_denoising_search.py run --scale small --trials 12
    python studies/audio_denoising_search.py run --scale small --snr 10 --signals my_clips/*.wav

The paper searches them in a range that it chose (Sec. 5.4). Here Optuna searches (s0, s1) by the
PSNR of samples that no fit has seen. Points of rules that see the noisy spectrum without its noise
floor stand beside it, and classical methods. The clean sound scores what was chosen.
"""

from studies.command.cli import main
from studies.engine.planning.scales import NOISY_AUDIO_PAPER, NOISY_AUDIO_SMALL
from studies.engine.planning.study import Study
from studies.engine.search.settings import SearchSettings
from studies.questions import DenoisingSearch

STUDY = Study(
    name="audio_denoising_search",
    title="How much noise does SIREN² remove at the scales that a search finds blindly?",
    signals=("clips",),
    small=NOISY_AUDIO_SMALL,
    paper=NOISY_AUDIO_PAPER,
    question=DenoisingSearch(settings=SearchSettings(trials=30, sampler="tpe")),
)

if __name__ == "__main__":
    main(STUDY)
