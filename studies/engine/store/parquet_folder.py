"""Keep tables as Parquet files in a folder, and check every file against the schema.

No file of a table is ever removed, because a reader may have listed it already. So a notebook can
read a folder while a study writes it.

Files that pyarrow reads through a Python object (bytes, or a file of fsspec) are read without
threads: if one of pyarrow's threads is the last to release the object while Python shuts down, the
process aborts.
"""

import contextlib
import datetime
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from inr_models.errors import InputError
from studies.engine.store.folder import Folder
from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.storage import StorageRetry, refusal

GROWING = "_growing"
"""The folder of files that only our own readers see, because they change."""

Version = tuple[int | None, datetime.datetime | None]
"""The size of a file in bytes, and when it was written. Some storages do not tell."""

ATTEMPTS = 20
"""How often a table is read whose files are replaced meanwhile."""

T = TypeVar("T")

Where = ds.Expression | None
"""Which rows to read, None for all."""


def grows(part: str) -> bool:
    """Return whether a file, by its path, is one that its writer replaces after every fit."""
    return f"/{GROWING}/" in part


def table_of(content: bytes) -> pa.Table:
    """Return the table in the bytes of a Parquet file."""
    return pq.read_table(pa.BufferReader(content), use_threads=False)


class ParquetFolder(Folder):
    """Holds the files of `schema.TABLES` in a folder. Other processes may write it meanwhile.

    Raises:
        InputError: the folder cannot be written, or holds Parquet of another schema.
    """

    def __init__(
        self, results: str, *, create: bool = True, retry: StorageRetry | None = None
    ) -> None:
        super().__init__(results, retry)
        if create:
            self.check_writable()
        try:
            for table in TABLES:
                self._check_schema(table)
        except OSError as error:
            raise refusal("unreadable", results, "cannot be read", error) from error

    def write_table(self, table: str, data: pa.Table, name: str | None = None) -> str:
        """Write or replace a file of a table and return its path.

        Args:
            table: the table's folder.
            data: the rows.
            name: the file's name, by default a new one.
        """
        buffer = pa.BufferOutputStream()
        pq.write_table(data, buffer, compression="zstd")
        name = name or f"part-{uuid.uuid4().hex}.parquet"
        self.write_bytes(f"{table}/{name}", buffer.getvalue().to_pybytes())
        return f"{self.root}/{table}/{name}"

    def versions(self, table: str) -> dict[str, Version]:
        """Return {path: version} of a table's files, those that grow included.

        A file that was replaced has another version.
        """
        # A file may get its final name between the two listings, so these come first.
        # Some stores show an object as empty while it is being replaced.
        growing = [info for info in self.infos(f"{GROWING}/{table}") if info.size != 0]
        infos = [*growing, *self.infos(table)]
        return {i.path: (i.size, i.mtime) for i in infos if i.base_name.endswith(".parquet")}

    def published(self, table: str) -> list[str]:
        """Return the paths of a table's files that do not grow."""
        return [part for part in self.versions(table) if not grows(part)]

    def parts(self, table: str) -> list[str]:
        """Return the paths of a table's files, those that grow included."""
        return list(self.versions(table))

    @contextlib.contextmanager
    def naming_damaged(self, table: str, parts: Sequence[str]) -> Iterator[None]:
        """Raise InputError if the block fails because one of a table's files is damaged.

        Other errors pass. A storage that fails is worth a retry, a damaged file is not.
        """
        try:
            yield
        except FileNotFoundError:
            raise
        except (OSError, pa.ArrowException):
            for part in parts:
                self._check_part(table, part)
            raise

    def while_written(self, table: str, read: Callable[[dict[str, Version]], T]) -> T:
        """Return what `read` returns for the `versions` of a table's files.

        A file that grows may be replaced while it is fetched, or get its final name. If `read`
        fails and files have changed meanwhile, it is called again.
        """
        for _ in range(ATTEMPTS):
            versions = self.versions(table)
            try:
                return read(versions)
            except (OSError, pa.ArrowException, InputError):
                if self.versions(table) == versions:
                    raise
        return read(self.versions(table))

    def read_parts(
        self,
        table: str,
        parts: Sequence[str],
        columns: list[str] | None = None,
        where: Where = None,
    ) -> pa.Table:
        """Return the rows of some of a table's files, duplicates included.

        Args:
            table: a key of `schema.TABLES`.
            parts: paths of files of the table.
            columns: the columns to read, None for all.
            where: which rows to return, None for all.
        """
        lasting = [part for part in parts if not grows(part)]
        tables = [self._read_whole(table, part, columns, where) for part in parts if grows(part)]
        if lasting or not tables:
            tables.append(self._read_lasting(table, lasting, columns, where))
        return pa.concat_tables(tables)

    def _read_lasting(
        self, table: str, parts: Sequence[str], columns: list[str] | None, where: Where
    ) -> pa.Table:
        """Return the rows of files that do not change. Only what is needed of them is fetched."""
        threads = not isinstance(self.filesystem, fs.PyFileSystem)
        options = ds.ParquetFragmentScanOptions(pre_buffer=threads)
        # With the schema, a column that an older file lacks is read as null.
        dataset = ds.dataset(
            list(parts),
            schema=arrow_schema(table),
            filesystem=self.filesystem,
            format=ds.ParquetFileFormat(default_fragment_scan_options=options),
        )

        def read() -> pa.Table:
            with self.naming_damaged(table, parts):
                return dataset.to_table(columns=columns, filter=where, use_threads=threads)

        return self.retry(read)

    def _read_whole(
        self, table: str, part: str, columns: list[str] | None, where: Where
    ) -> pa.Table:
        """Return the rows of a file that grows.

        It is fetched as a whole, because its writer may replace it between two requests.
        """
        with self.naming_damaged(table, [part]):
            rows = table_of(self.fetch(part))
            self._check_columns(table, part, rows.schema)
        schema = arrow_schema(table)
        filled = pa.concat_tables([schema.empty_table(), rows], promote_options="default")
        dataset: ds.Dataset = ds.dataset(filled.select(schema.names))
        return dataset.to_table(columns=columns, filter=where, use_threads=False)

    def read(self, table: str, where: Where, columns: list[str] | None) -> pa.Table:
        """Return the rows of a table, duplicates included.

        Args:
            table: a key of `schema.TABLES`.
            where: which rows to return, None for all.
            columns: the columns to read, None for all.
        """

        def rows(versions: dict[str, Version]) -> pa.Table:
            if versions:
                return self.read_parts(table, list(versions), columns, where)
            empty = arrow_schema(table).empty_table()
            return empty.select(columns or empty.column_names)

        return self.while_written(table, rows)

    def _check_schema(self, table: str) -> None:
        parts = self.published(table)
        for part in parts[:1] + parts[-1:]:
            with contextlib.suppress(FileNotFoundError), self.naming_damaged(table, [part]):
                read = partial(pq.read_schema, part, filesystem=self.filesystem)
                schema = self.retry(read)
                self._check_columns(table, part, schema)

    def _check_part(self, table: str, part: str) -> None:
        """Raise InputError if a file can be fetched but not read. It may be gone."""
        content = self.read_bytes(part.removeprefix(f"{self.root}/"))
        if content is None:
            return
        try:
            schema = table_of(content).schema
        except (OSError, pa.ArrowException) as error:
            fix = "not a Parquet file; remove it from the results."
            raise InputError.at("damaged", part, fix) from error
        self._check_columns(table, part, schema)

    def _check_columns(self, table: str, part: str, schema: pa.Schema) -> None:
        for column in TABLES[table]:
            index = schema.get_field_index(column.name)
            if index < 0 and not column.required:
                continue
            actual = "no such column" if index < 0 else schema.field(index).type
            if actual != column.type:
                raise InputError(
                    "another-version",
                    column.name,
                    f"{part}: column {column.name} should be {column.type}, found {actual}; "
                    "these results are of another schema: give another folder with --results.",
                )
