"""Fit sounds with less and less low-frequency content: where does a network see nothing any more?

    python studies/bottleneck.py run --scale small
    python studies/bottleneck.py run --scale small --networks siren finer wire

This is Fig. 1 of the paper. S1 to S8 are broadband sounds from an equation, whose lowest frequency
rises (`studies.engine.signals.broadband`). Plain SIREN fits the first ones, and stays at zero
output on the others, although some of their frequencies are within its reach. SIREN² takes its
noise scales from the signal, by the recommended rule or by Eqn. 11.
"""

if __name__ == "bottleneck":
    # Ray's workers look for modules in the folder of the script first, and pandas for a package of
    # this name, which it can do without.
    raise ImportError("this is a study, not the package bottleneck")

from search_spaces.networks import Case
from search_spaces.rules import EQN11_SCALED, RECOMMENDED
from studies.command.cli import main
from studies.engine.planning.scales import AUDIO_PAPER, AUDIO_SMALL, comparison
from studies.engine.planning.study import Study
from studies.engine.signals.broadband import CUTOFFS
from studies.questions import Comparison

NETWORKS = (
    Case(name="siren", network="siren"),
    Case(name="siren2", network="siren2", rule=RECOMMENDED),
    Case(name="siren2_eqn11", network="siren2", rule=EQN11_SCALED),
)

STUDY = Study(
    name="bottleneck",
    title="Where does a network stop seeing a sound whose low frequencies are removed?",
    signals=tuple(CUTOFFS),
    small=comparison(AUDIO_SMALL, NETWORKS, parameters=8_425),
    paper=comparison(AUDIO_PAPER, NETWORKS, parameters=149_185),
    question=Comparison(),
)

if __name__ == "__main__":
    main(STUDY)
