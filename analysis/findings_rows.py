"""What other commands have left in a results folder for the page of findings."""

import io
from collections.abc import Collection, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from inr_models import InputError
from studies.engine.folder import Folder

Row = Mapping[str, Any]


def left_by(command: str, results: str, name: str, columns: Collection[str]) -> list[Row]:
    """The rows of RESULTS/_rules/NAME, with these columns; [] where the command was not run.

    Raises:
        InputError: it is damaged, or of another version.
    """
    content = Folder(results).read_bytes(f"_rules/{name}")
    if not content:
        return []
    try:
        return pq.read_table(io.BytesIO(content)).select(list(columns)).to_pylist()
    except (pa.ArrowException, KeyError, OSError) as error:
        raise InputError(
            f"{results}/_rules/{name}: not as `python -m {command}` makes it; run that again."
        ) from error
