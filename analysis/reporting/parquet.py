"""Tables of an analysis as Parquet files."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def parquet_bytes(rows: Sequence[Mapping[str, Any]], schema: pa.Schema | None = None) -> bytes:
    """Return rows as the content of a Parquet file.

    Args:
        rows: by column.
        schema: the columns and their types; without it pyarrow infers them from the rows.

    Example:
        >>> parquet_bytes([{"name": "a", "value": 1.0}])[:4]
        b'PAR1'
    """
    buffer = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), buffer, compression="zstd")
    return buffer.getvalue().to_pybytes()
