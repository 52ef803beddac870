"""From what `--signals` names to signals, whatever kind of file they are in."""

import dataclasses
import glob
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from inr_models.errors import InputError, Problem
from studies.engine.signals.audio import AUDIO_SUFFIXES, read_audio
from studies.engine.signals.images import GENERATED, IMAGE_SUFFIXES, read_image
from studies.engine.signals.signal import Media, Signal


class Reader(NamedTuple):
    """Of one kind of file: `read(path, max_samples)`, or a signal made under one of `generated`."""

    suffixes: tuple[str, ...]
    read: Callable[[Path, int], Signal]
    generated: tuple[str, ...] = ()


READERS: dict[Media, Reader] = {
    "sound": Reader(AUDIO_SUFFIXES, read_audio),
    "image": Reader(IMAGE_SUFFIXES, read_image, GENERATED),
}


def find_files(patterns: Sequence[str], media: Media = "sound") -> list[Path]:
    """The files that paths, globs and directories name, in order, each once.

    A path that does not exist is kept, for the reader to refuse by name.

    Raises:
        InputError: a directory without such a file, or that cannot be read, or a glob without a
            match.
    """
    found: dict[Path, None] = {}
    suffixes = READERS[media].suffixes
    for pattern in patterns:
        try:
            path = Path(pattern).expanduser()
        except RuntimeError as error:
            raise InputError(
                "not-there", pattern, f"{pattern}: there is no such user; check the path."
            ) from error
        try:
            is_folder = path.is_dir()
            inside = list(path.iterdir()) if is_folder else []
        except OSError as error:
            raise InputError(
                "unreadable",
                _short(pattern),
                f"{_short(pattern)}: {error.strerror}; check the path.",
            ) from error
        if is_folder:
            matches = sorted(p for p in inside if p.suffix.lower() in suffixes)
            if not matches:
                kinds = ", ".join(suffixes)
                raise InputError(
                    "not-there",
                    str(path),
                    f"{path}: the directory holds no {media} file ({kinds}).",
                )
        elif not path.exists() and glob.has_magic(pattern):
            matches = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]
            if not matches:
                raise InputError(
                    "not-there", pattern, f"{pattern}: no file matches; check the pattern."
                )
        else:
            matches = [path]
        found.update(dict.fromkeys(matches))
    return list(found)


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 200 else f"{pattern[:200]}..."


def read_all(
    paths: Sequence[Path], max_samples: int, media: Media = "sound"
) -> tuple[list[Signal], list[Problem]]:
    """Return each readable signal under a name of its own, and a problem for each other file."""
    signals: dict[str, Signal] = {}
    skipped: list[Problem] = []
    for path in paths:
        try:
            _check_kind(path, media)
            signal = READERS[media].read(path, max_samples)
            if same := signals.get(signal.sha256):
                raise InputError(
                    "taken",
                    signal.source,
                    f"{signal.source}: its samples are those of {same.source}; drop one of them.",
                )
        except InputError as error:
            skipped += error.problems
            continue
        signals[signal.sha256] = signal
    return _with_unique_names(list(signals.values())), skipped


def _check_kind(path: Path, media: Media) -> None:
    for other, reader in READERS.items():
        if other != media and path.suffix.lower() in reader.suffixes and path.is_file():
            raise InputError(
                "wrong-kind",
                str(path),
                f"{path}: {'an' if other == 'image' else 'a'} {other} file, where this study fits "
                f"{media}s; give it to a study of {other}s.",
            )


def _with_unique_names(signals: list[Signal]) -> list[Signal]:
    names = [s.name for s in signals]
    unique = []
    for signal in signals:
        name = signal.name
        if names.count(name) > 1:
            name = f"{name}-{signal.sha256[:6]}"
        unique.append(dataclasses.replace(signal, name=name))
    return unique
