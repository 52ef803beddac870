"""Remove rows that another file of the store has newer or whole, so that each is there once."""

# pyarrow.compute creates its functions at import, so pyright does not know them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from studies.engine.store.parquet_folder import Version, grows, table_of
from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.store import KEYS, Store, newest_rows

RANKED_BY = ("status", "written_at")
"""Columns that decide, beside the key, which row is the better one."""

_PART, _ROW = "_part", "_row"


def remove_superseded(store: Store) -> None:
    """Remove the rows that `newest_rows` would not return, except from files that grow.

    Such rows stay behind where a fit was repeated that had failed or was stopped early. The files
    keep their names. Others may read the store meanwhile, or call this as well: then two drivers
    of one study replace files that the other one reads.
    """
    for table in TABLES:
        shared, kept = store.while_written(table, partial(_plan, store, table))
        for part, rows in kept.items():
            _rewrite(store, table, part, shared, rows)


def _plan(
    store: Store, table: str, versions: Mapping[str, Version]
) -> tuple[pa.Array, dict[str, pa.Table]]:
    """Return the keys that several files hold, and what each file to be replaced keeps of them.

    Args:
        store: the store.
        table: a key of `schema.TABLES`.
        versions: the table's files, as `while_written` gives them.

    Returns:
        The keys, or the first columns of keys, and {path of a file: keys of the rows it keeps}.
    """
    parts = [part for part in versions if not grows(part)]
    shared = _shared_keys(store, table, parts)
    if not len(shared):
        return shared, {}
    key = KEYS[table][0]
    names = [*KEYS[table], *(name for name in RANKED_BY if name in arrow_schema(table).names)]
    rows = {
        part: store.read_parts(table, [part], names, pc.field(key).isin(shared)) for part in parts
    }
    rows = {part: data for part, data in rows.items() if data.num_rows}
    named = [data.append_column(_PART, pa.array([part] * len(data))) for part, data in rows.items()]
    best = newest_rows(table, pa.concat_tables(named))
    kept = {part: best.filter(pc.field(_PART) == part).select(KEYS[table]) for part in rows}
    return shared, {part: keys for part, keys in kept.items() if len(keys) < len(rows[part])}


def _shared_keys(store: Store, table: str, parts: Sequence[str]) -> pa.Array:
    """Return the keys, or the first columns of keys, that several files hold."""
    key = KEYS[table][0]

    def unique(part: str) -> pa.Array:
        return pc.unique(store.read_parts(table, [part], [key])[key])

    counts = pc.value_counts(pa.chunked_array(store.in_parallel(unique, parts), pa.string()))
    return counts.field("values").filter(pc.greater(counts.field("counts"), 1))


def _rewrite(store: Store, table: str, part: str, shared: pa.Array, kept: pa.Table) -> None:
    """Write a file again with its rows of keys that no other file has, and the `kept` rows."""
    data = table_of(store.fetch(part))  # with columns that a newer version has added
    keys = data.select(KEYS[table])
    numbered = keys.append_column(_ROW, pa.array(range(len(data))))
    alone = numbered.filter(pc.invert(pc.is_in(numbered[KEYS[table][0]], shared)))[_ROW]
    better = numbered.join(kept, KEYS[table], join_type="left semi")[_ROW]
    rows = sorted([*alone.to_pylist(), *better.to_pylist()])
    store.write_table(table, data.take(pa.array(rows, pa.int64())), part.rsplit("/", 1)[-1])
