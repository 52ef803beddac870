"""How far below a signal's confirmed optimum does each rule lie?

    python studies/rule_check.py run --signals my_clips/*.wav
    python studies/rule_check.py run --rules my_rule.json --signals my_clips

Every clip is mapped coarsely over (s0, s1) of SIREN². The best cells and every rule's point then
compete on fresh seeds, and what wins, the optimum, is compared with all rules on seeds that are
fresh again. `analysis.rules.fitting` fits rules to what this leaves behind.
"""

from dataclasses import replace

from inr_models import FitConfig
from search_spaces.grids import AUDIO_GRID_COARSE
from search_spaces.rules import EQN11_SOUND, FITTED
from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL
from studies.engine.planning.study import Study, confirming_seeds

CHOOSING, SCORING = confirming_seeds(3)

RULES = (*EQN11_SOUND, *FITTED, "spectrum")

STUDY = Study(
    name="rule_check",
    question="How far below a signal's confirmed optimum does each rule lie?",
    signals=("clips",),
    small=replace(
        AUDIO_SMALL,
        grid=AUDIO_GRID_COARSE,
        # Twice as long as the other studies' small fits: the longer, the more like the paper's.
        fit=FitConfig(epochs=300, learning_rate=5e-4, decay=0.95, decay_every=20),
        rules=RULES,
    ),
    paper=replace(
        AUDIO_PAPER,
        # The same gains and bandwidths in the wider network.
        grid=AUDIO_GRID_COARSE.at_width(AUDIO_SMALL.width, AUDIO_PAPER.width),
        seeds=1,
        rules=RULES,
    ),
    default_scale="small",  # what the rules that were fitted are of
    choosing_seeds=CHOOSING,
    scoring_seeds=SCORING,
)

if __name__ == "__main__":
    main(STUDY)
