"""Add rows to a store one by one, without a new file for each.

A file for every fit would make the results slow to read. Joining such files later would remove
files that somebody has listed and not yet read. So rows come into a growing file, which only our
own readers see. After a while it gets its final name and never changes again.
"""

import contextlib
import time
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from studies.engine.store.parquet_folder import GROWING, table_of
from studies.engine.store.schema import arrow_schema
from studies.engine.store.store import KEYS, Store, newest_rows, tables_of

MAX_BYTES = 2_000_000
"""Bytes of memory of a file that grows no more: about 2,000 fits, or 40,000 points of curves."""

SHORTEST, LONGEST, SHARE = 10.0, 600.0, 0.1
"""A file grows for this share of its writer's age, in seconds between the first two numbers.

A notebook is so much behind at most. A day makes about 200 files.
"""

_TABLES = ("_curves", "fits")
"""The tables that grow, in the order in which a fit is written, so that no row lacks its curve."""


class GrowingFiles:
    """Adds fits and their curves to a store, in files that no other object writes.

    Args:
        store: the store.

    Attributes:
        writer: the name of this object's files, without their suffix.
    """

    def __init__(self, store: Store) -> None:
        self.writer = uuid.uuid4().hex
        self.files = {table: _GrowingFile(store, table, self.writer) for table in _TABLES}
        self.files["fits"].begin()  # so that others see that somebody writes

    def append(self, row: Mapping[str, Any], curve: Iterable[Mapping[str, Any]]) -> str:
        """Add the row of a fit and its curve, and return the path of the file with the row."""
        tables = tables_of([row], curve)
        paths = [self.files[table].append(tables[table]) for table in _TABLES]
        return paths[-1]


class _GrowingFile:
    def __init__(self, store: Store, table: str, writer: str) -> None:
        self.store, self.table, self.name = store, table, f"{writer}.parquet"
        self.rows = arrow_schema(table).empty_table()
        self.created = self.began = time.monotonic()

    def begin(self) -> None:
        """Write the file without rows."""
        self.store.write_table(f"{GROWING}/{self.table}", self.rows, self.name)

    def append(self, rows: pa.Table) -> str:
        now = time.monotonic()
        seconds = min(max(SHARE * (now - self.created), SHORTEST), LONGEST)
        if self.rows.nbytes > MAX_BYTES or now > self.began + seconds:
            if self.rows.num_rows:
                _publish(self.store, self.table, self.name)
            self.began, self.rows = now, self.rows.slice(0, 0)
        if not rows.num_rows:
            return ""
        together = pa.concat_tables([self.rows, rows]).combine_chunks()
        key = KEYS[self.table][0]
        if set(rows[key].to_pylist()) & set(self.rows[key].to_pylist()):
            together = newest_rows(self.table, together)
        path = self.store.write_table(f"{GROWING}/{self.table}", together, self.name)
        self.rows = together
        return path


def others_write(store: Store) -> bool:
    """Return whether somebody else writes fits to the store now, or was killed while writing."""
    return bool(store.names(f"{GROWING}/fits"))


def publish(store: Store) -> None:
    """Give all growing files their final names, those of killed runs included.

    A file whose writer lives may be among them. Its writer then repeats the rows in its next file,
    and `remove_superseded` removes them at the end.
    """
    for table in _TABLES:
        for name in store.names(f"{GROWING}/{table}"):
            content = store.read_bytes(f"{GROWING}/{table}/{name}")
            if content and not table_of(content).num_rows:
                store.delete(f"{GROWING}/{table}/{name}")
            else:
                _publish(store, table, name)


def _publish(store: Store, table: str, name: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # another process was faster
        store.move(f"{GROWING}/{table}/{name}", f"{table}/part-{uuid.uuid4().hex}.parquet")
