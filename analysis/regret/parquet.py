"""Write `regret.parquet`: the regrets of a run as a table for notebooks."""

import math
from collections.abc import Mapping, Sequence

import pyarrow as pa

from analysis.regret.regret import Regret
from analysis.regret.single_fits import CAP_DB, LEVELS_DB
from analysis.reporting.parquet import parquet_bytes


def regret_parquet(by_signal: Sequence[Sequence[Regret]]) -> bytes:
    """Return `regret.parquet`, a row for each signal and rule."""
    return parquet_bytes([_row(regret) for regrets in by_signal for regret in regrets], SCHEMA)


_TEXT, _REAL = pa.string(), pa.float64()
# Parquet files call the items of a list "element".
_SEEDS = pa.list_(pa.field("element", pa.int64()))
_COLUMNS = {
    "signal": (_TEXT, "its name"),
    "rule": (_TEXT, "a key of search_spaces.rules.RULES"),
    "psnr_rule": (_REAL, "dB, mean over the scoring seeds at the rule's point"),
    "psnr_optimum": (_REAL, "dB, mean over the same seeds at the optimum"),
    "regret_db": (_REAL, "dB, mean of the paired differences, optimum minus rule"),
    "regret_low": (_REAL, "dB, lower end of its 95 % interval (Student's t)"),
    "regret_high": (_REAL, "dB, upper end"),
    "num_seeds": (pa.int64(), "number of scoring seeds"),
    "claimed_db": (
        _REAL,
        "dB, lead of the search's best point on the search's own seeds, if it tried the rule's",
    ),
    "curse_db": (_REAL, "dB, how much of that lead is gone on the choosing seeds"),
    "num_dead": (pa.int64(), "scoring fits of the rule that are dead or diverged"),
    "at_rim": (pa.bool_(), "the optimum is at the rim of the searched space"),
    "sha256": (_TEXT, "of the fitted samples"),
    "psi": (_REAL, "spectral centroid, Eqn. 10, share of Nyquist"),
    "s0_rule": (_REAL, "rad/unit"),
    "s1_rule": (_REAL, ""),
    "s0_optimum": (_REAL, "rad/unit"),
    "s1_optimum": (_REAL, ""),
    "found_by": (_TEXT, "the optimum is a point of a `search`, of the `grid`, or a `rule`'s"),
    "scoring_seeds": (_SEEDS, "the seeds of the scoring fits"),
    "differences_db": (
        pa.list_(pa.field("element", _REAL)),
        "dB, optimum minus rule on each scoring seed",
    ),
    "choosing_seeds": (_SEEDS, "the seeds that chose the optimum"),
    "regret_capped_db": (
        _REAL,
        f"dB, mean of the paired differences, each fit's PSNR capped at {CAP_DB:g} dB",
    ),
    "psnr_rule_p10": (_REAL, "dB, 10th percentile of the single fits at the rule's point"),
    "psnr_optimum_p10": (_REAL, "dB, 10th percentile of the single fits at the optimum"),
    **{
        f"epochs_{point}_{level}db": (
            _REAL,
            f"first recorded epoch by which half of the fits at the {point} have {level} dB",
        )
        for level in LEVELS_DB
        for point in ("rule", "optimum")
    },
}
SCHEMA = pa.schema(
    pa.field(name, type, metadata={"meaning": meaning})
    for name, (type, meaning) in _COLUMNS.items()
)


def _row(regret: Regret) -> Mapping[str, object]:
    at_rule, at_best = regret.rule_point.scales, regret.optimum.scales
    assert at_rule
    assert at_best
    row = {
        "signal": regret.signal.name,
        "rule": regret.rule,
        "psnr_rule": regret.at_rule.mean,
        "psnr_optimum": regret.at_optimum.mean,
        "regret_db": regret.interval.mean,
        "regret_low": regret.interval.low,
        "regret_high": regret.interval.high,
        "num_seeds": len(regret.by_seed),
        "claimed_db": regret.claimed,
        "curse_db": regret.curse,
        "num_dead": regret.dead,
        "at_rim": regret.at_rim,
        "sha256": regret.signal.sha256,
        "psi": regret.signal.descriptors["psi"],
        "s0_rule": at_rule.s0,
        "s1_rule": at_rule.s1,
        "s0_optimum": at_best.s0,
        "s1_optimum": at_best.s1,
        "found_by": regret.optimum.kind,
        "scoring_seeds": list(regret.by_seed),
        "differences_db": list(regret.by_seed.values()),
        "choosing_seeds": list(regret.choosing_seeds),
        "regret_capped_db": regret.capped_db,
        "psnr_rule_p10": regret.at_rule.tenth_percentile,
        "psnr_optimum_p10": regret.at_optimum.tenth_percentile,
    }
    for level in LEVELS_DB:
        row[f"epochs_rule_{level}db"] = regret.at_rule.epochs[level]
        row[f"epochs_optimum_{level}db"] = regret.at_optimum.epochs[level]
    # NaN becomes null: NaN does not equal itself, so a report written twice would differ. An epoch
    # that never comes is null as well.
    return {n: None if isinstance(v, float) and not math.isfinite(v) else v for n, v in row.items()}
