"""Search the noise scales of SIREN² for shapes, for which the paper has no rule.

    python studies/shape_search.py run --scale small --trials 10
    python studies/shape_search.py run --scale small --signals my_shapes/*.ply

Table 6 of the paper has scales for one shape, chosen by hand. The search finds each shape's optimum
and measures how far below it these scales lie. The score is the PSNR of the distance.
"""

from dataclasses import replace

from studies.command.cli import main
from studies.engine.planning.scale import confirming_seeds
from studies.engine.planning.scales import SHAPE_PAPER, SHAPE_SMALL
from studies.engine.planning.study import Study
from studies.engine.search.settings import SearchSettings
from studies.questions import Search

CHOOSING, SCORING = confirming_seeds(2)

STUDY = Study(
    name="shape_search",
    title="How far below the optimum that a search finds do the paper's scales for a shape lie?",
    signals=("sphere", "torus"),
    media="shape",
    small=SHAPE_SMALL,
    paper=replace(SHAPE_PAPER, seeds=3),
    question=Search(
        choosing_seeds=CHOOSING,
        scoring_seeds=SCORING,
        settings=SearchSettings(trials=30, sampler="tpe"),
    ),
)

if __name__ == "__main__":
    main(STUDY)
