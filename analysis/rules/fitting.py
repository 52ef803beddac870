"""Fit rules to the maps that a results folder holds, and say what they are worth.

    python -m analysis.rule_fitting results
    python studies/rule_check.py run --signals ... --rules results/_rules/fitted_*.json

Every family is fitted to all recordings but one and asked about that one, in turn; "chosen" is
whichever family an inner cross-validation prefers. Regrets in this table are read from smooth
surfaces through the fitted points; `rule_check` trains the points, which is the last word.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from analysis.regret.regret import NEAR_DB
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
from analysis.statistics.intervals import recordings_interval
from analysis.surfaces.stored import Stored, stored_surfaces
from analysis.surfaces.surfaces import Surfaces, share_and_gain
from inr_models import InputError
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules import RULES, AnyRule, rule_json
from search_spaces.rules.bandwidth_matching import at_share
from search_spaces.rules.table import Table
from studies.engine.store.folder import Folder

LOW_PSI = 0.2
"""Below it descriptors matter most: above 0.4 nearly anything works."""

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

PUBLISHED = ("eqn11_length_width", "eqn11_length")


def main(argv: Sequence[str] | None = None) -> int:
    """The command; an exit code."""
    parser = argparse.ArgumentParser(prog="analysis.rule_fitting", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("results", help="a results folder with maps, of studies/rule_check.py say")
    parser.add_argument(
        "--recordings", metavar="CSV", help="columns signal, recording: what was cut from what"
    )
    parser.add_argument(
        "--write",
        metavar="FOLDER",
        help="for rules and held-out points (default: RESULTS/_rules)",
    )
    arguments = parser.parse_args(argv)
    console = Console(highlight=False, markup=False)
    try:
        stored = stored_surfaces(arguments.results, arguments.recordings)
        made = stored.surfaces
        folder = Folder(arguments.write or arguments.results)
        inside = "" if arguments.write else "_rules/"
        folder.check_writable()
        console.print(_what(stored))
        with console.status("leaving out every recording in turn"):
            validated = leave_one_recording_out(FAMILIES, made)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    console.print(validation_table(made, [*published(made), *validated]))

    def leave(name: str, rule: AnyRule) -> None:
        folder.write_bytes(f"{inside}{name}.json", f"{rule_json(rule)}\n".encode())

    for family in FAMILIES:
        if rule := family.fit(made).rule:
            # Not the registry's name: that is of what is fitted to the benchmark.
            leave(f"fitted_{family.name}", rule)
            console.print(f"{family.name}: {getattr(rule, 'formula', rule)}", soft_wrap=True)
    for each in validated:
        leave(f"held_out/held_out_{each.name}", held_out(made, each))
    console.print(f"rules    {folder.results}/{inside}".rstrip("/"), soft_wrap=True)
    return 0


def published(surfaces: Surfaces) -> list[Validated]:
    """Eqn. 11 as it is: nothing of it was fitted here."""
    found = []
    for name in PUBLISHED:
        pairs = [share_and_gain(target, RULES[name](target)) for target in surfaces.targets]
        at = np.array(pairs).T
        regret = surfaces.regret_at(*at)
        found.append(Validated(name, regret, at[0], at[1], (name,) * len(pairs)))
    return found


def held_out(surfaces: Surfaces, validated: Validated) -> Table:
    """Every signal's point by the rule that has not seen its recording, to be trained."""
    points = {
        target.sha256: at_share(target, share, gain)
        for target, share, gain in zip(
            surfaces.targets, validated.shares.tolist(), validated.gains.tolist(), strict=True
        )
    }
    return Table(points=points)


def validation_table(surfaces: Surfaces, validated: Sequence[Validated]) -> RichTable:
    """Every family's regret on held-out recordings, least first."""
    psi = surfaces.descriptors["psi"]
    low = psi < LOW_PSI
    table = RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), width=80,
        caption_justify="left",
        caption="Regret in dB on recordings that the rule was not fitted to, read from smooth "
        "surfaces. mean: its interval is over recordings; near: percent of clips within 0.5 and "
        f"within 1 dB; psi<{LOW_PSI:g}: mean over the {low.sum()} clips below. chosen: whichever "
        "family an inner cross-validation prefers; eqn11_*: as published.",
    )  # fmt: skip
    table.add_column("rule", no_wrap=True, ratio=1, overflow="ellipsis")
    for name in ("mean", "95 % interval", "median", "worst", "near", f"psi<{LOW_PSI:g}"):
        table.add_column(name, justify="right", no_wrap=True)
    weights = recording_weights(surfaces.recordings)
    for each in sorted(validated, key=lambda v: float(weights @ v.regret)):
        interval = recordings_interval(each.regret.tolist(), surfaces.recordings)
        table.add_row(
            each.name,
            f"{interval.mean:.2f}",
            f"[{interval.low:.2f}, {interval.high:.2f}]",
            f"{np.median(each.regret):.2f}",
            number(float(each.regret.max())),
            "/".join(f"{100 * (each.regret <= near).mean():.0f}" for near in NEAR_DB),
            f"{each.regret[low].mean():.2f}" if low.any() else "-",
            style="bold" if each.name == CHOSEN else None,
        )
    return table


def _what(stored: Stored) -> str:
    made, setting = stored.surfaces, stored.setting
    num = len(made.targets)
    left = f" {stored.num_left_out} signals have too few points." if stored.num_left_out else ""
    return (
        f"{num} signals of {len(set(made.recordings))} recordings, {stored.num_fits:,} fits: "
        f"{setting['hp_depth']} x {setting['hp_width']}, {setting['fit_epochs']:,} epochs.{left}"
    )
