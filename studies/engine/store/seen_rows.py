"""The fits of a store in brief, kept up to date by reading the files that are new, and those alone.

A batch asks for its rows when it begins, since another driver may have done some. On an object
store a file costs two requests, and a table may be of hundreds of files.
"""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from studies.engine.store.rows import BRIEF, Row, brief
from studies.engine.store.schema import arrow_schema
from studies.engine.store.store import Store, newest

COLUMNS = [*BRIEF, "written_at"]
MANY_CHUNKS = 256


class SeenRows:
    """What a store's table of fits holds, of each fit the newest row. About 150 bytes a fit."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.parts: set[str] = set()
        self.schema = pa.schema([arrow_schema("fits").field(name) for name in COLUMNS])
        self.rows = self.schema.empty_table()

    def add(self, part: str, row: Mapping[str, Any]) -> None:
        """Take in a row that was just written, into the file `part`."""
        self.parts.add(part)
        written = {**row, "written_at": datetime.datetime.now(datetime.UTC)}
        self._append(pa.Table.from_pylist([written], self.schema))

    def find(self, keys: Sequence[str]) -> dict[str, Row]:
        """The brief rows of the fits of `keys` that the store has now, by key."""
        self._look_again()
        wanted = self.rows.filter(pc.is_in(self.rows["key"], pa.array(keys, pa.string())))
        return {row["key"]: brief(row) for row in newest("fits", wanted).to_pylist()}

    def _look_again(self) -> None:
        for attempt in range(5):
            new = [part for part in self.store.parts("fits") if part not in self.parts]
            if not new:
                return
            try:
                self._append(self.store.read_parts("fits", new, COLUMNS))
            except FileNotFoundError:  # compacted between the listing and the reading
                if attempt == 4:
                    raise
                continue
            self.parts.update(new)
            return

    def _append(self, rows: pa.Table) -> None:
        self.rows = pa.concat_tables([self.rows, rows])
        if self.rows["key"].num_chunks > MANY_CHUNKS:  # joined files bring rows once more
            self.rows = newest("fits", self.rows).combine_chunks()
