"""Compare networks on an image, with equal parameters and equal steps.

    python studies/image_architectures.py run --scale small --signals my_images/*.png

These are Tables 2 and 5 of the paper, made fair. Every network takes the same full-batch steps, has
about the same number of parameters, and is scored on the whole image. A network that is no better
than a constant is marked. No first-layer omega is scaled (Sec. 5.2). SIREN-RFF and ReLU-PE come in
two forms: the names that end in `_authors` are those of the authors' code, the others the
textbook's.
"""

from studies.command.cli import main
from studies.engine.planning.scales import (
    IMAGE_PAPER,
    IMAGE_SMALL,
    RECOMMENDED_SIREN2,
    comparison,
    named,
)
from studies.engine.planning.study import Study
from studies.questions import Comparison

NETWORKS = (
    *named(
        "siren", "siren2", "relu_pe", "wire", "finer", "gauss", "finer_pp", "hosc", "siren_rff",
        "siren_scaled", "siren_normal", "siren_zero_bias", "siren2_zero_bias", "relu_pe_authors",
        "siren_rff_authors",
    ),
    RECOMMENDED_SIREN2,
)  # fmt: skip

STUDY = Study(
    name="image_architectures",
    title="Which network fits an image best, with equal parameters and equal steps?",
    signals=("riemann",),
    media="image",
    # 4 x 52 and 4 x 256 with two coordinates and one channel.
    small=comparison(IMAGE_SMALL, NETWORKS, parameters=8_477),
    paper=comparison(IMAGE_PAPER, NETWORKS, parameters=198_401),
    question=Comparison(),
)

if __name__ == "__main__":
    main(STUDY)
