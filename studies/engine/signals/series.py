"""Read time series: a column of a CSV or Parquet file, or a NumPy array, with gaps.

A series may have any unit and any mean, unlike a sound. So its own lowest and highest value become
-1 and 1. A missing value (an empty field, null or NaN) is a gap: no fit sees it, and the network
fills it. The descriptors, psi among them, see a straight line through each gap.
"""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from inr_models.errors import InputError
from inr_models.shown import count
from studies.engine.signals.audio import MIN_SAMPLES, check_regular
from studies.engine.signals.measured import measured, notes_about
from studies.engine.signals.signal import Signal, SignalType

LARGEST_GAPS = 0.9
"""The largest share of a series that may be missing."""

MISSING = ["", "NaN", "nan", "NA", "N/A", "null", "NULL", "-"]
"""Fields of a CSV that stand for a missing value."""

CHIRP = "chirp_with_gap"


def read_series(path: Path, max_samples: int, column: str = "", sample_rate: float = 0.0) -> Signal:
    """Read one series, crop its end and scale it.

    Args:
        path: A CSV file with a header, a Parquet file, a NumPy array of one or two axes, or the
            name of a generated series.
        max_samples: The longest crop. It is the head of the series.
        column: The name of the column, or its number from 1 on in an array of two axes. "" takes
            the only column that holds numbers.
        sample_rate: In Hz. 0 if it is not known. The fit does not use it.

    Raises:
        InputError: The file is missing or damaged, or has no such column. The column holds text,
            infinite numbers or hardly any, is too short or does not vary.
    """
    if not (math.isfinite(sample_rate) and sample_rate >= 0):
        why = "give a positive finite number of Hz."
        raise InputError.of_value("out-of-range", "--sample-rate", sample_rate, why)
    if str(path) == CHIRP and not path.exists():
        name, series = CHIRP, _chirp(max_samples)
    else:
        check_regular(path, "a CSV, Parquet or NumPy")
        read = {".npy": _from_array, ".parquet": _from_parquet}.get(path.suffix.lower(), _from_csv)
        chosen, series = read(path, column)
        name = f"{path.stem}-{chosen}" if chosen else path.stem
    infinite = np.flatnonzero(np.isinf(series))
    if len(infinite):
        why = f"the value in row {infinite[0] + 1} is infinite; repair it, or leave it empty."
        raise InputError.at("not-finite", path, why)
    known = np.flatnonzero(~np.isnan(series))
    start, stop = (int(known[0]), int(known[-1]) + 1) if len(known) else (0, 0)
    values = series[start : min(stop, start + max_samples)]
    present = ~np.isnan(values)
    if present.sum() < MIN_SAMPLES or present.mean() < 1 - LARGEST_GAPS:
        what = f"{int(present.sum())} of {len(values)} values are there, which is too few"
        why = f"{what}; give a series of {MIN_SAMPLES} or more with fewer gaps."
        raise InputError.at("too-few", path, why)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    half = high / 2 - low / 2
    if low == high:
        why = "all values of its crop are equal, so there is no spectrum to suit; give another."
        raise InputError.at("constant", path, why)
    if not 0 < half < math.inf:
        why = "its values are too large or too close to be scaled; give them in another unit."
        raise InputError.at("out-of-range", path, why)
    scaled = ((values - (low + half)) / half).astype("<f4")
    notes = []
    if num_gaps := int((~present).sum()):
        notes.append(f"{num_gaps} of {len(values)} values are missing, and no fit sees them")
    if ends := len(series) - (stop - start):
        notes.append(f"{count(ends, 'missing value')} at its ends were left out")
    return Signal(
        name=name,
        source=str(path),
        sample_rate=sample_rate or None,
        file_samples=len(series),
        crop="head",
        crop_start=start,
        peak=half,
        offset=low + half,
        notes=notes_about(path, notes),
        **measured(scaled[:, None], scaled.shape, with_lines(scaled)),
    )


def with_lines(values: NDArray) -> NDArray:
    """Return a series with a straight line through each gap.

    >>> with_lines(np.array([0.0, np.nan, 1.0])).tolist()
    [0.0, 0.5, 1.0]

    Args:
        values: The series [n], NaN in its gaps.
    """
    places, present = np.arange(len(values)), ~np.isnan(values)
    return np.interp(places, places[present], values[present]).astype(values.dtype)


def _from_csv(path: Path, column: str) -> tuple[str, NDArray[np.float64]]:
    try:
        options = pyarrow.csv.ConvertOptions(null_values=MISSING, strings_can_be_null=True)
        table = pyarrow.csv.read_csv(path, convert_options=options)
    except (pa.ArrowException, UnicodeDecodeError, ValueError) as error:
        why = f"not readable as CSV ({str(error).splitlines()[0].rstrip('.')}); repair the file."
        raise InputError.at("wrong-kind", path, why) from error
    if all(_is_number(name) for name in table.column_names):
        why = "its first line holds numbers, so its columns have no names; add a line with names."
        raise InputError.at("missing", path, why)
    return _column(path, table, column)


def _from_parquet(path: Path, column: str) -> tuple[str, NDArray[np.float64]]:
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        why = f"not readable as Parquet ({str(error).splitlines()[0].rstrip('.')}); get a copy."
        raise InputError.at("wrong-kind", path, why) from error
    return _column(path, table, column)


def _column(path: Path, table: pa.Table, column: str) -> tuple[str, NDArray[np.float64]]:
    """Return the name of the column, and its values with NaN where one is missing."""
    numeric = [f.name for f in table.schema if pa.types.is_integer(f.type) or _is_real(f.type)]
    if not column and len(numeric) != 1:
        what = f"it has {count(len(numeric), 'column')} of numbers"
        names = f" ({', '.join(numeric[:8])})" if numeric else ""
        raise InputError.at("missing", "--column", f"{path}: {what}{names}; name one.")
    name = column or numeric[0]
    if name not in table.column_names:
        why = f"{path} has no such column; give one of {', '.join(numeric[:8])}."
        raise InputError.of_value("unknown-name", "--column", name, why)
    if name not in numeric:
        row = _first_text(table[name])
        why = f"{path}: the column holds text{row}; give a column of numbers, or repair it."
        raise InputError.of_value("wrong-kind", "--column", name, why)
    values = table[name].cast(pa.float64()).combine_chunks()
    return column, values.to_numpy(zero_copy_only=False).astype(np.float64)


def _from_array(path: Path, column: str) -> tuple[str, NDArray[np.float64]]:
    try:
        array = np.load(path, allow_pickle=False)
    except Exception as error:  # NumPy evaluates the header and raises anything
        why = "not readable as a NumPy array; save it again with numpy.save."
        raise InputError.at("wrong-kind", path, why) from error
    is_real = np.issubdtype(array.dtype, np.number) and not np.iscomplexobj(array)
    if not is_real or array.ndim not in (1, 2):
        why = f"an array of {array.dtype} with {array.ndim} axes; give one or two axes of numbers."
        raise InputError.at("wrong-kind", path, why)
    if array.ndim == 1 or array.shape[1] == 1:
        if column not in ("", "1"):
            why = f"{path} has one column; leave the flag out."
            raise InputError.of_value("out-of-range", "--column", column, why)
        return "", array.reshape(-1).astype(np.float64)
    if not column:
        why = f"{path}: it has {array.shape[1]} columns; give the number of one, from 1 on."
        raise InputError.at("missing", "--column", why)
    if not column.isdecimal() or not 1 <= int(column) <= array.shape[1]:
        why = f"{path} has columns 1 to {array.shape[1]}; give one of these numbers."
        raise InputError.of_value("out-of-range", "--column", column, why)
    return column, array[:, int(column) - 1].astype(np.float64)


def _is_real(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _first_text(column: pa.ChunkedArray) -> str:
    """Return where a column of a CSV holds its first text, "" if it is not of text."""
    for row, value in enumerate(column.to_pylist(), 2):  # the names are line 1
        if isinstance(value, str) and not _is_number(value):
            return f" ({value[:20]!r} in line {row})"
    return ""


def _chirp(num: int) -> NDArray[np.float64]:
    """Return a rising tone [n] on a slope, with a gap of a tenth in its middle."""
    share = np.linspace(0, 1, num)
    values = 20 + 3 * share + np.sin(2 * np.pi * (5 * share + 0.02 * num * share**2))
    values[int(0.5 * num) : int(0.6 * num)] = np.nan
    return values


SERIES = SignalType(
    noun="series",
    suffixes=(".csv", ".parquet", ".npy"),
    files="your CSV, Parquet or NumPy files, globs or folders, or the generated chirp_with_gap",
    size="longest crop",
    read=read_series,
    options={
        "column": {"help": "the column to read, by name, in an array by number", "metavar": "NAME"},
        "sample_rate": {"help": "in Hz; the fit does not use it", "type": float, "metavar": "HZ"},
    },
    generated={CHIRP: ""},
)
