"""Compute what it cost to find a signal's optimum."""

from typing import NamedTuple

from inr_models import NetworkConfig
from studies.engine.outcomes.choosing import Choice
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import siren2_at
from studies.engine.planning.trial import trial_keys


class Cost(NamedTuple):
    """The work on a signal until its optimum was known."""

    fits: int
    epochs: int
    seconds: float


def cost_to_find(state: SignalState, choice: Choice) -> Cost | None:
    """Return what was fitted on the run's own seeds until the optimum was known.

    The points that are fitted in any case, and those known before a search suggested its first
    point, count in full. Fits that were stopped early count as far as they went. The cost is None
    where the optimum is neither one of these nor a suggestion.
    """
    best = choice.optimum
    if best is None:
        return None
    always = [point.network for point in choice.always]
    suggested: list[NetworkConfig] = [
        siren2_at(state.run.scale, s.scales) for s in state.suggestions
    ]
    num_warm = sum(s.warm for s in state.suggestions)
    if best.network in [*always, *suggested[:num_warm]]:
        num_needed = num_warm
    elif best.network in suggested:
        num_needed = suggested.index(best.network) + 1
    else:
        return None
    scale = state.run.scale
    keys: list[str] = []
    for network in dict.fromkeys([*always, *suggested[:num_needed]]):
        keys += trial_keys(state.signal.sha256, network, scale.fit, tuple(scale.map_seeds))
    spent = [state.rows[key] for key in keys if key in state.rows]
    return Cost(
        fits=len(spent),
        epochs=sum(row["num_epochs"] or 0 for row in spent),
        seconds=sum(row["seconds"] or 0.0 for row in spent),
    )
