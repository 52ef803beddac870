"""Fit rules to the landscapes of a results folder, and validate them.

    python -m analysis.rule_fitting results
    python studies/rule_check.py run --signals ... --rules results/_rules/fitted_*.json

Each family is fitted without some recordings and without one seed, and scored on these. "chosen" is
the family that an inner cross-validation prefers, "chosen_psi" that among the families that know
psi alone. Regrets in this table are read from smooth surfaces through the fitted points. The files
in `held_out` have the points of fits without the signal's recording. `rule_check` trains them,
which is more reliable than a surface. The files in `own` have the best points of a signal's own
map, which are further candidates for its optimum.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich import box
from rich.console import Console
from rich.table import Table as RichTable

from analysis.regret.regret import NEAR_DB
from analysis.regret.stored import confirmed, recordings_of
from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.tables import add_numbers, number
from analysis.rules.families import (
    Family,
    bandwidth,
    constant,
    eqn11_refitted,
    power_law,
    power_psi_and_best,
    recording_weights,
)
from analysis.rules.forest import forest
from analysis.rules.validation import CHOSEN, Validated, held_out_points, simplest, validate
from analysis.statistics.intervals import mean_interval
from analysis.surfaces.smoothing import surfaces_through
from analysis.surfaces.stored import Stored, stored_maps
from analysis.surfaces.surfaces import GAINS, SHARES, Surfaces
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules import EQN11_SOUND, RULES, AnyRule, rule_json
from search_spaces.rules.bandwidth_matching import at_share
from search_spaces.rules.table import Table
from studies.engine.store.folder import Folder

Array = NDArray[np.float64]

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
    power_psi_and_best("power_psi_and_best", tuple(d for d in DESCRIPTORS if d != "psi")),
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
    with console.status("leaving out recordings and seeds"):
        validated = validate(FAMILIES, surfaces)
    console.print(validation_table(surfaces, [*published(surfaces), *validated]))
    trained = confirmed(arguments.results, recordings_of(surfaces))
    family = simplest(FAMILIES, validated, surfaces.recordings, trained)
    console.print(f"The simplest of the best: {family.name}")

    def write(name: str, rule: AnyRule) -> None:
        folder.write_bytes(f"{inside}{name}.json", f"{rule_json(rule)}\n".encode())

    for family in FAMILIES:
        if rule := family.fit(surfaces).rule:
            # The plain name is the registry's, which holds what was fitted to the benchmark.
            write(f"fitted_{family.name}", rule)
            console.print(f"{family.name}: {rule.formula}", soft_wrap=True)
    with console.status("leaving out every recording in turn"):
        points = held_out_points(FAMILIES, surfaces)
    for one in points:
        table = table_of_points(surfaces, one.shares, one.gains)
        write(f"held_out/held_out_{one.name}", table)
    write("own/own_surface", own_optima(surfaces))
    write("own/own_cell", own_cells(stored))
    console.print(f"rules    {folder.results}/{inside}".rstrip("/"), soft_wrap=True)


def published(surfaces: Surfaces) -> list[Validated]:
    """Return Eqn. 11 as published, with no constant that was fitted here."""
    num = len(surfaces.targets)
    return [
        Validated(name, surfaces.regret_of(RULES[name]).by_seed, taken=(name,) * num)
        for name in EQN11_SOUND
    ]


def table_of_points(surfaces: Surfaces, shares: Array, gains: Array) -> Table:
    """Return the rule that has one point for each signal.

    Args:
        surfaces: of the signals [s].
        shares: [s] K as a share of Nyquist.
        gains: [s] g.
    """
    points = {}
    places = zip(surfaces.targets, shares.tolist(), gains.tolist(), strict=True)
    for target, share, gain in places:
        points[target.sha256] = at_share(target, share, gain)
    return Table(points=points)


def own_optima(surfaces: Surfaces) -> Table:
    """Return a table of the highest point of each signal's own surface.

    It is a candidate for a confirmed optimum, and owes nothing to a rule.
    """
    k, g = np.array([surfaces.best(i) for i in range(len(surfaces.targets))]).T
    return table_of_points(surfaces, SHARES[k], GAINS[g])


def own_cells(stored: Stored) -> Table:
    """Return a table of the best point among those that were fitted to each signal."""
    best = {one.target.sha256: max(one.fits, key=lambda fit: fit.psnr) for one in stored.maps}
    return Table(points={sha256: fit.scales for sha256, fit in best.items()})


def validation_table(surfaces: Surfaces, validated: Sequence[Validated]) -> RichTable:
    """Return a table of every family's regret on held-out recordings, the least first."""
    psi = surfaces.descriptors["psi"]
    low = psi < LOW_PSI
    table = RichTable(
        box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0, 0, 1), width=80,
        caption_justify="left",
        caption="Regret in dB on recordings and seeds that the rule was not fitted to, read from "
        "smooth surfaces. mean: its interval is over recordings and seeds; near: percent of clips "
        f"within 0.5 and within 1 dB; psi<{LOW_PSI:g}: mean over the {low.sum()} clips below. "
        "chosen: the family that an inner cross-validation prefers, chosen_psi: of those that know "
        "psi alone; eqn11_*: as published.",
    )  # fmt: skip
    table.add_column("rule", no_wrap=True, ratio=1, overflow="ellipsis")
    add_numbers(table, "mean", "95 % interval", "median", "worst", "near", f"psi<{LOW_PSI:g}")
    weights = recording_weights(surfaces.recordings)
    for family in sorted(validated, key=lambda v: float(weights @ v.regret)):
        interval = mean_interval(family.by_seed, surfaces.recordings)
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
