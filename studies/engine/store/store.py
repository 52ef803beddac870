"""Keep the rows and curves of all fits in Parquet. Every report is computed from this store.

A fit's curve is written before its row, so a fit that has a row is complete.
"""

# pyarrow.compute creates its functions at import, so pyright does not know them.
# pyright: reportAttributeAccessIssue=false

import datetime
import functools
import math
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeGuard

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from inr_models.fitting.objective import REGRESSION
from inr_models.fitting.optimizers.catalog import DEFAULT_OPTIMIZER
from studies.engine.store.dead import JUDGED_BY, judged
from studies.engine.store.parquet_folder import ParquetFolder
from studies.engine.store.schema import arrow_schema

Curve = tuple[list[int], list[float]]
"""The epochs of a fit's curve, ascending, and its PSNR in dB after each."""

UNFINISHED = ("failed", "partial")
"""The statuses of fits that a study still has to run if it needs whole ones."""

KEYS = {"fits": ["key"], "_curves": ["key", "epoch"], "_signals": ["sha256"]}
"""The columns that identify a row of each table."""


def output_path(key: str, epoch: int | None = None) -> str:
    """Return the path of a fit's output [n, c], which only some fits keep.

    Args:
        key: The fit's key.
        epoch: After how many updates. None for the best output.
    """
    return f"_outputs/{key}.npy" if epoch is None else f"_outputs/{key}-{epoch}.npy"


def weights_path(key: str) -> str:
    """Return the path of the best weights [p] of a shape's network, which only some fits keep."""
    return f"_weights/{key}.npy"


def cloud_path(sha256: str) -> str:
    """Return the path of the points on a shape's surface and their normals [m, 6]."""
    return f"_targets/{sha256}-cloud.npy"


def target_path(sha256: str) -> str:
    """Return the path of the samples [n, c] of a signal whose networks are compared."""
    return f"_targets/{sha256}.npy"


NULL_IS = {"fit_optimizer": DEFAULT_OPTIMIZER}
"""Columns -> what null stands for in the rows of earlier versions, which could do nothing else."""


def truth_path(sha256: str) -> str:
    """Return the path of the clean samples [n, c] of a noisy signal, which no fit reads."""
    return f"_truths/{sha256}.npy"


class Store(ParquetFolder):
    """Reads and writes the tables of a results folder: the fits, their curves, and the signals.

    Example:
        >>> store = Store("results")
        >>> store.fits(columns=["signal", "metric_psnr_peak"]).to_pandas()
    """

    def append(
        self, rows: Iterable[Mapping[str, Any]], curves: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """Add rows of fits and their curves. If this is interrupted, no row lacks its curve."""
        for table, data in tables_of(rows, curves).items():
            if data.num_rows:
                self.write_table(table, data)

    def add_signals(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add those rows to the table of signals that it lacks or holds with other values.

        Numbers may differ in their last digits, since machines differ in those of an FFT.
        """
        now = datetime.datetime.now(datetime.UTC)
        known = {row["sha256"]: row for row in self.signals().to_pylist()}
        new = [
            {**row, "written_at": now}
            for row in rows
            if not all(_same(known.get(row["sha256"], {}).get(k), v) for k, v in row.items())
        ]
        if new:
            self.write_table("_signals", _table("_signals", new))

    def fits(
        self,
        keys: Collection[str] | None = None,
        columns: Collection[str] | None = None,
        *,
        signals: Collection[str] | None = None,
        where: Mapping[str, Any] | None = None,
        objective: str | None = REGRESSION.name,
    ) -> pa.Table:
        """Return the newest row of every fit. A whole row wins over a partial or failed one.

        `dead.judged` judges the rows of earlier versions again.

        Args:
            keys: return only the fits with these keys.
            columns: return only these columns, and `key`, `status` and `written_at`.
            signals: return only fits of the signals with these sha256.
            where: {column: value}; return only fits with this value or null in the column. In a
                column of `NULL_IS` null is a value of its own.
            objective: return only fits that minimized this, None for all. Scores of different
                objectives cannot be compared. `keys` are returned whatever they minimized.
        """
        names = None if columns is None else sorted({*columns, "key", "status", "written_at"})
        read = None if names is None else sorted({*names, *JUDGED_BY})
        # An older file lacks newer columns, which are then read as null.
        wanted = [_has(column, value) for column, value in (where or {}).items()]
        if keys is not None:
            wanted.append(_is_in("key", keys))
        if signals is not None:
            wanted.append(_is_in("sha256", signals))
        if keys is None and objective is not None:
            # The column is null in the rows of a regression, and in those of earlier versions.
            is_regression = ds.field("objective").is_null()
            named = ds.field("objective") == objective
            wanted.append(is_regression if objective == REGRESSION.name else named)
        condition = functools.reduce(operator.and_, wanted) if wanted else None
        rows = newest_rows("fits", _filled(self.read("fits", condition, read)))
        rows = judged(rows, self.signals)
        return rows if names is None else rows.select(names)

    def curves(self, keys: Collection[str] | None = None) -> pa.Table:
        """Return the table (key, epoch, psnr) of the fits of `keys`, by default of all fits.

        It is sorted by key and epoch, and holds each pair of these once.
        """
        condition = None if keys is None else _is_in("key", keys)
        return newest_rows("_curves", self.read("_curves", condition, None))

    def curves_by_key(self, keys: Collection[str]) -> dict[str, Curve]:
        """Return {key: (epochs, psnr)} of those of the fits that have a curve.

        Args:
            keys: the keys of fits.

        Example:
            >>> epochs, psnr_db = store.curves_by_key([key])[key]
        """
        columns = self.curves(keys).to_pydict()
        curves: dict[str, Curve] = {}
        for key, epoch, psnr in zip(columns["key"], columns["epoch"], columns["psnr"], strict=True):
            epochs, values = curves.setdefault(key, ([], []))
            epochs.append(epoch)
            values.append(psnr)
        return curves

    def signals(self) -> pa.Table:
        """Return the newest row of every signal."""
        return newest_rows("_signals", self.read("_signals", None, None))

    def done(self, keys: Collection[str]) -> set[str]:
        """Return those of `keys` whose fits are whole, so neither failed nor stopped early."""
        table = self.fits(keys, ["key", "status"])
        whole = pc.invert(pc.is_in(table["status"], pa.array(UNFINISHED)))
        return set(table.filter(whole)["key"].to_pylist())


def tables_of(
    rows: Iterable[Mapping[str, Any]], curves: Iterable[Mapping[str, Any]]
) -> dict[str, pa.Table]:
    """Return the tables of rows of fits and of their curves, in the order to write them."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "_curves": _table("_curves", list(curves)),
        "fits": _table("fits", [{**row, "written_at": now} for row in rows]),
    }


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    schema = arrow_schema(name)
    # pyarrow drops keys that the schema lacks.
    unknown = {column for row in rows for column in row} - set(schema.names)
    if unknown:
        raise ValueError(f"{name}: the schema has no column for {', '.join(sorted(unknown))}")
    return pa.Table.from_pylist(rows, schema)


def is_done(row: Mapping[str, Any] | None, *, may_be_partial: bool) -> TypeGuard[dict[str, Any]]:
    """Return whether a fit has a row that no later run would replace.

    Args:
        row: The fit's row, None if it has none.
        may_be_partial: Whether a fit counts as done if it was stopped early.
    """
    if row is None or row["status"] == "failed":
        return False
    return may_be_partial or row["status"] != "partial"


def _has(column: str, value: Any) -> ds.Expression:
    """Return whether a column has this value, or null where an older file lacks the column."""
    is_equal = ds.field(column) == value
    if NULL_IS.get(column, value) != value:
        return is_equal
    return is_equal | ds.field(column).is_null()


def _filled(table: pa.Table) -> pa.Table:
    """Return a table with the values of `NULL_IS` in place of null."""
    for column, value in NULL_IS.items():
        if column in table.column_names:
            place = table.column_names.index(column)
            filled = pc.fill_null(table[column], value)
            table = table.set_column(place, table.schema.field(column), filled)
    return table


def _is_in(column: str, values: Collection[str]) -> ds.Expression:
    return ds.field(column).isin(pa.array(list(values), pa.string()))


def newest_rows(table: str, data: pa.Table) -> pa.Table:
    """Return one row for each key of a table, sorted by key.

    It is the newest row. Of a fit, a failed or partial row is never chosen over a whole one.
    """
    if not len(data):
        return data
    keys = KEYS[table]
    order = [(key, "ascending") for key in keys]
    if table == "fits":
        rank = pc.fill_null(pc.index_in(data["status"], pa.array(UNFINISHED)), len(UNFINISHED))
        data = data.append_column("_rank", rank)
        order.append(("_rank", "descending"))
    if table != "_curves":
        order.append(("written_at", "descending"))
    data = data.sort_by(order)
    if table == "fits":
        data = data.drop_columns(["_rank"])
    # After sorting, a row is the first of its key where it differs from the row before. Arrow's
    # group_by with "first" loses the order, and with a second sort it takes longer than this.
    columns = [data[key].combine_chunks() for key in keys]
    equal = [pc.equal(column.slice(1), column.slice(0, len(data) - 1)) for column in columns]
    repeats = functools.reduce(pc.and_, equal)
    return data.filter(pc.invert(pa.concat_arrays([pa.array([False]), repeats])))


def _same(known: Any, now: Any) -> bool:
    if isinstance(known, list) and isinstance(now, Sequence):
        return len(known) == len(now) and all(map(_same, known, now))
    if isinstance(known, float) and isinstance(now, float):
        return math.isclose(known, now, rel_tol=1e-9)
    return known == now
