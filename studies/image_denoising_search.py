"""Search the noise scales of SIREN² that remove the noise of images best, without the clean image.

    python studies/image_denoising_search.py run --scale small --trials 12
    python studies/image_denoising_search.py run --scale small --snr 10 --signals my_images/*.png

The paper searches them in a range that it chose (Sec. 5.3). Here Optuna searches (s0, s1) by the
PSNR of samples that no fit has seen. Points of rules that see the noisy spectrum without its noise
floor stand beside it, and classical methods. The clean image scores what was chosen.
"""

from studies.command.cli import main
from studies.engine.planning.scales import NOISY_IMAGE_PAPER, NOISY_IMAGE_SMALL
from studies.engine.planning.study import Study
from studies.engine.search.settings import SearchSettings
from studies.questions import DenoisingSearch

STUDY = Study(
    name="image_denoising_search",
    title="How much noise does SIREN² remove at the scales that a search finds blindly?",
    signals=("riemann",),
    media="image",
    small=NOISY_IMAGE_SMALL,
    paper=NOISY_IMAGE_PAPER,
    question=DenoisingSearch(settings=SearchSettings(trials=30, sampler="tpe")),
)

if __name__ == "__main__":
    main(STUDY)
