"""Keep tables as Parquet files in a folder, and check every file against the schema.

Files that pyarrow reads through a Python object (bytes, or a file of fsspec) are read without
threads: if one of pyarrow's threads is the last to release the object while Python shuts down, the
process aborts.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from inr_models.errors import InputError
from studies.engine.store.folder import Folder
from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.storage import StorageRetry, refusal

T = TypeVar("T")


def table_of(content: bytes) -> pa.Table:
    """Return the table in the bytes of a Parquet file."""
    return pq.read_table(pa.BufferReader(content), use_threads=False)


class ParquetFolder(Folder):
    """Holds the files of `schema.TABLES` in a folder, which other processes may compact meanwhile.

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

    def write_table(self, table: str, data: pa.Table, prefix: str = "part") -> str:
        """Add a file to a table and return its path.

        Args:
            table: a key of `schema.TABLES`.
            data: the rows.
            prefix: what the file's name begins with.
        """
        buffer = pa.BufferOutputStream()
        pq.write_table(data, buffer, compression="zstd")
        name = f"{prefix}-{uuid.uuid4().hex}.parquet"
        self.write_bytes(f"{table}/{name}", buffer.getvalue().to_pybytes())
        return f"{self.root}/{table}/{name}"

    def footer(self, part: str) -> pq.FileMetaData:
        """Return the metadata of one file: its schema, its number of rows, our own entries."""
        table = part.removeprefix(f"{self.root}/").split("/")[0]

        def read() -> pq.FileMetaData:
            with self.naming_damaged(table, [part]):
                return pq.read_metadata(part, filesystem=self.filesystem)

        return self.retry(read)

    def parts(self, table: str) -> list[str]:
        """Return the paths of a table's files."""
        names = [n for n in self.names(table) if n.endswith(".parquet")]
        return [f"{self.root}/{table}/{name}" for name in names]

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

    def while_compacted(self, table: str, read: Callable[[list[str]], T]) -> T:
        """Return what `read` returns for a table's files.

        Repeat it if another process has compacted some of them after they were listed.
        """
        for _ in range(4):
            with contextlib.suppress(FileNotFoundError):
                return read(self.parts(table))
        return read(self.parts(table))

    def read_whole(self, part: str) -> pa.Table:
        """Return all of one file in one request, with columns that only a newer version knows.

        Raises:
            FileNotFoundError: another process has compacted it meanwhile.
        """
        return table_of(self.fetch(part))

    def read_parts(
        self,
        table: str,
        parts: Sequence[str],
        columns: list[str] | None = None,
        where: ds.Expression | None = None,
    ) -> pa.Table:
        """Return the rows of some of a table's files, duplicates included.

        Args:
            table: a key of `schema.TABLES`.
            parts: paths of files of the table.
            columns: the columns to read, None for all.
            where: which rows to return, None for all.

        Raises:
            FileNotFoundError: another process has compacted one of them meanwhile.
        """
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

    def read(self, table: str, where: ds.Expression | None, columns: list[str] | None) -> pa.Table:
        """Return the rows of a table, duplicates included.

        Args:
            table: a key of `schema.TABLES`.
            where: which rows to return, None for all.
            columns: the columns to read, None for all.
        """

        def rows(parts: list[str]) -> pa.Table:
            if parts:
                return self.read_parts(table, parts, columns, where)
            empty = arrow_schema(table).empty_table()
            return empty.select(columns or empty.column_names)

        return self.while_compacted(table, rows)

    def _check_schema(self, table: str) -> None:
        parts = self.parts(table)
        for part in parts[:1] + parts[-1:]:
            with contextlib.suppress(FileNotFoundError), self.naming_damaged(table, [part]):
                self._check_columns(table, part, self.footer(part).schema.to_arrow_schema())

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
            found = "no such column" if index < 0 else schema.field(index).type
            if found != column.type:
                raise InputError(
                    "another-version",
                    column.name,
                    f"{part}: column {column.name} should be {column.type}, found {found}; "
                    "these results are of another schema: give another folder with --results.",
                )
