"""The report of a search or a check: every rule's regret against each signal's optimum."""

import datetime
import math
import statistics
from typing import Any

from analysis.regret import plots
from analysis.regret.parquet import regret_table
from analysis.regret.proxy import Proxy, proxies, proxy_keys
from analysis.regret.regret import (
    Regret,
    cost_to_find,
    overall,
    regrets,
    share_of_cells_near_best,
)
from analysis.regret.terminal import by_rule_table, overall_table, proxy_table, regrets_table
from analysis.reporting.report import Report, Results, file_name, image, position, render
from analysis.statistics.recordings import read_recordings
from studies.engine.outcomes.choosing import mean_over, optimum, tried
from studies.engine.planning.points import rule_points
from studies.engine.signals.signal import Signal


def regret_report(results: Results, now: datetime.datetime) -> Report:
    """Everything that a run with a confirmed optimum came to."""
    run, signals = results.run, results.signals
    of_signals = [
        regrets(run, signal, results.rows[sha], results.suggestions[sha])
        for sha, signal in zip(run.signals, signals, strict=True)
    ]
    totals = overall(run, of_signals, read_recordings(results.store))
    curves = results.store.curves_by_key(proxy_keys(run, signals, results.rows))
    short = proxies(run, signals, results.rows, curves)
    figures: dict[str, str] = {}
    weighed = {s.name: results.importance(results.suggestions[s.sha256]) for s in signals}
    shares = {name: parts for name, parts in weighed.items() if parts}
    if shares:
        figures["importance"] = plots.importances(shares)
    if totals:
        main = [r for found in of_signals for r in found if r.rule == totals[0].rule]
        figures["regret"] = plots.forest(main, totals[0])
        figures["rules"] = plots.rules(of_signals, totals)
    clips = [
        _clip(results, signal, found, figures)
        for signal, found in zip(signals, of_signals, strict=True)
    ]
    html = render(
        "regret.html.j2",
        results,
        now,
        clips=clips,
        totals=totals,
        proxies=[_proxy(proxy, run.scale.fit.epochs) for proxy in short],
        forest=image(figures["regret"], f"Regret of Eqn. 11 by {run.noun}") if totals else "",
        rules=image(figures["rules"], "Regret of every rule") if totals else "",
        importance=image(figures["importance"], "Importance of s0 and s1") if shares else "",
        mean_share=_mean([clip["near"] for clip in clips]),
    )
    tables = [regrets_table(run, signals, of_signals)]
    if totals:
        tables.append(overall_table(run, totals))
        if len(run.scale.rules) > 2:
            tables.append(by_rule_table(run, signals, of_signals))
    if short:
        tables.append(proxy_table(run, short))
    return Report(
        tables=tables,
        html=html,
        numbers={s.sha256: _numbers(f) for s, f in zip(signals, of_signals, strict=True)},
        figures=figures,
        files={"regret.parquet": regret_table(of_signals)},
    )


def _clip(
    results: Results, signal: Signal, found: list[Regret], figures: dict[str, str]
) -> dict[str, Any]:
    run, rows = results.run, results.rows[signal.sha256]
    suggestions = results.suggestions[signal.sha256]
    best = optimum(run, signal, rows, suggestions)
    rules = rule_points(run, signal)
    values = {p: mean_over(run, signal, p, rows, range(run.scale.seeds)) for p in rules}
    values = {p: v for p, v in values.items() if math.isfinite(v)}
    values |= tried(run, signal, rows, suggestions)
    name = file_name(signal.name, signal.sha256)
    if values:
        figures[f"{name}-landscape"] = plots.surface(
            values, [p.scales for p in rules if p.scales], best.scales if best else None
        )
    if suggestions:
        figures[f"{name}-history"] = plots.history(suggestions, values.get(rules[0], math.nan))
    shown = {
        "landscape": (f"{name}-landscape", "Mean peak PSNR over s0 and s1"),
        "history": (f"{name}-history", "Best PSNR over suggestions"),
    }
    return {
        "signal": signal,
        "regrets": found,
        "rules": [{"name": p.name, **position(run, signal, p)} for p in rules],
        "best": best and {"kind": best.kind, **position(run, signal, best)},
        "cost": cost_to_find(run, signal, rows, suggestions, best) if best else None,
        "near": share_of_cells_near_best(run, signal, rows),
        "num_known": sum(s.warm for s in suggestions),
        "num_asked": sum(not s.warm for s in suggestions),
        "num_stopped": sum(s.stopped for s in suggestions),
        "statuses": results.statuses(signal),
        **{
            key: image(figures[figure], f"{text} for {signal.name}") if figure in figures else ""
            for key, (figure, text) in shown.items()
        },
    }


def _numbers(found: list[Regret]) -> dict[str, float]:
    """A signal's outcome by name, for MLflow."""
    numbers = {f"regret_db_{r.rule}": r.interval.mean for r in found}
    return numbers | ({"psnr_optimum": found[0].psnr_optimum} if found else {})


def _proxy(proxy: Proxy, epochs: int) -> dict[str, float]:
    return {
        "epochs": proxy.epochs,
        "share": proxy.epochs / epochs,
        "mean": statistics.fmean(proxy.correlations),
        "least": min(proxy.correlations),
        "lost": _mean(proxy.lost),
        "most_lost": max(proxy.lost),
        "num": len(proxy.lost),
    }


def _mean(values: Any) -> float:
    known = [value for value in values if math.isfinite(value)]
    return statistics.fmean(known) if known else math.nan
