"""Define what grid, search and rule check share: SIREN² over its noise scales (s0, s1)."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inr_models import InputError, Siren2Config
from search_spaces.networks import Case, network_for
from search_spaces.plugins import is_plugin, load_rule_function, plugin_name
from search_spaces.rules import RULES, AnyRule, Target, named_rule, rule_name
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Place, PlannedFit, Point, cells_of, planned, siren2_at
from studies.engine.planning.question import Flag, Question, field_flag
from studies.engine.planning.run import Run
from studies.engine.planning.scale import Scale, check_name
from studies.engine.planning.study import Study
from studies.engine.signals.signal import Signal


@dataclass(frozen=True, kw_only=True)
class NoiseScaleQuestion(Question):
    """A question about SIREN² over (s0, s1): the rules' points and the cells of a grid.

    Args:
        scoring_seeds: The seeds that score what is compared. No choice is made on them.
    """

    scoring_seeds: tuple[int, ...] = (105, 106)

    def check(self, scale: Scale) -> None:
        """Refuse a scale without a grid or without a rule."""
        if scale.grid is None or not scale.rules or not self.scoring_seeds:
            raise InputError.at(
                "missing",
                "scoring_seeds",
                f"a {self.kind} needs them, a grid and a rule; give all.",
            )

    def flags(self, study: Study) -> list[Flag]:
        return [
            Flag(
                name="rules",
                read=lambda run: list(run.rules),
                change=_with_rules,
                help="further rules: names, JSON files, or FILE.py:FUNCTION",
                names=tuple(RULES),
                options={"nargs": "+", "metavar": "RULE"},
                # The command line adds rules to the study's own.
                agrees=lambda run, rules: {rule_name(rule) for rule in rules} <= run.rules.keys(),
            ),
            Flag(
                name="confirm_seeds",
                read=lambda run: len(_own(run).scoring_seeds),
                change=_with_confirming_seeds,
                help="fresh seeds that score what is compared",
                options={"type": int, "metavar": "N"},
            ),
            Flag(
                name="width",
                read=lambda run: run.scale.width,
                change=_with_width,
                help="units of a hidden layer (the grid keeps its bandwidths and gains)",
                options={"type": int, "metavar": "N"},
            ),
            field_flag("depth", "scale.depth", "hidden layers", type=int, metavar="N"),
            field_flag(
                "zero_output_bias",
                "scale.zero_output_bias",
                "start with an output bias of 0",
                action="store_true",
            ),
            field_flag(
                "learning_rate",
                "scale.fit.learning_rate",
                "learning rate at the start",
                type=float,
                metavar="RATE",
            ),
        ]

    def with_confirming_seeds(self, count: int) -> "NoiseScaleQuestion":
        """Return the question with `count` seeds in every group that confirms."""
        raise NotImplementedError

    def points(self, run: Run, signal: Signal) -> list[Point]:
        """Return the rules' points, then the grid's cells."""
        target = run.scale.target(signal)
        rules = [
            Point(name=name, kind="rule", network=_at_rule(run, name, rule, target, signal))
            for name, rule in run.rules.items()
        ]
        return [*rules, *cells_of(run.scale, run.grid, target.side)]

    def stored_where(self, run: Run) -> dict[str, Any]:
        fit = {f"fit_{name}": value for name, value in vars(run.scale.fit).items()}
        return super().stored_where(run) | {"hp_width": run.scale.width} | fit

    def facts(self, run: Run) -> dict[str, str]:
        first, side = {
            "image": ("omega²/12", "n pixels along the longest axis"),
            "shape": ("omega²/27", "n points of the scored grid along an axis"),
        }.get(run.media, ("omega²/3", "n samples"))
        return {
            "network": f"SIREN² (WINNER), {run.scale.depth} hidden layers of {run.scale.width} "
            "units, omega 30",
            "K": "The rms angular frequency of layer 2, "
            f"sqrt({first} + s0²) · sqrt(1 + width · s1²/2). Nyquist is pi · n / 2, {side}.",
        }


def map_fits(
    state: SignalState, points: Sequence[Point], also: Sequence[Place] = ()
) -> list[PlannedFit]:
    """Return the fits of points on the map's seeds, coarse to fine, and those at `also`.

    On the first seed every second cell comes first, then the others. The other seeds follow in
    turn. So an interrupted run already has a whole map, though a coarse one.
    """
    places = []
    for point in points:
        odd = sum(point.cell) % 2 if point.cell else 0
        for seed in state.run.scale.map_seeds:
            places.append(Place(odd if seed == 0 else seed + 1, point, seed))
    return planned(state.run.scale, state.signal, [*places, *also])


def plain_siren(run: Run, signal: Signal) -> Point:
    """Return SIREN at the run's width as published, with its omega scaled for the signal."""
    target = run.scale.target(signal)
    case = Case(name="siren", network="siren", width=run.scale.width)
    return Point(name="siren", kind="network", network=network_for(case, target, 0, ""))


def _at_rule(run: Run, name: str, rule: AnyRule, target: Target, signal: Signal) -> Siren2Config:
    try:
        return siren2_at(run.scale, rule(target))
    except InputError as error:
        raise error.within(f"{signal.source}: rule {name}") from error


def _own(run: Run) -> NoiseScaleQuestion:
    assert isinstance(run.question, NoiseScaleQuestion), "only such questions have the flag"
    return run.question


def _with_confirming_seeds(run: Run, count: int) -> Run:
    return dataclasses.replace(run, question=_own(run).with_confirming_seeds(count))


def _with_rules(run: Run, texts: Sequence[str]) -> Run:
    """Return the run with rules added, by name or from files that give them their name."""
    named: dict[str, Any] = {}
    for text in texts:
        if is_plugin(text):
            name, rule = plugin_name(text), load_rule_function(text, "--rules")
        else:
            name, rule = named_rule(text, "--rules")
        check_name("--rules", name)
        if name in RULES and named_rule(name, "--rules")[1] != rule:
            why = f"another rule is named {name}; rename the function."
            raise InputError.of_value("taken", "--rules", text, why)
        if named.get(name, rule) != rule:
            raise InputError.of_value(
                "taken", "--rules", text, f"another rule is named {name}. Rename the file."
            )
        named[name] = rule
    rules = run.rules | named
    return dataclasses.replace(
        run, rules=rules, scale=dataclasses.replace(run.scale, rules=tuple(rules))
    )


def _with_width(run: Run, width: int) -> Run:
    """Return the run at another width. The grid keeps its gains and bandwidths."""
    if width < 1:
        raise InputError.of_value("out-of-range", "--width", width, "give 1 or more.")
    grid = run.grid
    if width != run.scale.width:
        grid = grid.at_width(run.scale.width, width)
    return dataclasses.replace(run, scale=dataclasses.replace(run.scale, width=width, grid=grid))
