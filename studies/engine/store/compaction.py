"""Fewer and larger files for a store's tables, each row once."""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.store import KEYS, Store, newest

MAX_ROWS = 50_000
"""Rows of a file, about, into which small ones are joined."""

MANY_FILES = 300
"""Of a table: from here on `small` ones alone are not enough."""

_REPLACES = b"noisescape.replaces"
_JOINED = "joined"


def compact(store: Store, *, small: bool = False) -> None:
    """Join small files into larger ones, each row once.

    Readers may look on meanwhile. A joined file names those that it replaces, so that the next
    call finishes what a killed one left, and no row stays doubled. `MAX_ROWS` rows are in
    memory at a time, or those of all files that share a key.

    Args:
        small: only the files that no call has joined yet, while there are few others. A row that
            is in a joined file as well stays doubled until a call without.
    """
    for table in TABLES:
        try:
            _compact(store, table, small)
        except FileNotFoundError:
            continue  # another driver of these results is at it
        except (OSError, pa.ArrowException):
            store.check_parts(table)
            raise


def _compact(store: Store, table: str, small: bool) -> None:
    parts = store.parts(table)
    joined = [part for part in parts if f"/{_JOINED}-" in part]
    small = small and len(joined) < MANY_FILES
    read = joined if small else parts
    footers = dict(zip(read, store.each(store.footer, read), strict=True))
    replaced = {
        f"{store.root}/{table}/{name}"
        for footer in footers.values()
        for name in (footer.metadata or {}).get(_REPLACES, b"").decode(errors="replace").split()
    }
    left = [part for part in parts if part not in replaced]
    if small:
        groups = [[part for part in left if part not in footers]]
    else:
        groups = _groups(store, table, {part: footers[part].num_rows for part in left})
    for group in groups:
        if len(group) > 1:
            _join(store, table, group)
            replaced.update(group)
    gone = [part.removeprefix(f"{store.root}/") for part in parts if part in replaced]
    store.each(store.delete, gone)


def _groups(store: Store, table: str, num_rows: Mapping[str, int]) -> list[list[str]]:
    """Files to join: those that share a key with another, and small ones up to `MAX_ROWS` rows."""
    if len(num_rows) < 2:
        return []
    column = KEYS[table][0]

    def unique(part: str) -> pa.Array:
        return pc.unique(store.read_parts(table, [part], [column])[column])

    keys = dict(zip(num_rows, store.each(unique, num_rows), strict=True))
    counts = pc.value_counts(pa.chunked_array(list(keys.values()), pa.string()))
    doubled = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    shared = [part for part in keys if pc.any(pc.is_in(keys[part], doubled)).as_py()]
    groups, room = [shared], MAX_ROWS - sum(num_rows[part] for part in shared)
    for part, rows in num_rows.items():
        if part in shared or rows > MAX_ROWS // 2:
            continue
        if rows > room:
            groups.append([])
            room = MAX_ROWS
        groups[-1].append(part)
        room -= rows
    return groups


def _join(store: Store, table: str, parts: Sequence[str]) -> None:
    # Columns that a newer version has added are kept.
    tables = [arrow_schema(table).empty_table(), *store.each(store.read_whole, parts)]
    data = newest(table, pa.concat_tables(tables, promote_options="default"))
    names = " ".join(part.rsplit("/", 1)[-1] for part in parts)
    store.write_table(table, data.replace_schema_metadata({_REPLACES: names.encode()}), _JOINED)
