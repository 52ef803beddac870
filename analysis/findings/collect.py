"""Compute all numbers of the page of findings from a results folder."""

from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.findings.experiments import read_experiments
from analysis.findings.model import FORESTS, Extent, Findings
from analysis.findings.transfer import read_transfer
from analysis.regret.stored import (
    HELD_OUT,
    RuleRegret,
    by_mean,
    confirmed,
    held_out_points,
    of_earlier_fits,
    on_surfaces,
)
from analysis.rules.families import Family
from analysis.rules.fitting import FAMILIES
from analysis.rules.sufficiency import SHUFFLES, sufficiency
from analysis.rules.validation import best_family, leave_one_recording_out
from analysis.surfaces.stored import Stored, stored_maps
from analysis.surfaces.surfaces import Surfaces, surfaces_through
from search_spaces.rules import UNFITTED
from search_spaces.rules.table import Table
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.store import Store

SAVED = tuple(family for family in FAMILIES if family.name not in FORESTS)
"""The families with a formula. Validating the forests takes ten times as long as all of these, so
`rule_fitting` does it."""


def find(
    results: str,
    recordings: str | None = None,
    *,
    families: Sequence[Family] = SAVED,
    shuffles: int = SHUFFLES,
) -> Findings:
    """Compute the findings of a results folder; for the committed data this takes minutes.

    Args:
        results: the folder.
        recordings: see `stored_maps`.
        families: the rules to validate.
        shuffles: of the permutation test.

    Raises:
        InputError: the results hold too few landscapes, or cannot be read.

    Example:
        >>> find("analysis/data").family
        'power_psi_low_pass'
    """
    stored = stored_maps(results, recordings)
    surfaces = surfaces_through(stored.maps)
    psi = surfaces.descriptors["psi"]
    regrets = [
        RuleRegret(validated.name, validated.points.by_seed, surfaces.recordings, psi)
        for validated in leave_one_recording_out(families, surfaces)
    ]
    family = best_family(families, surfaces)
    rule = family.fit(surfaces).rule
    assert rule
    has_bands = all(target.bands for target in surfaces.targets)
    unfitted = [name for name in UNFITTED if name != "spectrum" or has_bands]
    regrets += [*_forests(results, surfaces), *on_surfaces(surfaces, unfitted)]
    return Findings(
        surfaces=surfaces,
        extent=_extent(results, stored),
        regrets=tuple(by_mean(regrets)),
        confirmed=tuple(confirmed(results, surfaces)),
        family=family.name,
        rule=rule,
        sufficiency=sufficiency(surfaces, shuffles=shuffles),
        experiments=read_experiments(results),
        transfer=read_transfer(results),
        earlier=of_earlier_fits(results),
    )


def _forests(results: str, surfaces: Surfaces) -> Iterator[RuleRegret]:
    """Yield the forests whose held-out points `rule_fitting` has left for all signals."""
    for name in FORESTS:
        points = held_out_points(results, f"{HELD_OUT}{name}")
        if all(target.sha256 in points for target in surfaces.targets):
            by_seed = surfaces.regret_of(Table(points=points)).by_seed
            yield RuleRegret(name, by_seed, surfaces.recordings, surfaces.descriptors["psi"])


def _extent(results: str, stored: Stored) -> Extent:
    """Count the fits of the surfaces' setting."""
    where = {"network": "siren2", **stored.setting}
    rows = Store(results, create=False).fits(columns=["sha256", "seed"], where=where).to_pylist()
    known = {one.target.sha256 for one in stored.maps}
    rows = [row for row in rows if row["sha256"] in known]
    num_points = [len(one.fits) for one in stored.maps]
    return Extent(
        setting=stored.setting,
        num_fits=len(rows),
        num_dead=sum(row["status"] == "dead" for row in rows),
        num_mapped=sum(row["seed"] < FIRST_CHOOSING_SEED for row in rows),
        seeds=tuple(sorted({r["seed"] for r in rows if r["seed"] < FIRST_CHOOSING_SEED})),
        points=(min(num_points), max(num_points)),
        means_over=Counter(len(one.seeds) for one in stored.maps),
        num_left_out=stored.num_left_out,
    )
