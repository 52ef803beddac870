"""Regrets of rules on signals: confirmed by training, where a study did so, and from surfaces."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.surfaces.surfaces import Surfaces
from inr_models import InputError
from search_spaces.rules import EQN11_SOUND, FITTED, RULES, NoiseScales, rule_of
from search_spaces.rules.table import Table
from studies.engine.store.folder import Folder
from studies.engine.store.parquet_folder import table_of

HELD_OUT = "held_out_"
"""What `rule_fitting` names the points of rules that have not seen their signal's recording."""


EXPORTED = "_rules/regret.parquet"
"""Where a benchmark has the rows of its studies."""


class RuleRegret(NamedTuple):
    """A rule's regret in dB on signals [s], and the number of its dead fits, if it was trained.

    `recordings` and `psi` are [s].
    """

    rule: str
    regret: NDArray[np.float64]
    recordings: tuple[str, ...]
    psi: NDArray[np.float64]
    dead: int | None = None


def regrets(results: str, surfaces: Surfaces) -> tuple[list[RuleRegret], str]:
    """The best that is known, and a sentence that says what it is."""
    if found := confirmed(results, surfaces):
        return found, "Regrets are confirmed: trained on fresh seeds."
    return on_surfaces(surfaces, (*EQN11_SOUND, *FITTED)), (
        "Regrets are read from smooth surfaces; rules of the registry with fitted constants may "
        "have been fitted to these signals."
    )


def confirmed(results: str, surfaces: Surfaces) -> list[RuleRegret]:
    """Of every `regret.parquet` of the results, least mean first; [] where there is none.

    Only the surfaces' signals count, since no one knows the others' recordings; a rule that was
    scored twice on a signal has its last study's word.
    """
    rows = trained(results)
    known = dict(zip((t.sha256 for t in surfaces.targets), surfaces.recordings, strict=True))
    of_rules: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for (rule, sha256), row in rows.items():
        if sha256 in known:
            of_rules[rule].append(row)
    return by_mean(
        [
            RuleRegret(
                rule,
                np.array([row["regret_db"] for row in mine]),
                tuple(known[row["sha256"]] for row in mine),
                np.array([row["psi"] for row in mine]),
                sum(row["num_dead"] for row in mine),
            )
            for rule, mine in of_rules.items()
        ]
    )


def of_earlier_fits(results: str) -> dict[str, int]:
    """How many trained points of each held-out rule are not those that `rule_fitting` has left:
    by the rule's name, only where there are some.
    """
    found: Counter[str] = Counter()
    tables: dict[str, Mapping[str, NoiseScales]] = {}
    for (rule, sha256), row in trained(results).items():
        if rule not in tables:
            tables[rule] = held_out_points(results, rule)
        if now := tables[rule].get(sha256):
            found[rule] += not np.allclose((row["s0_rule"], row["s1_rule"]), now, rtol=1e-6)
    return {rule: num for rule, num in found.items() if num}


def held_out_points(results: str, rule: str) -> Mapping[str, NoiseScales]:
    """What `rule_fitting` has left under this name, by sha256; {} where it has left none.

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
            f"{folder.results}/{path}: {error}; run `python -m analysis.rule_fitting` again.",
        ) from error
    points = table.points if isinstance(table, Table) else {}
    return {sha256: NoiseScales(*at) for sha256, at in points.items()}


def trained(results: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of every `regret.parquet`, by rule and sha256: the study's that ended last; those
    that came with a benchmark give way to any study's.

    Raises:
        InputError: one of the files is damaged.
    """
    folder = Folder(results)
    found = []
    for path in (EXPORTED, *(f"_studies/{n}/regret.parquet" for n in folder.names("_studies"))):
        if content := folder.read_bytes(path):
            try:
                time = 0.0 if path == EXPORTED else folder.modified(path)
                found.append((time, table_of(content)))
            except pa.ArrowException as error:
                raise InputError(
                    "damaged",
                    path,
                    f"{folder.results}/{path}: not readable as Parquet; remove it, and the "
                    "command that made it writes it anew.",
                ) from error
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for _, table in sorted(found, key=lambda each: each[0]):
        rows |= {(row["rule"], row["sha256"]): row for row in table.to_pylist()}
    return rows


def on_surfaces(surfaces: Surfaces, names: Sequence[str]) -> list[RuleRegret]:
    """Of rules of the registry as they are, read from the surfaces, least mean first.

    Constants that were fitted to these very signals look better here than they are.
    """
    found = []
    for name in names:
        regret = surfaces.regret_of(RULES[name]).regret
        found.append(RuleRegret(name, regret, surfaces.recordings, surfaces.descriptors["psi"]))
    return by_mean(found)


def by_mean(found: Sequence[RuleRegret]) -> list[RuleRegret]:
    """The least mean regret first."""
    return sorted(found, key=lambda each: float(each.regret.mean()))
