"""Map sounds in several settings: few and many values for each parameter, few and many layers.

    python studies/setting_maps.py run --signals my_clips/*.wav --ratios 0.25 1 4
    python studies/setting_maps.py run --ratios 1 --depths 2 4 6 --epochs 1000

Where a network fits best depends on the signal and on the setting. This study maps each clip in
every setting that it is given, and confirms nothing: its maps are data for rules that know the
setting (`python -m analysis.settings results`). Run it again with other epochs or learning rates,
and all maps are kept in one folder.
"""

from dataclasses import replace

from search_spaces.rules import EVEN_LAW, RECOMMENDED
from studies.command.cli import main
from studies.engine.planning.study import Study
from studies.questions import SettingMaps
from studies.rule_check import STUDY as RULE_CHECK

RULES = ("eqn11_length_width", RECOMMENDED, EVEN_LAW)

STUDY = Study(
    name="setting_maps",
    title="Where in (s0, s1) do networks of several sizes fit a sound best?",
    signals=("clips",),
    small=replace(RULE_CHECK.small, max_samples=2_048, rules=RULES),
    paper=replace(RULE_CHECK.paper, rules=RULES),
    question=SettingMaps(ratios=(0.25, 1.0, 4.0), depths=(4,)),
)

if __name__ == "__main__":
    main(STUDY)
