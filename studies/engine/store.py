"""Rows and curves in Parquet, under one folder. The store is the truth.

Curves land before the rows they belong to, so a row that is there is complete.
"""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

import contextlib
import datetime
import functools
import operator
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from inr_models.errors import InputError
from studies.engine.folder import Folder
from studies.engine.schema import TABLES, arrow_schema
from studies.engine.storage import Patience, refusal

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


class Store(Folder):
    """Tables of `schema.TABLES` in a folder of results.

    Raises:
        InputError: the folder cannot be written, or holds Parquet of another schema.
    """

    def __init__(
        self, results: str, *, create: bool = True, patience: Patience | None = None
    ) -> None:
        super().__init__(results, patience)
        if create:
            self.check_writable()
        try:
            for table in TABLES:
                self._check_schema(table)
        except OSError as error:
            raise refusal(results, "cannot be read", error) from error

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
        """Add rows to the table of signals, those that are not there as they are now."""
        now = datetime.datetime.now(datetime.UTC)
        known = {row["sha256"]: row for row in self.signals().to_pylist()}
        new = [
            {**row, "written_at": now}
            for row in rows
            if any(known.get(row["sha256"], {}).get(k) != v for k, v in row.items())
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
        return newest("fits", self._read("fits", condition, names))

    def curves(self, keys: Collection[str] | None = None) -> pa.Table:
        """(key, epoch, psnr), sorted; each pair of key and epoch once."""
        condition = None if keys is None else _is_in("key", keys)
        return newest("_curves", self._read("_curves", condition, None))

    def signals(self) -> pa.Table:
        """The newest row of every signal."""
        return newest("_signals", self._read("_signals", None, None))

    def done(self, keys: Collection[str]) -> set[str]:
        """Which of `keys` need no more work. A failed fit does, and one that ended early."""
        table = self.fits(keys, ["key", "status"])
        whole = pc.invert(pc.is_in(table["status"], pa.array(UNFINISHED)))
        return set(table.filter(whole)["key"].to_pylist())

    def _write(self, table: str, rows: Sequence[Mapping[str, Any]]) -> str | None:
        if not rows:
            return None
        return self.write_table(table, pa.Table.from_pylist(rows, arrow_schema(table)))

    def write_table(self, table: str, data: pa.Table, prefix: str = "part") -> str:
        """Add a file to a table; its path."""
        buffer = pa.BufferOutputStream()
        pq.write_table(data, buffer)
        name = f"{prefix}-{uuid.uuid4().hex}.parquet"
        self.write_bytes(f"{table}/{name}", buffer.getvalue().to_pybytes())
        return f"{self.root}/{table}/{name}"

    def footer(self, part: str) -> pq.FileMetaData:
        """Of one file: its schema, its number of rows, what was written beside."""

        def read() -> pq.FileMetaData:
            try:
                return pq.read_metadata(part, filesystem=self.filesystem)
            except FileNotFoundError:
                raise
            except (OSError, pa.ArrowException):
                self._check_part(part.removeprefix(f"{self.root}/").split("/")[0], part)
                raise

        return self.patiently(read)

    def parts(self, table: str) -> list[str]:
        """The paths of a table's files."""
        names = [n for n in self.names(table) if n.endswith(".parquet")]
        return [f"{self.root}/{table}/{name}" for name in names]

    def check_parts(self, table: str) -> None:
        """Raise InputError if a file of a table can be fetched but not read."""
        for part in self.parts(table):
            self._check_part(table, part)

    def _check_part(self, table: str, part: str) -> None:
        content = self.read_bytes(part.removeprefix(f"{self.root}/"))
        if content is not None:
            whole = pa.BufferReader(content)
            self._check_columns(table, part, lambda _: pq.read_table(whole).schema)

    def read_whole(self, part: str) -> pa.Table:
        """One file, with columns that only a newer version knows; fewest requests.

        Raises:
            FileNotFoundError: it was compacted meanwhile.
        """

        def read() -> bytes:
            with self.filesystem.open_input_stream(part) as file:
                return file.read()

        return pq.read_table(pa.BufferReader(self.patiently(read)))

    def read_parts(
        self,
        table: str,
        parts: Sequence[str],
        columns: list[str] | None = None,
        where: ds.Expression | None = None,
    ) -> pa.Table:
        """The rows of some of a table's files, as they are there.

        Raises:
            FileNotFoundError: one of them was compacted meanwhile.
        """
        # The schema fills columns that an older file lacks with null.
        dataset = ds.dataset(
            list(parts), schema=arrow_schema(table), filesystem=self.filesystem, format="parquet"
        )

        def read() -> pa.Table:
            try:
                return dataset.to_table(columns=columns, filter=where)
            except FileNotFoundError:
                raise
            except (OSError, pa.ArrowException):
                self.check_parts(table)  # no waiting for a damaged file
                raise

        return self.patiently(read)

    def _read(self, table: str, where: ds.Expression | None, columns: list[str] | None) -> pa.Table:
        for attempt in range(5):
            parts = self.parts(table)
            if not parts:
                return (
                    arrow_schema(table)
                    .empty_table()
                    .select(columns or [c.name for c in TABLES[table]])
                )
            try:
                return self.read_parts(table, parts, columns, where)
            except FileNotFoundError:  # compacted between the listing and the reading
                if attempt == 4:
                    raise
        raise AssertionError("unreachable")

    def _check_schema(self, table: str) -> None:
        parts = self.parts(table)
        for part in parts[:1] + parts[-1:]:
            with contextlib.suppress(FileNotFoundError):
                self._check_columns(table, part, lambda p: self.footer(p).schema.to_arrow_schema())

    def _check_columns(self, table: str, part: str, schema: Callable[[str], pa.Schema]) -> None:
        try:
            there = schema(part)
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{part}: not a Parquet file; remove it from the results.") from error
        for column in TABLES[table]:
            index = there.get_field_index(column.name)
            if index >= 0 and there.field(index).type == column.type:
                continue
            if index < 0 and not column.required:
                continue
            found = "no such column" if index < 0 else str(there.field(index).type)
            raise InputError(
                f"{part}: column {column.name} should be {column.type}, found {found}; "
                "these results are of another schema: give another folder with --results."
            )


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
