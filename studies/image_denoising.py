"""Remove white noise from images with networks that never see the clean image.

    python studies/image_denoising.py run --scale small --signals my_images/*.png
    python studies/image_denoising.py run --scale small --sigma 0.2 --signals photo.jpg

This does for images what `audio_denoising` does for sounds (Sec. 5.3, Figs. 11 and 16).
"""

from search_spaces.rules.eqn11 import PAPER_SIDE
from studies.command.cli import main
from studies.engine.planning.scales import DENOISED_BIASES, IMAGE_PAPER, IMAGE_SMALL, denoising
from studies.engine.planning.study import Study
from studies.questions import Denoising

STUDY = Study(
    name="image_denoising",
    title="Which network removes the noise of an image best, chosen without the clean image?",
    signals=("riemann",),
    media="image",
    small=denoising(IMAGE_SMALL, parameters=8_477, epochs=400),
    # The paper does not say how long it trains for images.
    paper=denoising(IMAGE_PAPER, parameters=198_401, epochs=20_000),
    question=Denoising(
        settings={
            "siren2": {"s0": (0.0, 5.0, 10.0, 25.0, 50.0, 100.0, 200.0), "s1": (0.01,)},
            "finer_pp": {"first_bias": DENOISED_BIASES},
        },
        samples=PAPER_SIDE,
    ),
)

if __name__ == "__main__":
    main(STUDY)
