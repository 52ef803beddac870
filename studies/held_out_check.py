"""Train the points of rules that have not seen a signal, against its confirmed optimum.

    cd analysis/data/_rules
    python ../../../studies/held_out_check.py run --rules held_out/*.json own/*.json --signals ...

The study is `rule_check` without the registry's fitted rules. Their constants were fitted to the
signals of the benchmark, so that on these signals only the held-out tables of
`analysis.rule_fitting` are a fair test. The tables in `own` are no rules: they bring the best
points of each signal's own map as candidates for its optimum.
"""

from dataclasses import replace

from search_spaces.rules import EQN11_SOUND
from studies.command.cli import main
from studies.engine.planning.scale import confirming_seeds
from studies.questions import RuleCheck
from studies.rule_check import STUDY as RULE_CHECK

CHOOSING, SCORING = confirming_seeds(5)

RULES = (*EQN11_SOUND, "spectrum")

STUDY = replace(
    RULE_CHECK,
    name="held_out_check",
    title="How far below a signal's confirmed optimum do rules lie that have not seen it?",
    small=replace(RULE_CHECK.small, rules=RULES),
    paper=replace(RULE_CHECK.paper, rules=RULES),
    question=RuleCheck(choosing_seeds=CHOOSING, scoring_seeds=SCORING, top=5),
)

if __name__ == "__main__":
    main(STUDY)
