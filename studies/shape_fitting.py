"""Fit the signed distance of shapes from points on their surface, and compare the networks.

    python studies/shape_fitting.py run --scale small
    python studies/shape_fitting.py run --scale small --signals my_shapes/*.obj
    python studies/shape_fitting.py run --scale small --resolution 128

This is Fig. 17 of the paper (Sec. B.4) with more networks. A fit sees samples of the surface with
their normals, and samples around it with their distance from these. The report has a mesh of every
network and its distance from the surface. SIREN² has the scales of Table 6. Run `shape_search` to
find better ones.
"""

from studies.command.cli import main
from studies.engine.planning.scales import SHAPE_PAPER, SHAPE_SMALL, comparison, named
from studies.engine.planning.study import Study
from studies.questions import Shapes

NETWORKS = named(
    "siren", "siren2", "finer", "finer_pp", "wire", "gauss", "hosc", "siren_rff", "relu_pe"
)

STUDY = Study(
    name="shape_fitting",
    title="Which network fits the signed distance of a shape best?",
    signals=("sphere", "torus"),
    media="shape",
    # 4 x 52 and 4 x 256 with three coordinates.
    small=comparison(SHAPE_SMALL, NETWORKS, parameters=8_529, seeds=1),
    paper=comparison(SHAPE_PAPER, NETWORKS, parameters=198_657),
    question=Shapes(),
)

if __name__ == "__main__":
    main(STUDY)
