"""Say what makes two searches the same: the signal, and what is asked about it.

A search belongs to its signal. The run that asks for it, its other signals, its rules and the
seeds that confirm its optimum are no part of it.
"""

import hashlib
import json

from inr_models import FIT_VERSION
from studies.engine.planning.run import Run, named_fields
from studies.engine.search.settings import SearchSettings
from studies.engine.search.space import space
from studies.engine.signals.signal import Signal


def search_id(run: Run, settings: SearchSettings, signal: Signal) -> str:
    """Return 12 hex digits of the signal's SHA-256 and 8 of what a search of it asks.

    Two runs with the same id continue one search. A search that is asked for more suggestions
    is the same one.

    Raises:
        InputError: The space is a single point.
    """
    content = {"signal": signal.sha256, **_asked(run, settings, signal)}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"{signal.sha256[:12]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _asked(run: Run, settings: SearchSettings, signal: Signal) -> dict[str, object]:
    """Return what a search asks. Fields at their default are left out, as in a run's identity."""
    scale = run.scale
    bounds = {name: [d.low, d.high, d.log] for name, d in space(run, signal).items()}
    return {
        "kind": run.question.kind,
        "space": bounds,
        "settings": named_fields(settings.identity()),
        "network": [scale.width, scale.depth, scale.zero_output_bias],
        "fit": [FIT_VERSION, named_fields(scale.fit)],
        "seeds": scale.seeds,
        "objective": [scale.objective.name, named_fields(scale.objective)],
    }
