"""Report a search or a rule check: every rule's regret against each signal's optimum."""

import datetime
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from analysis.regret import page_tables, plots
from analysis.regret.cost import cost_to_find
from analysis.regret.maps import surface
from analysis.regret.parquet import regret_parquet
from analysis.regret.proxy import proxies, proxy_keys
from analysis.regret.regret import (
    Regret,
    regrets,
    scoring_keys,
    share_of_cells_near_best,
    summarize_rules,
)
from analysis.regret.terminal import by_rule_table, proxy_table, regrets_table, rules_table
from analysis.reporting.drawing import Drawing, image
from analysis.reporting.marks import marks
from analysis.reporting.page_table import PageTable
from analysis.reporting.report import drawn_images, file_name, paper_files, render, svg_texts
from analysis.statistics.intervals import DIRECTION_ONLY
from analysis.statistics.recordings import read_recordings
from inr_models.fitting.objective import REGRESSION
from studies.engine.outcomes.choosing import Choice, Confirmation
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results, statuses
from studies.engine.outcomes.signal_state import SignalState, Suggestion

Importance = Callable[[Sequence[Suggestion]], Mapping[str, float]]


def regret_report(
    results: Results,
    choices: Sequence[Choice],
    confirmation: Confirmation,
    now: datetime.datetime,
    importance: Importance | None = None,
) -> Report:
    """Return the report of a run with a confirmed optimum.

    Args:
        results: All that is stored of the run.
        choices: How each signal's optimum was chosen.
        confirmation: The seeds that chose and scored it.
        now: The time that the page shows.
        importance: Returns how much s0 and s1 matter in a search, {} for few points.
    """
    run, states, signals = results.run, results.states, results.signals
    scored = results.store.curves_by_key(scoring_keys(states, choices, confirmation))
    by_signal = [
        regrets(state, choice, confirmation, scored)
        for state, choice in zip(states, choices, strict=True)
    ]
    totals = summarize_rules(run, by_signal, read_recordings(results.store))
    curves = results.store.curves_by_key(proxy_keys(states))
    short = proxies(states, run.scale.fit.epochs, curves)
    figures: dict[str, Drawing] = {}
    shares: dict[str, Mapping[str, float]] = {}
    for state in states:
        if importance and (parts := importance(state.suggestions)):
            shares[state.signal.name] = parts
    if shares:
        figures["importance"] = plots.importances(shares)
    if totals:
        main = [r for own in by_signal for r in own if r.rule == totals[0].rule]
        figures["regret"] = plots.forest(main, totals[0], run.first_rule)
        figures["rules"] = plots.rules(by_signal, totals)
    tables = {"regrets": page_tables.by_signal(run, signals, by_signal)}
    if totals:
        tables["rules"] = page_tables.over_signals(totals)
    if short:
        tables["short_fits"] = page_tables.short_fits(run, short)
    clips = [
        _clip(state, choice, figures, tables) for state, choice in zip(states, choices, strict=True)
    ]
    stopped = any(s.stopped for state in states for s in state.suggestions)
    html = render(
        "regret.html.j2",
        results,
        now,
        clips=clips,
        totals=totals,
        confirmation=confirmation,
        direction_only=DIRECTION_ONLY,
        searched=importance is not None,
        stopped=stopped,
        tables=tables,
        forest=image(figures["regret"], f"Regret of {run.first_rule} by {run.noun}")
        if totals
        else "",
        rules=image(figures["rules"], "Regret of every rule") if totals else "",
        importance=image(figures["importance"], "Importance of s0 and s1") if shares else "",
        mean_share=_mean([clip["near"] for clip in clips]),
    )
    of_terminal = [regrets_table(run, signals, by_signal, confirmation.scoring_seeds)]
    if totals:
        of_terminal.append(rules_table(run, totals))
        if len(run.scale.rules) > 2:
            of_terminal.append(by_rule_table(run, signals, by_signal))
    if short:
        of_terminal.append(proxy_table(run, short, stopped=stopped))
    # What reads the regrets of all studies must not meet those of another objective.
    objective = run.scale.objective
    file = "regret.parquet" if objective == REGRESSION else f"regret_{objective.name}.parquet"
    return Report(
        tables=of_terminal,
        html=html,
        numbers={s.sha256: _numbers(own) for s, own in zip(signals, by_signal, strict=True)},
        figures=svg_texts(figures),
        files={**paper_files(figures, tables), file: regret_parquet(by_signal)},
    )


def _clip(
    state: SignalState,
    choice: Choice,
    figures: dict[str, Drawing],
    tables: dict[str, PageTable],
) -> dict[str, Any]:
    run, signal, suggestions = state.run, state.signal, state.suggestions
    best, rules = choice.optimum, state.rule_points
    values = {p: state.mean(p, run.scale.map_seeds) for p in rules}
    values = {p: v for p, v in values.items() if math.isfinite(v)}
    values |= choice.tried
    name, numbered = file_name(signal.name, signal.sha256), marks(state)
    tables[f"{name}-points"] = page_tables.points(state, numbered, best, values)
    if values:
        tables[f"{name}-landscape"] = page_tables.tried(values)
        optimum = best.scales if best else None
        figures[f"{name}-landscape"] = surface(values, numbered, optimum)
    if suggestions:
        figures[f"{name}-history"] = plots.history(
            suggestions, values.get(rules[0], math.nan), run.first_rule
        )
    places = {
        "landscape": (f"{name}-landscape", "Mean peak PSNR over s0 and s1"),
        "history": (f"{name}-history", "Best PSNR over suggestions"),
    }
    return {
        "signal": signal,
        "points": tables[f"{name}-points"],
        "cost": cost_to_find(state, choice),
        "near": share_of_cells_near_best(state),
        "num_known": sum(s.warm for s in suggestions),
        "num_asked": sum(not s.warm for s in suggestions),
        "num_stopped": sum(s.stopped for s in suggestions),
        "statuses": statuses(state),
        **drawn_images(figures, places, signal),
    }


def _numbers(own: list[Regret]) -> dict[str, float]:
    """Return the numbers of a signal that MLflow shows, by name."""
    numbers = {f"regret_db_{r.rule}": r.interval.mean for r in own}
    return numbers | ({"psnr_optimum": own[0].at_optimum.mean} if own else {})


def _mean(values: Iterable[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return statistics.fmean(finite) if finite else math.nan
