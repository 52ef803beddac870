"""Join a store's many small files into a few larger ones that hold each row once."""

# pyarrow.compute creates its functions at import, so pyright does not know them.
# pyright: reportAttributeAccessIssue=false

import contextlib
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.store import KEYS, Store, newest_rows

MAX_ROWS = 50_000
"""Rows of a joined file, about."""

MANY_FILES = 300
"""From so many joined files of a table on, `small=True` joins these as well."""

_REPLACES = b"noisescape.replaces"
_JOINED = "joined"


def compact(store: Store, *, small: bool = False) -> None:
    """Join small files into larger ones that hold each row once.

    Other processes may read the store meanwhile. A joined file names the files that it replaces,
    so that the next call can finish what a killed call left behind. Memory holds `MAX_ROWS` rows
    at a time, or the rows of all files that share a key if these are more.

    Args:
        small: join only the files that no call has joined yet, while there are few others. A row
            that is in a joined file as well then stays doubled until a call without `small`.
    """
    for table in TABLES:
        parts = store.parts(table)
        # A file that is gone was compacted by another process.
        with contextlib.suppress(FileNotFoundError), store.naming_damaged(table, parts):
            _compact(store, table, parts, small)


def _compact(store: Store, table: str, parts: Sequence[str], small: bool) -> None:
    joined = [part for part in parts if f"/{_JOINED}-" in part]
    small = small and len(joined) < MANY_FILES
    read = joined if small else parts
    footers = dict(zip(read, store.in_parallel(store.footer, read), strict=True))
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
    store.in_parallel(store.delete, gone)


def _groups(store: Store, table: str, num_rows: Mapping[str, int]) -> list[list[str]]:
    """Return the files to join: those that share a key, and small ones up to `MAX_ROWS` rows."""
    if len(num_rows) < 2:
        return []
    column = KEYS[table][0]

    def unique(part: str) -> pa.Array:
        return pc.unique(store.read_parts(table, [part], [column])[column])

    keys = dict(zip(num_rows, store.in_parallel(unique, num_rows), strict=True))
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
    # The promotion keeps columns that a newer version has added.
    tables = [arrow_schema(table).empty_table(), *store.in_parallel(store.read_whole, parts)]
    data = newest_rows(table, pa.concat_tables(tables, promote_options="default"))
    names = " ".join(part.rsplit("/", 1)[-1] for part in parts)
    store.write_table(table, data.replace_schema_metadata({_REPLACES: names.encode()}), _JOINED)
