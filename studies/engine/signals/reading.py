"""Read the signals that `--signals` names. List the types of signals."""

import dataclasses
import glob
from collections.abc import Sequence
from pathlib import Path

from inr_models.errors import InputError, Problem
from studies.engine.signals.audio import SOUND
from studies.engine.signals.images import IMAGE
from studies.engine.signals.signal import Reader, Signal, SignalType

SIGNAL_TYPES: dict[str, SignalType] = {
    "sound": SOUND,
    "image": IMAGE,
}
"""A study's `media` -> type of its signals. A new type is one line here."""


def signal_type(name: str) -> SignalType:
    """Return the type of signals with this name, a study's `media`.

    >>> signal_type("sound").noun
    'clip'

    Raises:
        InputError: There is no such type.
    """
    if name not in SIGNAL_TYPES:
        known = ", ".join(SIGNAL_TYPES)
        raise InputError("unknown-name", "media", f"media = {name!r}: give one of {known}.")
    return SIGNAL_TYPES[name]


def reader(media: str, rescale: bool = False) -> Reader:
    """Return what reads the files of a type of signals.

    >>> reader("image") == signal_type("image").read
    True

    Args:
        media: The name of the type.
        rescale: Whether a file is scaled by its own range instead of its type's.

    Raises:
        InputError: There is no such type, or its files have one way to be scaled.
    """
    kind = signal_type(media)
    if not rescale:
        return kind.read
    if kind.read_rescaled is None:
        raise InputError(
            "unsupported", "rescale", f"rescale: a {kind.noun} is not rescaled; leave it out."
        )
    return kind.read_rescaled


def find_files(patterns: Sequence[str], media: str = "sound") -> list[Path]:
    """Return the files that paths, globs and directories name, in order, without repetition.

    A path that does not exist is returned as well. Its reader then refuses it by name.

    Args:
        patterns: What the user gave.
        media: The type of signals to look for in directories.

    Raises:
        InputError: A directory has no such file or cannot be read, or no file matches a glob.
    """
    files: dict[Path, None] = {}
    suffixes = signal_type(media).suffixes
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
        files.update(dict.fromkeys(matches))
    return list(files)


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 200 else f"{pattern[:200]}..."


def read_all(
    paths: Sequence[Path], max_samples: int, media: str = "sound", rescale: bool = False
) -> tuple[list[Signal], list[Problem]]:
    """Read every file that can be read.

    Args:
        paths: The files, see `find_files`.
        max_samples: Largest number of samples of a signal. Longer ones are cropped.
        media: The type of the signals.
        rescale: Whether a file is scaled by its own range instead of its type's.

    Returns:
        The signals, each under a name of its own, and a problem for every file that was skipped.
    """
    read = reader(media, rescale)
    signals: dict[str, Signal] = {}
    skipped: list[Problem] = []
    for path in paths:
        try:
            _check_kind(path, media)
            signal = read(path, max_samples)
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


def _check_kind(path: Path, media: str) -> None:
    suffix = path.suffix.lower()
    if suffix in signal_type(media).suffixes or not path.is_file():
        return
    for other, kind in SIGNAL_TYPES.items():
        if suffix in kind.suffixes:
            article = "an" if other[0] in "aeiou" else "a"
            raise InputError(
                "wrong-kind",
                str(path),
                f"{path}: {article} {other} file, where this study fits {media}s; give it to a "
                f"study of {other}s.",
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
