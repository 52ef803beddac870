"""Read a design: the fits that `setting_design` or `optimizer_design` asks for, a row each.

A design is a Parquet file, so that a machine with torch alone can fit it.
"""

from dataclasses import fields
from pathlib import Path

import pyarrow.parquet as pq

from inr_models import FitConfig, InputError, Siren2Config
from studies.engine.planning.trial import Trial
from studies.engine.store.rows import Row

NETWORK_COLUMNS = ("width", "depth", "s0", "s1", "zero_output_bias")
FIT_COLUMNS = tuple(field.name for field in fields(FitConfig))


def read_design(path: Path) -> list[Row]:
    """Return the rows of a design from its file.

    Raises:
        InputError: The file cannot be read, or lacks a column.
    """
    try:
        table = pq.read_table(path)
    except (OSError, ValueError) as error:
        fix = "no Parquet file; make a design with benchmarks.setting_design."
        raise InputError.at("not-there", str(path), fix) from error
    for name in ("sha256", "seed", *NETWORK_COLUMNS, *FIT_COLUMNS):
        if name not in table.column_names:
            fix = f"it has no column {name}; make a design with benchmarks.setting_design."
            raise InputError.at("missing", str(path), fix)
    return table.to_pylist()


def trial_of(row: Row) -> Trial:
    """Return the trial that a row of a design asks for.

    Args:
        row: One of `designed`, or of `read_design`.
    """
    return Trial(
        signal=row["sha256"],
        network=Siren2Config(**{name: row[name] for name in NETWORK_COLUMNS}),
        fit=FitConfig(**{name: row[name] for name in FIT_COLUMNS}),
        seed=row["seed"],
    )
