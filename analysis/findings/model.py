"""Hold what the page of findings is written from."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from analysis.anytime.stored import Measured
from analysis.experiments.stored import Row
from analysis.experiments.transfer import BiasPair, Moved
from analysis.findings.between import BetweenSamples
from analysis.findings.confirmation import Confirmation
from analysis.findings.optimizers import Optimizers
from analysis.regret.choice_loss import ChoiceLoss
from analysis.regret.stored import HELD_OUT, RuleRegret
from analysis.rules.sufficiency import Sufficiency
from analysis.settings.confirmed import Confirmed
from analysis.settings.stored import Measured as SettingsMeasured
from analysis.surfaces.surfaces import Surfaces
from search_spaces.rules import EQN11_SCALED, UNFITTED, AnyRule

FORESTS = ("forest", "forest_psi")
"""Families of `rule_fitting` without a formula."""


class Extent(NamedTuple):
    """How much was fitted.

    Attributes:
        setting: the value of each column of `SETTING` that the fits share.
        num_fits: the number of fits.
        num_dead: the dead ones, see `store/dead.py`.
        num_mapped: the number of fits on the maps' seeds. The others choose and score.
        seeds: of the maps.
        points: the fewest and the most points of a signal's surface.
        means_over: the number of signals whose points are means over so many seeds.
        num_left_out: signals with too few points for a surface.
    """

    setting: Mapping[str, Any]
    num_fits: int
    num_dead: int
    num_mapped: int
    seeds: tuple[int, ...]
    points: tuple[int, int]
    means_over: Mapping[int, int]
    num_left_out: int


class Transfer(NamedTuple):
    """Hold what `python -m analysis.transfer_report` wrote. It is empty where it has not run."""

    moved: tuple[Moved, ...] = ()
    bias: tuple[BiasPair, ...] = ()


class Findings(NamedTuple):
    """All numbers of the page.

    Attributes:
        surfaces: of the signals.
        extent: how much was fitted.
        regrets: of rules on recordings and seeds that they were not fitted to, read from the
            surfaces.
        confirmed: regrets of rules whose points were trained.
        family: the simplest family that is as good as the best one, see `simplest`.
        rule: this family, fitted to all signals.
        sufficiency: what descriptors add to psi.
        experiments: a row for each pair of an original and a variant.
        transfer: the rule in other settings.
        confirmation: claims, tested on other recordings; None if the user gave none.
        between: what fits reach between their samples, by `--hold-out`.
        settings: rules in every setting, None if `python -m analysis.settings` has not run.
        settings_confirmed: rules against confirmed optima in settings, None if none are stored.
        anytime: what searches answer after a few fits, None if no replay was stored.
        optimizers: maps under several optimizers, None if none are stored.
        choice: what the choice of the optima loses, None if they were chosen on few seeds.
    """

    surfaces: Surfaces
    extent: Extent
    regrets: tuple[RuleRegret, ...]
    confirmed: tuple[RuleRegret, ...]
    family: str
    rule: AnyRule
    sufficiency: Sufficiency
    experiments: tuple[Row, ...] = ()
    transfer: Transfer = Transfer()
    choice: ChoiceLoss | None = None
    confirmation: Confirmation | None = None
    between: tuple[BetweenSamples, ...] = ()
    settings: SettingsMeasured | None = None
    settings_confirmed: Confirmed | None = None
    anytime: Measured | None = None
    optimizers: Optimizers | None = None

    def of(self, rule: str) -> RuleRegret | None:
        """Return a rule's regret on the surfaces, None where it was not measured."""
        return next((regret for regret in self.regrets if regret.rule == rule), None)

    def trained(self, rule: str) -> RuleRegret | None:
        """Return a rule's regret on held-out recordings by training, None where it was not trained.

        A rule of the registry with fitted constants has seen all signals, so only the points of its
        held-out version may stand beside a held-out regret.
        """
        names = [HELD_OUT + rule, *([rule] if rule in UNFITTED else [])]
        known = {regret.rule: regret for regret in self.confirmed}
        return next((known[name] for name in names if name in known), None)

    @property
    def best(self) -> RuleRegret:
        """The regret of the simplest family that is as good as the best one."""
        regret = self.of(self.family)
        assert regret
        return regret

    @property
    def eqn11(self) -> RuleRegret:
        """The regret of Eqn. 11, scaled in length and width."""
        regret = self.of(EQN11_SCALED)
        assert regret
        return regret
