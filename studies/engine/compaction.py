"""Fewer and larger files for a store's tables, each row once."""

# pyarrow.compute makes its functions when it is imported.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from studies.engine.schema import TABLES, arrow_schema
from studies.engine.store import KEYS, Store, newest

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
    footers = {p: pq.read_metadata(p, filesystem=store.filesystem) for p in store.parts(table)}
    replaced = {
        f"{store.root}/{table}/{name}"
        for footer in footers.values()
        for name in (footer.metadata or {}).get(_REPLACES, b"").decode(errors="replace").split()
    }
    num_rows = {part: f.num_rows for part, f in footers.items() if part not in replaced}
    if small and len(num_rows) < MANY_FILES:
        groups = [[part for part in num_rows if f"/{_JOINED}-" not in part]]
    else:
        groups = _groups(store, table, num_rows)
    for parts in groups:
        if len(parts) > 1:
            _join(store, table, parts)
            replaced.update(parts)
    for part in replaced & footers.keys():
        store.delete(part.removeprefix(f"{store.root}/"))


def _groups(store: Store, table: str, num_rows: Mapping[str, int]) -> list[list[str]]:
    """Files to join: those that share a key with another, and small ones up to `MAX_ROWS` rows."""
    if len(num_rows) < 2:
        return []
    column = KEYS[table][0]
    keys = {
        part: pc.unique(pq.read_table(part, columns=[column], filesystem=store.filesystem)[column])
        for part in num_rows
    }
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
    known = [arrow_schema(table), *(store.schema(part).remove_metadata() for part in parts)]
    dataset = ds.dataset(
        parts, schema=pa.unify_schemas(known), filesystem=store.filesystem, format="parquet"
    )
    names = " ".join(part.rsplit("/", 1)[-1] for part in parts)
    data = newest(table, dataset.to_table())
    store.write_table(table, data.replace_schema_metadata({_REPLACES: names.encode()}), _JOINED)
