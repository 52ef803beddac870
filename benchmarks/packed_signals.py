"""Pack signals into one file, for a machine with a GPU that cannot read sounds or images.

    python -m benchmarks.packed_signals signals.npz --max-samples 8192 my_clips/*.wav
    python -m benchmarks.packed_signals images.npz --media image --max-samples 8192 my_images/*.png

The file holds what a study would fit (`studies.engine.signals.signal`). Fitting it needs only
torch.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from analysis.reporting.commands import parser, run
from inr_models import InputError
from inr_models.errors import Problem
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_from_row, signal_row

ROWS = "rows"
"""The member of the archive with the signals' rows as JSON. The others are samples, by sha256."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    top = parser("benchmarks.packed_signals", __doc__)
    top.add_argument("archive", type=Path)
    top.add_argument("files", nargs="+", help="files, folders or globs")
    top.add_argument("--media", default="sound", help="sound or image")
    top.add_argument("--max-samples", type=int, default=150_000)

    def pack_all(arguments: argparse.Namespace) -> None:
        for sentence in pack(
            arguments.archive, arguments.files, arguments.max_samples, arguments.media
        ):
            print(sentence)

    return run(pack_all, top, argv)


def pack(archive: Path, files: Sequence[str], max_samples: int, media: str = "sound") -> list[str]:
    """Write signals from files into an archive.

    Args:
        archive: the file to write.
        files: files, folders or globs.
        max_samples: largest number of samples of a signal. Longer ones are cropped.
        media: the type of the signals, see `studies.engine.signals.reading`.

    Returns:
        A sentence for each file that was left out.

    Raises:
        InputError: no file could be read.
    """
    from studies.engine.signals.reading import find_files, read_all  # needs soundfile

    signals, skipped = read_all(find_files(files, media), max_samples, media)
    # Results may be published, so no paths are kept.
    rows = [{**signal_row(s), "source": Path(s.source).name} for s in signals]
    if not signals:
        raise InputError.of(skipped or [Problem("missing", "files", "files: there are none.")])
    members: dict[str, Any] = {s.sha256: s.values for s in signals}
    members[ROWS] = json.dumps(rows)
    np.savez_compressed(archive, **members)
    return [problem.sentence for problem in skipped]


def unpack(archive: Path, names: Sequence[str] | None = None) -> list[Signal]:
    """Return the signals of an archive with their samples: all, or those with the given names.

    Raises:
        InputError: the archive cannot be read, or lacks a name.
    """
    try:
        with np.load(archive) as stored:
            signals = [
                replace(signal_from_row(row), values=stored[row["sha256"]])
                for row in json.loads(stored[ROWS].item())
            ]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        fix = "no packed signals; make them with benchmarks.packed_signals."
        raise InputError.at("not-there", archive, fix) from error
    by_name = {signal.name: signal for signal in signals}
    for name in names or ():
        if name not in by_name:
            known = ", ".join(by_name)
            raise InputError.at(
                "unknown-name", name, f"{archive} has no such signal, only {known}."
            )
    return [by_name[name] for name in names] if names else signals


if __name__ == "__main__":
    sys.exit(main())
