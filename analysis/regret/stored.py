"""Read the regrets of rules: confirmed by training where a study did so, else from surfaces."""

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.regret.parquet import SCHEMA
from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError
from search_spaces.rules import EQN11_SOUND, FITTED, RULES, NoiseScales, rule_of
from search_spaces.rules.table import Table
from studies.engine.planning.scale import FIRST_SCORING_SEED
from studies.engine.store.folder import Folder
from studies.engine.store.parquet_folder import table_of

HELD_OUT = "held_out_"
"""The prefix of rules whose constants were fitted without the signal's recording."""

EXPORTED = "_rules/regret.parquet"
"""The file in which an exported benchmark keeps the regrets of its studies."""


class RuleRegret(NamedTuple):
    """Hold a rule's regret on several signals.

    Args:
        rule: Its name.
        by_seed: [s] its regret in dB by seed.
        recordings: [s] the recording that each signal was cut from.
        psi: [s] the signals' psi.
        dead: Number of its dead fits. None if it was not trained.
    """

    rule: str
    by_seed: Sequence[Mapping[int, float]]
    recordings: tuple[str, ...]
    psi: NDArray[np.float64]
    dead: int | None = None

    @property
    def regret(self) -> NDArray[np.float64]:
        """[s] regret in dB, the mean over the signal's seeds."""
        return np.array([statistics.fmean(of_signal.values()) for of_signal in self.by_seed])


def regrets(results: str, surfaces: Surfaces) -> tuple[list[RuleRegret], str]:
    """Return confirmed regrets, else those on surfaces, and a sentence that says which they are.

    Raises:
        InputError: A stored file is damaged.
    """
    if from_training := confirmed(results, surfaces):
        return from_training, "Regrets are confirmed: trained on fresh seeds."
    return on_surfaces(surfaces, (*EQN11_SOUND, *FITTED)), (
        "Regrets are read from smooth surfaces. Rules of the registry with fitted constants may "
        "have been fitted to these signals."
    )


def confirmed(results: str, surfaces: Surfaces) -> list[RuleRegret]:
    """Return the regrets in every `regret.parquet` of the results, least mean first.

    Only the surfaces' signals count, because the recordings of others are unknown.
    """
    sha256s = [target.sha256 for target in surfaces.targets]
    recordings = dict(zip(sha256s, surfaces.recordings, strict=True))
    rows_by_rule: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (rule, sha256), row in trained(results).items():
        if sha256 in recordings:
            rows_by_rule[rule].append(row)
    regrets = []
    for rule, rows in rows_by_rule.items():
        regrets.append(
            RuleRegret(
                rule,
                by_seed=[differences_of(row) for row in rows],
                recordings=tuple(recordings[row["sha256"]] for row in rows),
                psi=np.array([row["psi"] for row in rows]),
                dead=sum(row["num_dead"] for row in rows),
            )
        )
    return by_mean(regrets)


def differences_of(row: Mapping[str, Any]) -> dict[int, float]:
    """Return a stored regret in dB by scoring seed.

    Rows that were stored before they had their seeds hold the mean alone. It counts as that of one
    seed, which all of these rows share.
    """
    if row["scoring_seeds"] is None:
        return {FIRST_SCORING_SEED: row["regret_db"]}
    return dict(zip(row["scoring_seeds"], row["differences_db"], strict=True))


def of_earlier_fits(results: str) -> dict[str, int]:
    """Count the trained points of each held-out rule that `rule_fitting` has since replaced.

    Rules without such points are left out.
    """
    outdated: Counter[str] = Counter()
    tables: dict[str, Mapping[str, NoiseScales]] = {}
    for (rule, sha256), row in trained(results).items():
        if rule not in tables:
            tables[rule] = held_out_points(results, rule)
        now, then = tables[rule].get(sha256), (row["s0_rule"], row["s1_rule"])
        if now and not np.allclose(then, now, rtol=1e-6):
            outdated[rule] += 1
    return dict(outdated)


def held_out_points(results: str, rule: str) -> Mapping[str, NoiseScales]:
    """Return the points that `rule_fitting` stored under this name, by the signals' sha256.

    Raises:
        InputError: the file is damaged.
    """
    folder, path = Folder(results), f"_rules/held_out/{rule}.json"
    content = folder.read_bytes(path) if rule.startswith(HELD_OUT) else None
    if content is None:
        return {}
    try:
        table = rule_of(json.loads(content))
    except (ValueError, InputError) as error:
        raise InputError(
            "damaged",
            path,
            f"{folder.results}/{path}: {error}. Run `python -m analysis.rule_fitting` again.",
        ) from error
    points = table.points if isinstance(table, Table) else {}
    return {sha256: NoiseScales(*at) for sha256, at in points.items()}


def trained(results: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rows of every `regret.parquet`, by rule and sha256.

    Where files overlap, the study that ended last counts, and an exported benchmark counts least.

    Raises:
        InputError: one of the files is damaged.
    """
    folder = Folder(results)
    tables = []
    for path in (EXPORTED, *(f"_studies/{n}/regret.parquet" for n in folder.names("_studies"))):
        if content := folder.read_bytes(path):
            try:
                time = 0.0 if path == EXPORTED else folder.modified(path)
                tables.append((time, table_of(content)))
            except pa.ArrowException as error:
                raise InputError(
                    "damaged",
                    path,
                    f"{folder.results}/{path}: not readable as Parquet. Remove it, and run "
                    "the command that wrote it again.",
                ) from error
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for _, table in sorted(tables, key=lambda item: item[0]):  # later rows replace earlier ones
        for row in table.to_pylist():
            # Rows that were stored before a column was added lack it.
            rows[row["rule"], row["sha256"]] = dict.fromkeys(SCHEMA.names) | row
    return rows


def on_surfaces(surfaces: Surfaces, names: Sequence[str]) -> list[RuleRegret]:
    """Return the regrets of rules of the registry, read from the surfaces, least mean first.

    Rules whose constants were fitted to these very signals look better here than they are.
    """
    regrets = []
    for name in names:
        by_seed = surfaces.regret_of(RULES[name]).by_seed
        regrets.append(RuleRegret(name, by_seed, surfaces.recordings, surfaces.descriptors["psi"]))
    return by_mean(regrets)


def by_mean(regrets: Sequence[RuleRegret]) -> list[RuleRegret]:
    """Return the regrets with the least mean first."""
    return sorted(regrets, key=lambda rule: float(rule.regret.mean()))
