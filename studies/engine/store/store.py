"""Rows and curves in Parquet, under one folder. The store is the truth.

Curves land before the rows they belong to, so a row that is there is complete.
"""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

import datetime
import functools
import math
import operator
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from studies.engine.store.parquet_folder import ParquetFolder
from studies.engine.store.schema import arrow_schema

UNFINISHED = ("failed", "partial")
"""The statuses of fits that a study which wants them whole has still to do."""

KEYS = {"fits": ["key"], "_curves": ["key", "epoch"], "_signals": ["sha256"]}
"""The columns that tell a table's rows apart."""


def output_path(key: str) -> str:
    """Where a fit's best output [n, c] is, if it was kept."""
    return f"_outputs/{key}.npy"


def target_path(sha256: str) -> str:
    """Where a compared signal's samples [n, c] are."""
    return f"_targets/{sha256}.npy"


class Store(ParquetFolder):
    """The tables of a folder of results: fits and their curves, and the signals."""

    def append(
        self, rows: Iterable[Mapping[str, Any]], curves: Iterable[Mapping[str, Any]] = ()
    ) -> str | None:
        """Add rows of fits and their curves; whole or not at all, row by row.

        Returns:
            The path of the file with the rows, None without rows.
        """
        now = datetime.datetime.now(datetime.UTC)
        self._write("_curves", list(curves))
        return self._write("fits", [{**row, "written_at": now} for row in rows])

    def add_signals(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows to the table of signals, those that are not there as they are now.

        Numbers may differ in their last digits, as another machine's FFT makes them.
        """
        now = datetime.datetime.now(datetime.UTC)
        known = {row["sha256"]: row for row in self.signals().to_pylist()}
        new = [
            {**row, "written_at": now}
            for row in rows
            if not all(_same(known.get(row["sha256"], {}).get(k), v) for k, v in row.items())
        ]
        self._write("_signals", new)

    def fits(
        self,
        keys: Collection[str] | None = None,
        columns: Collection[str] | None = None,
        *,
        signals: Collection[str] | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> pa.Table:
        """The newest row of every key, a whole fit before a partial or a failed one.

        Args:
            keys: only these.
            columns: these, `key`, `status` and `written_at` only.
            signals: only of these sha256.
            where: only with these values or null, by column.
        """
        names = None if columns is None else sorted({*columns, "key", "status", "written_at"})
        # Null: a file of before there was such a column.
        wanted = [
            (ds.field(column) == value) | ds.field(column).is_null()
            for column, value in (where or {}).items()
        ]
        wanted += [_is_in("key", keys)] * (keys is not None)
        wanted += [_is_in("sha256", signals)] * (signals is not None)
        condition = functools.reduce(operator.and_, wanted) if wanted else None
        return newest("fits", self.read("fits", condition, names))

    def curves(self, keys: Collection[str] | None = None) -> pa.Table:
        """(key, epoch, psnr), sorted; each pair of key and epoch once."""
        condition = None if keys is None else _is_in("key", keys)
        return newest("_curves", self.read("_curves", condition, None))

    def signals(self) -> pa.Table:
        """The newest row of every signal."""
        return newest("_signals", self.read("_signals", None, None))

    def done(self, keys: Collection[str]) -> set[str]:
        """Which of `keys` need no more work. A failed fit does, and one that ended early."""
        table = self.fits(keys, ["key", "status"])
        whole = pc.invert(pc.is_in(table["status"], pa.array(UNFINISHED)))
        return set(table.filter(whole)["key"].to_pylist())

    def _write(self, table: str, rows: Sequence[Mapping[str, Any]]) -> str | None:
        if not rows:
            return None
        schema = arrow_schema(table)
        # pyarrow drops keys that the schema lacks.
        unknown = {name for row in rows for name in row} - set(schema.names)
        if unknown:
            raise ValueError(f"{table}: the schema has no column for {', '.join(sorted(unknown))}")
        return self.write_table(table, pa.Table.from_pylist(rows, schema))


def _is_in(column: str, values: Collection[str] | None) -> ds.Expression:
    return ds.field(column).isin(pa.array(list(values or ()), pa.string()))


def newest(table: str, data: pa.Table) -> pa.Table:
    """One row for each key: the newest, but of a fit never a failure or a part before a whole."""
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
    # Sorted, so a row is the first of its key where it differs from the one before.
    same = pa.array([False] + [True] * (len(data) - 1)) if len(data) else pa.array([], pa.bool_())
    for key in keys:
        column = data[key].combine_chunks()
        if len(data):
            equal = pc.equal(column.slice(1), column.slice(0, len(data) - 1))
            same = pc.and_(same, pa.concat_arrays([pa.array([False]), equal]))
    return data.filter(pc.invert(same))


def _same(known: Any, now: Any) -> bool:
    if isinstance(known, list) and isinstance(now, Sequence):
        return len(known) == len(now) and all(map(_same, known, now))
    if isinstance(known, float) and isinstance(now, float):
        return math.isclose(known, now, rel_tol=1e-9)
    return known == now
