"""Pack signals into one file, for a machine with a GPU that cannot read sound files.

    python -m benchmarks.packed_signals signals.npz --max-samples 8192 my_clips/*.wav

The file holds what a study would fit (`studies.engine.signals.signal`). Fitting it needs only
torch.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from benchmarks.measuring import in_a_sentence, parser
from inr_models import InputError
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_from_row, signal_row

ROWS = "rows"
"""The member of the archive with the signals' rows as JSON. The others are samples, by sha256."""


def main() -> None:
    """Run the command."""
    top = parser(__doc__)
    top.add_argument("archive", type=Path)
    top.add_argument("files", nargs="+", help="sound files, folders or globs")
    top.add_argument("--max-samples", type=int, default=150_000)
    arguments = top.parse_args()
    with in_a_sentence():
        for sentence in pack(arguments.archive, arguments.files, arguments.max_samples):
            print(sentence)


def pack(archive: Path, files: Sequence[str], max_samples: int) -> list[str]:
    """Write signals from sound files into an archive.

    Returns:
        A sentence for each file that was left out.

    Raises:
        InputError: no file could be read.
    """
    from studies.engine.signals.reading import find_files, read_all  # needs soundfile

    signals, skipped = read_all(find_files(files), max_samples)
    # Results may be published, so no paths are kept.
    rows = [{**signal_row(s), "source": Path(s.source).name} for s in signals]
    if not signals:
        if skipped:
            raise InputError.of(skipped)
        raise InputError("missing", "files", "no sound files: name some.")
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
        raise InputError(
            "not-there",
            str(archive),
            f"{archive}: no packed signals; make them with benchmarks.packed_signals.",
        ) from error
    by_name = {signal.name: signal for signal in signals}
    for name in names or ():
        if name not in by_name:
            raise InputError(
                "unknown-name", name, f"{archive}: no signal {name!r}; it has {', '.join(by_name)}."
            )
    return [by_name[name] for name in names] if names else signals


if __name__ == "__main__":
    main()
