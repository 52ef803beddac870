"""One page of findings, generated from a results folder with landscapes.

    python -m analysis.findings analysis/data --to analysis/FINDINGS.md

Figures go into `figures` beside the page. Nothing on it is typed by hand, and every claim follows
from an interval. Without new data a re-run changes nothing: the one number that the clock tells,
what a rule costs, is kept from the page that is there as long as all else on it stays.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from rich.console import Console

from analysis.experiments.rows import Row
from analysis.findings.cost import cost_sentence
from analysis.findings.experiments import read_experiments
from analysis.findings.limits import Extent
from analysis.findings.text import AS_PUBLISHED, COST, FORESTS, page
from analysis.findings.transfer import Transfer, read_transfer
from analysis.grid.plots import STYLE, to_svg
from analysis.regret.stored import (
    HELD_OUT,
    RuleRegret,
    by_mean,
    confirmed,
    held_out_points,
    of_earlier_fits,
    on_surfaces,
)
from analysis.reporting.output_paths import file_to_write
from analysis.rules import plots as rule_plots
from analysis.rules.families import Family
from analysis.rules.fitting import FAMILIES
from analysis.rules.sufficiency import SHUFFLES, Sufficiency, sufficiency
from analysis.rules.validation import CHOSEN, Validated, best_family, leave_one_recording_out
from analysis.surfaces import plots as surface_plots
from analysis.surfaces.stored import Stored, stored_surfaces
from analysis.surfaces.surfaces import Surfaces, share_and_gain
from inr_models import InputError
from search_spaces.rules import AnyRule
from studies.engine.store.store import Store

SAVED = tuple(family for family in FAMILIES if not family.name.startswith("forest"))
"""What a practitioner can take home. Forests cost ten times as much to validate as all of these;
`rule_fitting` has them."""

DESCRIPTORS = ("psi", "low_pass_40", "centroid_power", "rolloff_99")


class Findings(NamedTuple):
    """Regrets of rules on recordings that they have not seen, the rule that is best on all signals
    by cross-validation, and what descriptors add to psi; experiments on changed sounds;
    `earlier` are the trained points that are of an earlier fit, by rule. Forests are among the
    rules where `rule_fitting` has asked them.
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
    earlier: Mapping[str, int] = MappingProxyType({})


def find(
    results: str,
    recordings: str | None = None,
    *,
    families: Sequence[Family] = SAVED,
    shuffles: int = SHUFFLES,
) -> Findings:
    """Everything that the page tells.

    Raises:
        InputError: the results hold too few landscapes, or cannot be read.
    """
    stored = stored_surfaces(results, recordings)
    made = stored.surfaces
    validated = [_as_regret(made, each) for each in leave_one_recording_out(families, made)]
    family = best_family(families, made)
    rule = family.fit(made).rule
    assert rule
    published = [name for name in AS_PUBLISHED if name != "spectrum" or _have_bands(made)]
    return Findings(
        surfaces=made,
        extent=_extent(results, stored),
        regrets=tuple(
            by_mean([*validated, *_forests(results, made), *on_surfaces(made, published)])
        ),
        confirmed=tuple(confirmed(results, made)),
        family=family.name,
        rule=rule,
        sufficiency=sufficiency(made, shuffles=shuffles),
        experiments=read_experiments(results),
        transfer=read_transfer(results),
        earlier=of_earlier_fits(results),
    )


def _as_regret(surfaces: Surfaces, validated: Validated) -> RuleRegret:
    psi = surfaces.descriptors["psi"]
    return RuleRegret(validated.name, validated.regret, surfaces.recordings, psi)


def _forests(results: str, surfaces: Surfaces) -> Iterator[RuleRegret]:
    """Of forests their held-out points, as far as these are of all signals."""
    for name in FORESTS:
        points = held_out_points(results, f"{HELD_OUT}{name}")
        if all(target.sha256 in points for target in surfaces.targets):
            at = [share_and_gain(target, points[target.sha256]) for target in surfaces.targets]
            regret = surfaces.regret_at(*np.array(at).T)
            yield RuleRegret(name, regret, surfaces.recordings, surfaces.descriptors["psi"])


def _have_bands(surfaces: Surfaces) -> bool:
    return all(target.bands for target in surfaces.targets)


def _extent(results: str, stored: Stored) -> Extent:
    """How much there is of the setting that the surfaces are of."""
    where = {"network": "siren2", **stored.setting}
    rows = Store(results, create=False).fits(columns=["sha256", "seed"], where=where).to_pylist()
    known = {target.sha256 for target in stored.surfaces.targets}
    rows = [row for row in rows if row["sha256"] in known]
    return Extent(
        setting=stored.setting,
        num_fits=len(rows),
        num_dead=sum(row["status"] == "dead" for row in rows),
        seeds=tuple(sorted({row["seed"] for row in rows})),
        points=(min(stored.points), max(stored.points)),
        means_over=Counter(stored.seeds),
        num_left_out=stored.num_left_out,
    )


def figures(findings: Findings) -> dict[str, Figure]:
    """By the name of their file."""
    made = findings.surfaces
    pair = [r for r in findings.regrets if r.rule in (CHOSEN, surface_plots.PAPER)]
    drawn = {
        "landscapes": surface_plots.landscapes(made),
        "ridges": surface_plots.ridges(made),
        "regret": rule_plots.regrets_by_rule(findings.regrets),
        "regret_over_psi": rule_plots.regret_over_psi(pair),
        "optima": surface_plots.optima(made, DESCRIPTORS),
        "sufficiency": rule_plots.sufficiency_bars(findings.sufficiency),
    }
    if findings.confirmed:
        drawn["confirmed"] = rule_plots.regrets_by_rule(findings.confirmed)
    return drawn


def write(findings: Findings, to: Path, source: str) -> None:
    """The page and its figures."""
    folder = to.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for name, figure in figures(findings).items():
            (folder / f"{name}.svg").write_text(to_svg(figure), encoding="utf-8")
    before = to.read_text(encoding="utf-8") if to.is_file() else ""
    kept = re.search(rf"^{re.escape(COST)}.*$", before, re.MULTILINE)
    if kept and page(findings, source, kept[0]) == before:
        return
    to.write_text(page(findings, source, cost_sentence(findings.rule)), encoding="utf-8")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code."""
    parser = argparse.ArgumentParser(prog="analysis.findings", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", help="a results folder with maps, of studies/rule_check.py say")
    parser.add_argument("--recordings", metavar="CSV", help="columns signal, recording")
    parser.add_argument("--to", metavar="FILE", required=True, help="the page, Markdown")
    parser.add_argument("--shuffles", type=int, default=SHUFFLES, help="of the permutation test")
    arguments = parser.parse_args(argv)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    try:
        if arguments.shuffles < 1:
            raise InputError(
                "out-of-range", "--shuffles", f"--shuffles {arguments.shuffles}: give 1 or more."
            )
        to = file_to_write("--to", arguments.to)
        with console.status("leaving out every recording in turn: minutes"):
            found = find(arguments.results, arguments.recordings, shuffles=arguments.shuffles)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    write(found, to, Path(arguments.results).name)
    console.print(f"findings {arguments.to}")
    return 0
