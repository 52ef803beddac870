"""Measure how far each rule lies below a signal's confirmed optimum.

    python studies/rule_check.py run --signals my_clips/*.wav
    python studies/rule_check.py run --rules my_rule.json --signals my_clips

The study maps every clip coarsely over (s0, s1) of SIREN². Then the best cells and every rule's
point compete on fresh seeds. The winner is the optimum. It is compared with all rules on further
fresh seeds. `analysis.rule_fitting` fits rules to the maps.
"""

from dataclasses import replace

from inr_models import FitConfig
from search_spaces.grids import AUDIO_GRID_CHECK
from search_spaces.rules import EQN11_SOUND, FITTED
from studies.command.cli import main
from studies.engine.planning.scale import confirming_seeds
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL
from studies.engine.planning.study import Study
from studies.questions import RuleCheck

CHOOSING, SCORING = confirming_seeds(3)

RULES = (*EQN11_SOUND, *FITTED, "spectrum")

STUDY = Study(
    name="rule_check",
    title="How far below a signal's confirmed optimum does each rule lie?",
    signals=("clips",),
    small=replace(
        AUDIO_SMALL,
        grid=AUDIO_GRID_CHECK,
        # Fits twice as long as in the other small studies are closer to the paper's.
        fit=FitConfig(epochs=300, learning_rate=5e-4, decay=0.95, decay_every=20),
        rules=RULES,
    ),
    paper=replace(
        AUDIO_PAPER,
        # Keep the gains and bandwidths in the wider network.
        grid=AUDIO_GRID_CHECK.at_width(AUDIO_SMALL.width, AUDIO_PAPER.width),
        seeds=1,
        rules=RULES,
    ),
    question=RuleCheck(choosing_seeds=CHOOSING, scoring_seeds=SCORING),
)

if __name__ == "__main__":
    main(STUDY)
