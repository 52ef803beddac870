"""Remove rows that another file of the store has newer or whole, so that each is there once."""

# pyarrow.compute creates its functions at import, so pyright does not know them.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from studies.engine.store.parquet_folder import table_of
from studies.engine.store.schema import TABLES, arrow_schema
from studies.engine.store.store import KEYS, Store, newest_rows

RANKED_BY = ("status", "written_at")
"""Columns that decide, beside the key, which row is the better one."""

_PART, _ROW = "_part", "_row"


def remove_superseded(store: Store) -> None:
    """Remove the rows that `newest_rows` would not return, except from files that grow.

    Such rows stay behind where a fit was repeated that had failed or was stopped early. The files
    keep their names. Others may read the store meanwhile, or call this as well.
    """
    for table in TABLES:
        _remove(store, table, store.published(table))


def _remove(store: Store, table: str, parts: Sequence[str]) -> None:
    shared = _shared_keys(store, table, parts)
    if not len(shared):
        return
    key = KEYS[table][0]
    names = [*KEYS[table], *(name for name in RANKED_BY if name in arrow_schema(table).names)]
    rows = {
        part: store.read_parts(table, [part], names, pc.field(key).isin(shared)) for part in parts
    }
    rows = {part: data for part, data in rows.items() if data.num_rows}
    named = [data.append_column(_PART, pa.array([part] * len(data))) for part, data in rows.items()]
    best = newest_rows(table, pa.concat_tables(named))
    for part in rows:
        kept = best.filter(pc.field(_PART) == part).select(KEYS[table])
        if len(kept) < len(rows[part]):
            _rewrite(store, table, part, shared, kept)


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
