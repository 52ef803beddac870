"""Remember the fits of a store in brief, and read only the files that are new or have changed.

A worker asks for the rows of its batch before it begins, since another driver may have done some.
On an object store every file costs two requests, and a table may have hundreds of files.
"""

# pyarrow.compute creates its functions at import, so pyright does not know them.
# pyright: reportAttributeAccessIssue=false

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from studies.engine.store.parquet_folder import Version, grows
from studies.engine.store.rows import BRIEF, Row, brief
from studies.engine.store.schema import arrow_schema
from studies.engine.store.store import Store, newest_rows

COLUMNS = [*BRIEF, "written_at"]
MANY_CHUNKS = 256


class FitsCache:
    """Keeps the newest row of every fit in a store. Takes about 150 bytes of memory for each.

    Attributes:
        writers: names of those that have been seen to write, see `GrowingFiles`.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.versions: dict[str, Version] = {}
        self.own: set[str] = set()
        self.writers: set[str] = set()
        self.schema = pa.schema([arrow_schema("fits").field(name) for name in COLUMNS])
        self.rows = self.schema.empty_table()

    def add(self, part: str, row: Mapping[str, Any]) -> None:
        """Add a row that this process has just written into the file `part`."""
        self.own.add(part)
        written = {**row, "written_at": datetime.datetime.now(datetime.UTC)}
        self._append(pa.Table.from_pylist([written], self.schema))

    def find(self, keys: Sequence[str]) -> dict[str, Row]:
        """Return {key: brief row} of those of `keys` that the store has now."""
        self.store.while_written("fits", self._add_new)
        wanted = self.rows.filter(pc.is_in(self.rows["key"], pa.array(keys, pa.string())))
        return {row["key"]: brief(row) for row in newest_rows("fits", wanted).to_pylist()}

    def _add_new(self, versions: dict[str, Version]) -> None:
        self.writers |= {Path(part).stem for part in versions if grows(part)}
        new = [
            part
            for part, version in versions.items()
            if part not in self.own and self.versions.get(part) != version
        ]
        if new:
            self._append(self.store.read_parts("fits", new, COLUMNS))
            self.versions = versions

    def _append(self, rows: pa.Table) -> None:
        self.rows = pa.concat_tables([self.rows, rows])
        # A file that has grown repeats its earlier rows.
        if self.rows["key"].num_chunks > MANY_CHUNKS:
            self.rows = newest_rows("fits", self.rows).combine_chunks()
