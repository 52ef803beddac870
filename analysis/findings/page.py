"""Write the page of findings, Markdown with figures, from `templates/findings.md.j2`.

The template holds all sentences. They claim a direction only where `Interval.sign` is not 0.
"""

import re
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from analysis.anytime import tables as anytime
from analysis.anytime.stored import Measured
from analysis.experiments import transfer_report
from analysis.findings import cost, experiments, numbers, optimizers, settings, tables, transfer
from analysis.findings.model import FORESTS, Findings
from analysis.findings.optimizers import Optimizers
from analysis.regret.paired import saving
from analysis.regret.stored import HELD_OUT
from analysis.reporting.report import environment
from analysis.reporting.style import STYLE, to_svg
from analysis.rules import plots as rule_plots
from analysis.rules.validation import AS_GOOD_DB, CHOSEN, CHOSEN_PSI
from analysis.settings.confirmed import Confirmed
from analysis.settings.stored import Measured as SettingsMeasured
from analysis.statistics.intervals import DIRECTION_ONLY, SURE
from analysis.surfaces import plots as surface_plots
from search_spaces.rules import EQN11_SCALED, EVEN_LAW, RECOMMENDED, RULES

DESCRIPTORS = ("psi", "low_pass_40", "centroid_power", "rolloff_99")
"""Descriptors in the figure of optima."""

COST_MARK = "\0"
"""Stands for the costs, the only numbers that a second run changes."""


def page(findings: Findings, source: str, costs: str) -> str:
    """Return the page as Markdown.

    Args:
        findings: the numbers.
        source: the name of the data.
        costs: the sentence about milliseconds, from `costs_sentence`.
    """
    return _render("findings.md.j2", f=findings, source=source, costs=costs)


def section(template: str, measured: Measured | Optimizers | SettingsMeasured | Confirmed) -> str:
    """Return a section of the page that stands by itself, as Markdown.

    Args:
        template: its name.
        measured: the numbers, `a` in the template.
    """
    return _render(template, a=measured)


def costs_sentence(findings: Findings) -> str:
    """Measure what the rule costs on this machine, and say it."""
    return _render("costs.md.j2", cost=cost.measure(findings.rule)).strip()


def _render(template: str, **values: object) -> str:
    templates = environment("analysis.findings")
    templates.filters |= {"db": numbers.db, "bounded": numbers.bounded}
    templates.globals |= {
        "mean_of": numbers.mean_of,
        "saving": saving,
        "tables": tables,
        "any": anytime,
        "section": section,
        "settings": settings,
        "setting_rule": RULES[RECOMMENDED],
        "setting_bands": ("1/4", "1", "4"),
        "experiments": experiments,
        "optimizers": optimizers,
        "transfer": transfer,
        "report": transfer_report,
        "AS_GOOD_DB": AS_GOOD_DB,
        "CHOSEN": CHOSEN,
        "CHOSEN_PSI": CHOSEN_PSI,
        "EQN11": EQN11_SCALED,
        "FORESTS": FORESTS,
        "HELD_OUT": HELD_OUT,
        "EVEN_LAW": EVEN_LAW,
        "SURE": SURE,
        "DIRECTION_ONLY": DIRECTION_ONLY,
    }
    text = templates.get_template(template).render(**values)
    # A paragraph that says nothing leaves its blank lines behind.
    return re.sub("\n{3,}", "\n\n", text).strip() + "\n"


def figures(findings: Findings) -> dict[str, Figure]:
    """Return the figures, by the name of their file."""
    surfaces = findings.surfaces
    pair = [r for r in findings.regrets if r.rule in (findings.family, EQN11_SCALED)]
    drawn = {
        "landscapes": surface_plots.landscapes(surfaces),
        "ridges": surface_plots.ridges(surfaces),
        "regret": rule_plots.regrets_by_rule(findings.regrets),
        "regret_over_psi": rule_plots.regret_over_psi(pair),
        "optima": surface_plots.optima(surfaces, DESCRIPTORS),
        "sufficiency": rule_plots.sufficiency_bars(findings.sufficiency),
    }
    if findings.confirmed:
        drawn["confirmed"] = rule_plots.regrets_by_rule(findings.confirmed)
    return drawn


def write(findings: Findings, to: Path, source: str) -> None:
    """Write the page and its figures. Keep a page that would change only in its costs.

    Args:
        findings: All numbers.
        to: The page. The figures go to `figures` beside it.
        source: What the page calls the results folder.
    """
    folder = to.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for name, figure in figures(findings).items():
            (folder / f"{name}.svg").write_text(to_svg(figure), encoding="utf-8")
    head, tail = page(findings, source, COST_MARK).split(COST_MARK)
    before = to.read_text(encoding="utf-8") if to.is_file() else ""
    if not (before.startswith(head) and before.endswith(tail)):
        to.write_text(f"{head}{costs_sentence(findings)}{tail}", encoding="utf-8")
