"""Read the regrets of rules: confirmed by training where a study did so, else from surfaces."""

import json
import statistics
from collections import defaultdict
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

HELD_OUT_FOLDER = "_rules/held_out"
"""The folder to which `rule_fitting` writes the points of such rules."""

EXPORTED = "_rules/regret.parquet"
"""The file in which an exported benchmark keeps the regrets of its studies."""


Row = Mapping[str, Any]


class RuleRegret(NamedTuple):
    """Hold a rule's regret on several signals.

    Args:
        rule: Its name.
        signals: [s] the signals' sha256.
        by_seed: [s] its regret in dB by seed.
        recordings: [s] the recording that each signal was cut from.
        psi: [s] the signals' psi.
        dead: Number of its dead fits. None if it was not trained.
    """

    rule: str
    signals: tuple[str, ...]
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

    Example:
        >>> from analysis.surfaces.stored import stored_surfaces
        >>> rules, sentence = regrets("analysis/data", stored_surfaces("analysis/data"))
    """
    if from_training := confirmed(results, recordings_of(surfaces)):
        return from_training, "Regrets are confirmed: trained on fresh seeds."
    return on_surfaces(surfaces, (*EQN11_SOUND, *FITTED)), (
        "Regrets are read from smooth surfaces. Rules of the registry with fitted constants may "
        "have been fitted to these signals."
    )


def of_rules(regrets: Sequence[RuleRegret], names: Sequence[str]) -> list[RuleRegret]:
    """Return the regrets of the named rules, in the order of the names.

    Where a rule was also fitted without each signal's recording, that regret is returned: the
    rule's own was fitted to these very signals.

    Args:
        regrets: The regrets of many rules.
        names: The rules' names, without the prefix `HELD_OUT`.

    Raises:
        InputError: A rule has no regret here.

    Example:
        >>> rules = on_surfaces(surfaces, ["constant", "eqn11", "bandwidth_psi"])
        >>> [one.rule for one in of_rules(rules, ["eqn11", "constant"])]
        ['eqn11', 'constant']
    """
    by_name = {of_rule.rule: of_rule for of_rule in regrets}
    chosen = []
    for name in names:
        of_rule = by_name.get(f"{HELD_OUT}{name}") or by_name.get(name)
        if of_rule is None:
            there = ", ".join(by_name) or "none"
            raise InputError.of_value(
                "unknown-name",
                "rule",
                name,
                f"these results have no regret of it. Give one of {there}.",
            )
        chosen.append(of_rule)
    return chosen


def recordings_of(surfaces: Surfaces) -> dict[str, str]:
    """Return the recording of each signal, by its sha256.

    Example:
        >>> sorted(recordings_of(surfaces).values())
        ['recording0', 'recording1', 'recording2', 'recording3', 'recording4', 'recording5']
    """
    sha256s = [target.sha256 for target in surfaces.targets]
    return dict(zip(sha256s, surfaces.recordings, strict=True))


def confirmed(results: str, recordings: Mapping[str, str]) -> list[RuleRegret]:
    """Return the regrets in every `regret.parquet` of the results, least mean first.

    `rule_fitting` may have given a held-out rule other points since they were trained, and choices
    share their points with the families that they take. So the regret of a held-out rule is that of
    any trained point which equals its own. Signals whose point was not trained are left out.

    Args:
        results: a results folder.
        recordings: The recording of each signal by its sha256. Other signals do not count.

    Example:
        >>> from analysis.statistics.recordings import stored_recordings
        >>> from analysis.surfaces.stored import BENCHMARK
        >>> from studies.engine.store.store import Store
        >>> recordings = stored_recordings(Store(BENCHMARK, create=False))
        >>> "eqn11_length" in {one.rule for one in confirmed(BENCHMARK, recordings)}
        True
    """
    tables = held_out_tables(results)
    rows_of: dict[str, list[Row]] = defaultdict(list)
    at_point: dict[tuple[str, NoiseScales], Row] = {}
    for (rule, sha256), row in trained(results).items():
        if sha256 not in recordings:
            continue
        if rule not in tables:
            rows_of[rule].append(row)
        at_point[sha256, _digits(NoiseScales(row["s0_rule"], row["s1_rule"]))] = row
    for rule, points in tables.items():
        for sha256, scales in points.items():
            if row := at_point.get((sha256, _digits(scales))):
                rows_of[rule].append(row)
    regrets = []
    for rule, rows in rows_of.items():
        regrets.append(
            RuleRegret(
                rule,
                signals=tuple(row["sha256"] for row in rows),
                by_seed=[differences_of(row) for row in rows],
                recordings=tuple(recordings[row["sha256"]] for row in rows),
                psi=np.array([row["psi"] for row in rows]),
                dead=sum(row["num_dead"] for row in rows),
            )
        )
    return by_mean(regrets)


def _digits(scales: NoiseScales) -> NoiseScales:
    """Return scales with the digits that are the same on every processor."""
    return NoiseScales(*(float(f"{value:.6g}") for value in scales))


def differences_of(row: Row) -> dict[int, float]:
    """Return a stored regret in dB by scoring seed.

    Rows that were stored before they had their seeds hold the mean alone. It counts as that of one
    seed, which all of these rows share.
    """
    if row["scoring_seeds"] is None:
        return {FIRST_SCORING_SEED: row["regret_db"]}
    return dict(zip(row["scoring_seeds"], row["differences_db"], strict=True))


def held_out_tables(results: str) -> dict[str, Mapping[str, NoiseScales]]:
    """Return the points that `rule_fitting` stored for each held-out rule, by the signals' sha256.

    Raises:
        InputError: a file is damaged.
    """
    folder = Folder(results)
    tables = {}
    for name in folder.names(HELD_OUT_FOLDER):
        path = f"{HELD_OUT_FOLDER}/{name}"
        try:
            table = rule_of(json.loads(folder.read_bytes(path) or b""))
        except (ValueError, InputError) as error:
            raise InputError(
                "damaged",
                path,
                f"{folder.results}/{path}: {error}. Run `python -m analysis.rule_fitting` again.",
            ) from error
        points = table.points if isinstance(table, Table) else {}
        tables[name.removesuffix(".json")] = {sha: NoiseScales(*at) for sha, at in points.items()}
    return tables


def trained(results: str) -> dict[tuple[str, str], Row]:
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
    rows: dict[tuple[str, str], Row] = {}
    for _, table in sorted(tables, key=lambda item: item[0]):  # later rows replace earlier ones
        for row in table.to_pylist():
            # Rows that were stored before a column was added lack it.
            rows[row["rule"], row["sha256"]] = dict.fromkeys(SCHEMA.names) | row
    return rows


def on_surfaces(surfaces: Surfaces, names: Sequence[str]) -> list[RuleRegret]:
    """Return the regrets of rules of the registry, read from the surfaces, least mean first.

    Rules whose constants were fitted to these very signals look better here than they are.

    Example:
        >>> sorted(one.rule for one in on_surfaces(surfaces, ["eqn11", "constant"]))
        ['constant', 'eqn11']
    """
    regrets = []
    for name in names:
        regrets.append(on_surface(name, surfaces.regret_of(RULES[name]).by_seed, surfaces))
    return by_mean(regrets)


def on_surface(name: str, by_seed: Sequence[Mapping[int, float]], surfaces: Surfaces) -> RuleRegret:
    """Return regrets in dB on surfaces, by signal [s] and seed, as those of a named rule."""
    return RuleRegret(
        name,
        signals=tuple(target.sha256 for target in surfaces.targets),
        by_seed=by_seed,
        recordings=surfaces.recordings,
        psi=surfaces.descriptors["psi"],
    )


def by_mean(regrets: Sequence[RuleRegret]) -> list[RuleRegret]:
    """Return the regrets with the least mean first.

    Example:
        >>> ordered = by_mean(on_surfaces(surfaces, ["eqn11", "constant"]))
        >>> bool(ordered[0].regret.mean() <= ordered[1].regret.mean())
        True
    """
    return sorted(regrets, key=lambda rule: float(rule.regret.mean()))
