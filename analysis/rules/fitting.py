"""Fit rules to the landscapes of a results folder, and validate them.

    python -m analysis.rule_fitting results
    python studies/rule_check.py run --signals ... --rules results/_rules/fitted_*.json

Every recording is left out in turn: each family is fitted to the others and scored on that one.
"chosen" is the family that an inner cross-validation prefers. Regrets in this table are read from
smooth surfaces through the fitted points. `rule_check` trains the points, which is more reliable.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from analysis.regret.regret import NEAR_DB
from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.tables import number
from analysis.rules.families import (
    Family,
    bandwidth,
    constant,
    eqn11_refitted,
    power_law,
    recording_weights,
)
from analysis.rules.forest import forest
from analysis.rules.validation import CHOSEN, Validated, leave_one_recording_out
from analysis.statistics.intervals import mean_interval
from analysis.surfaces.stored import Stored, stored_maps
from analysis.surfaces.surfaces import Surfaces, surfaces_through
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules import EQN11_SOUND, RULES, AnyRule, rule_json
from search_spaces.rules.bandwidth_matching import at_share
from search_spaces.rules.table import Table
from studies.engine.store.folder import Folder

LOW_PSI = 0.2
"""Descriptors matter most for signals of a lower psi; above 0.4 nearly any point works."""

FAMILIES: tuple[Family, ...] = (
    constant("constant"),
    eqn11_refitted("eqn11_refitted"),
    bandwidth("bandwidth_psi", "psi"),
    bandwidth("bandwidth_power", "centroid_power"),
    bandwidth("bandwidth_rolloff", "rolloff_99"),
    bandwidth("bandwidth_low_pass", "low_pass_40"),
    power_law("power_psi", ["psi"]),
    power_law("power_psi_low_pass", ["psi", "low_pass_40"]),
    power_law("power_low_pass_spread", ["low_pass_40", "spread_power"]),
    forest("forest_psi", ("psi",)),
    forest("forest", tuple(DESCRIPTORS)),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = surfaces_parser("analysis.rule_fitting", __doc__)
    parser.add_argument(
        "--write",
        metavar="FOLDER",
        help="for rules and held-out points (default: RESULTS/_rules)",
    )
    return run(_fit, parser, argv)


def _fit(arguments: argparse.Namespace) -> None:
    console = Console(highlight=False, markup=False)
    stored = stored_maps(arguments.results, arguments.recordings)
    surfaces = surfaces_through(stored.maps)
    folder = Folder(arguments.write or arguments.results)
    inside = "" if arguments.write else "_rules/"
    folder.check_writable()
    console.print(_extent(stored))
    with console.status("leaving out every recording in turn"):
        validated = leave_one_recording_out(FAMILIES, surfaces)
    console.print(validation_table(surfaces, [*published(surfaces), *validated]))

    def write(name: str, rule: AnyRule) -> None:
        folder.write_bytes(f"{inside}{name}.json", f"{rule_json(rule)}\n".encode())

    for family in FAMILIES:
        if rule := family.fit(surfaces).rule:
            # The plain name is the registry's, which holds what was fitted to the benchmark.
            write(f"fitted_{family.name}", rule)
            console.print(f"{family.name}: {rule.formula}", soft_wrap=True)
    for family in validated:
        write(f"held_out/held_out_{family.name}", held_out(surfaces, family))
    console.print(f"rules    {folder.results}/{inside}".rstrip("/"), soft_wrap=True)


def published(surfaces: Surfaces) -> list[Validated]:
    """Return Eqn. 11 as published, with no constant that was fitted here."""
    num = len(surfaces.targets)
    return [
        Validated(name, surfaces.regret_of(RULES[name]), taken=(name,) * num)
        for name in EQN11_SOUND
    ]


def held_out(surfaces: Surfaces, validated: Validated) -> Table:
    """Return a table of each signal's point by the rule that has not seen its recording."""
    points = {
        target.sha256: at_share(target, share, gain)
        for target, share, gain in zip(
            surfaces.targets,
            validated.points.shares.tolist(),
            validated.points.gains.tolist(),
            strict=True,
        )
    }
    return Table(points=points)


def validation_table(surfaces: Surfaces, validated: Sequence[Validated]) -> RichTable:
    """Return a table of every family's regret on held-out recordings, the least first."""
    psi = surfaces.descriptors["psi"]
    low = psi < LOW_PSI
    table = RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), width=80,
        caption_justify="left",
        caption="Regret in dB on recordings that the rule was not fitted to, read from smooth "
        "surfaces. mean: its interval is over recordings and seeds; near: percent of clips within "
        f"0.5 and within 1 dB; psi<{LOW_PSI:g}: mean over the {low.sum()} clips below. chosen: the "
        "family that an inner cross-validation prefers; eqn11_*: as published.",
    )  # fmt: skip
    table.add_column("rule", no_wrap=True, ratio=1, overflow="ellipsis")
    for name in ("mean", "95 % interval", "median", "worst", "near", f"psi<{LOW_PSI:g}"):
        table.add_column(name, justify="right", no_wrap=True)
    weights = recording_weights(surfaces.recordings)
    for family in sorted(validated, key=lambda v: float(weights @ v.regret)):
        interval = mean_interval(family.points.by_seed, surfaces.recordings)
        table.add_row(
            family.name,
            f"{interval.mean:.2f}",
            f"[{interval.low:.2f}, {interval.high:.2f}]",
            f"{np.median(family.regret):.2f}",
            number(float(family.regret.max())),
            "/".join(f"{100 * (family.regret <= near).mean():.0f}" for near in NEAR_DB),
            f"{family.regret[low].mean():.2f}" if low.any() else "-",
            style="bold" if family.name == CHOSEN else None,
        )
    return table


def _extent(stored: Stored) -> str:
    maps, setting = stored.maps, stored.setting
    left = f" {stored.num_left_out} signals have too few points." if stored.num_left_out else ""
    num_recordings = len({one.recording for one in maps})
    return (
        f"{len(maps)} signals of {num_recordings} recordings, {stored.num_fits:,} fits: "
        f"{setting['hp_depth']} x {setting['hp_width']}, {setting['fit_epochs']:,} epochs.{left}"
    )
