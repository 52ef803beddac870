"""Measure the numbers of the ledger that no study has: seed by seed, into one Parquet file.

    python -m analysis.measured --signals tetris.wav gt_bach.wav camera.png --to measured.parquet
    python -m analysis.measured --only kernels phases --to measured.parquet

Every measurement is of untrained networks, or of fits at the small scale. A file that exists keeps
its other measurements. All of them take about half an hour of two cores.
"""

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from rich.console import Console

from analysis.measured.quantities import QUANTITIES
from analysis.measured.quantity import Quantity
from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import file_to_write
from analysis.reporting.parquet import parquet_bytes
from inr_models import InputError
from studies.engine.signals.reading import find_files, read_all, signal_type, type_with_spectrum
from studies.engine.signals.signal import Signal

COMMAND = "analysis.measured"

SCHEMA = pa.schema(
    [
        ("quantity", pa.string()),
        ("case", pa.string()),
        ("signal", pa.string()),
        ("seed", pa.int64()),
        ("value", pa.float64()),
        ("scale", pa.string()),
    ]
)

Row = dict[str, Any]


def measured(quantity: Quantity, signal: Signal | None, seed: int) -> list[Row]:
    """Return the rows of one measurement.

    Args:
        quantity: What is measured.
        signal: The signal that it is measured on, None if it needs none.
        seed: The seed of all networks.

    Example:
        >>> rows = measured(QUANTITIES["phases"], None, 0)
        >>> rows[0]["quantity"], rows[0]["case"]
        ('phases', 'layer 1')
    """
    torch.set_num_threads(1)
    numbers = quantity.measure(signal, seed)
    name = signal.name if signal else ""
    about = {"quantity": quantity.name, "signal": name, "seed": seed, "scale": quantity.scale}
    return [{**about, "case": case, "value": value} for case, value in numbers.items()]


def signals_for(quantity: Quantity, paths: Sequence[Path]) -> Iterator[Signal]:
    """Yield the signals that a quantity needs, each at the quantity's length.

    Args:
        quantity: What is measured.
        paths: The files of the paper's sounds and images.

    Raises:
        InputError: A signal's file is not among `paths`, or cannot be read.
    """
    known = {path.stem.lower(): path for path in paths}
    for name in quantity.signals:
        path = known.get(name, Path(name))
        if name not in known and name not in signal_type("sound").generated:
            why = f"{quantity.name} needs {name}; give its file."
            raise InputError.at("missing", "--signals", why)
        signals, problems = read_all([path], quantity.max_samples, type_with_spectrum(path))
        if not signals:
            raise InputError.of(problems)
        yield signals[0]


def _rows_of(path: Path) -> list[Row]:
    """Return the rows of an earlier file, [] if there is none."""
    if not path.is_file():
        return []
    try:
        return pq.read_table(path, schema=SCHEMA).to_pylist()
    except (OSError, pa.ArrowException) as error:
        why = "it is no file of this command; name another one."
        raise InputError.of_value("wrong-kind", "--to", str(path), why) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__)
    options.add_argument(
        "--signals", nargs="+", default=[], metavar="PATH", help="the paper's clips and images"
    )
    options.add_argument(
        "--only", nargs="+", default=list(QUANTITIES), choices=list(QUANTITIES), metavar="NAME",
        help=f"measurements (default: all): {', '.join(QUANTITIES)}",
    )  # fmt: skip
    options.add_argument("--to", required=True, metavar="PARQUET", help="the file to write")
    return run(_measure, options, argv)


def _measure(arguments: argparse.Namespace) -> None:
    to = file_to_write("--to", arguments.to)
    paths = find_files(arguments.signals, None, flag="--signals") if arguments.signals else []
    tasks = []
    for name in arguments.only:
        quantity = QUANTITIES[name]
        signals = list(signals_for(quantity, paths)) or [None]
        tasks += [(quantity, one, seed) for one in signals for seed in range(quantity.num_seeds)]
    rows = _rows_of(to)
    rows = [row for row in rows if row["quantity"] not in arguments.only]
    console = Console(width=80, markup=False, emoji=False)
    with ProcessPoolExecutor() as pool:
        for (quantity, signal, seed), new in zip(
            tasks, pool.map(measured, *zip(*tasks, strict=True)), strict=True
        ):
            rows += new
            of = f" of {signal.name}" if signal else ""
            console.print(f"{quantity.name}{of}, seed {seed}")
    rows.sort(key=lambda row: [row[name] for name in SCHEMA.names[:4]])
    to.write_bytes(parquet_bytes(rows, SCHEMA))
    console.print(f"{len(rows):,} numbers in {to}")
