"""Compute all numbers of the page of findings from a results folder."""

from collections import Counter
from collections.abc import Sequence

from analysis.anytime.stored import Measured
from analysis.anytime.stored import read as read_anytime
from analysis.findings.between import between_samples
from analysis.findings.confirmation import confirmation
from analysis.findings.experiments import read_experiments
from analysis.findings.model import Extent, Findings
from analysis.findings.optimizers import read_optimizers
from analysis.findings.transfer import read_transfer
from analysis.regret.choice_loss import choice_loss
from analysis.regret.stored import by_mean, confirmed, on_surface, on_surfaces, recordings_of
from analysis.rules.families import Family
from analysis.rules.fitting import FAMILIES
from analysis.rules.sufficiency import SHUFFLES, sufficiency
from analysis.rules.validation import simplest, validate
from analysis.settings.confirmed import read as read_confirmed
from analysis.settings.stored import read as read_settings
from analysis.surfaces.smoothing import surfaces_through
from analysis.surfaces.stored import Stored, stored_maps
from search_spaces.rules import UNFITTED
from studies.engine.planning.scale import FIRST_CHOOSING_SEED
from studies.engine.store.store import Store


def find(
    results: str,
    recordings: str | None = None,
    *,
    confirm: str | None = None,
    held_out: str | None = None,
    families: Sequence[Family] = FAMILIES,
    shuffles: int = SHUFFLES,
) -> Findings:
    """Compute the findings of a results folder; for the committed data this takes minutes.

    Args:
        results: the folder.
        recordings: see `stored_maps`.
        confirm: another results folder, with rules that were trained on recordings that nothing
            was fitted to.
        held_out: a results folder of runs with `--hold-out`.
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
    validated = validate(families, surfaces)
    regrets = [on_surface(one.name, one.by_seed, surfaces) for one in validated]
    trained = confirmed(results, recordings_of(surfaces))
    family = simplest(families, validated, surfaces.recordings, trained)
    rule = family.fit(surfaces).rule
    assert rule
    replayed = read_anytime(results)
    has_bands = all(target.bands for target in surfaces.targets)
    unfitted = [name for name in UNFITTED if name != "spectrum" or has_bands]
    regrets += on_surfaces(surfaces, unfitted)
    return Findings(
        surfaces=surfaces,
        extent=_extent(results, stored),
        regrets=tuple(by_mean(regrets)),
        confirmed=tuple(trained),
        family=family.name,
        rule=rule,
        sufficiency=sufficiency(surfaces, shuffles=shuffles),
        experiments=read_experiments(results),
        transfer=read_transfer(results),
        choice=choice_loss(results, stored.setting),
        confirmation=confirmation(confirm) if confirm else None,
        between=between_samples(held_out) if held_out else (),
        settings=read_settings(results),
        settings_confirmed=read_confirmed(results),
        anytime=Measured(replayed) if replayed else None,
        optimizers=read_optimizers(results),
    )


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
