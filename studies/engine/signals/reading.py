"""Read the signals that `--signals` names. List the types of signals."""

import dataclasses
import functools
import glob
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inr_models.errors import InputError, Problem
from inr_models.shown import count, shown
from studies.engine.signals.audio import SOUND
from studies.engine.signals.images import IMAGE
from studies.engine.signals.series import SERIES
from studies.engine.signals.shapes import SHAPE
from studies.engine.signals.signal import Reader, Signal, SignalType
from studies.engine.signals.user_path import user_path

SIGNAL_TYPES: dict[str, SignalType] = {
    "sound": SOUND,
    "image": IMAGE,
    "series": SERIES,
    "shape": SHAPE,
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
        raise InputError.of_value("unknown-name", "media", repr(name), f"give one of {known}.")
    return SIGNAL_TYPES[name]


def reader(media: str, **options: Any) -> Reader:
    """Return what reads the files of a type of signals.

    >>> reader("image") == signal_type("image").read
    True

    Args:
        media: The name of the type.
        options: How files are read, see `SignalType.options`. A false value is the default.

    Raises:
        InputError: There is no such type, or its files cannot be read in this way.
    """
    kind = signal_type(media)
    changed = {name: value for name, value in options.items() if value}
    for name in changed:
        if name not in kind.options:
            raise InputError.at("unsupported", name, f"no way to read a {kind.noun}; leave it out.")
    return functools.partial(kind.read, **changed) if changed else kind.read


def type_of_file(path: Path) -> str:
    """Return the type of signals that a file holds, by its suffix, or that a name stands for.

    It is "sound" if the suffix is unknown.

    >>> type_of_file(Path("rock.jpg"))
    'image'
    """
    for name, kind in SIGNAL_TYPES.items():
        if path.suffix.lower() in kind.suffixes or str(path) in kind.generated:
            return name
    return "sound"


def type_with_spectrum(path: Path) -> str:
    """Return `type_of_file` of a file whose signal has a spectrum.

    >>> type_with_spectrum(Path("rock.jpg"))
    'image'

    Raises:
        InputError: It is a shape, whose points have none.
    """
    name = type_of_file(path)
    if signal_type(name).by_distance:
        others = ", ".join(kind.noun for kind in SIGNAL_TYPES.values() if not kind.by_distance)
        why = f"a {name} has no spectrum; give another type ({others})."
        raise InputError.at("wrong-kind", path, why)
    return name


def find_files(
    patterns: Sequence[str], media: str | None = "sound", *, flag: str = "--signals"
) -> list[Path]:
    """Return the files that paths, globs and directories name, in order, without repetition.

    A path that does not exist is returned as well. Its reader then refuses it by name.

    Args:
        patterns: What the user gave.
        media: The type of signals to look for in directories, None for all types with a spectrum.
        flag: The option that they were given to, for messages.

    Raises:
        InputError: A directory has no such file or cannot be read, or no file matches a glob.
    """
    files: dict[Path, None] = {}
    types = [kind for kind in SIGNAL_TYPES.values() if not kind.by_distance]
    if media is not None:
        types = [signal_type(media)]
    suffixes = [suffix for kind in types for suffix in kind.suffixes]
    for pattern in patterns:
        path = user_path(pattern, flag)
        try:
            is_folder = path.is_dir()
            inside = list(path.iterdir()) if is_folder else []
        except OSError as error:
            raise InputError.at(
                "unreadable", _short(pattern), f"{error.strerror}; check the path."
            ) from error
        if is_folder:
            matches = sorted(p for p in inside if p.suffix.lower() in suffixes)
            if not matches:
                kinds = ", ".join(suffixes)
                raise InputError.at(
                    "not-there", path, f"the directory holds no {media or 'such'} file ({kinds})."
                )
        elif not path.exists() and glob.has_magic(pattern):
            matches = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]
            if not matches:
                raise InputError.at("not-there", pattern, "no file matches; check the pattern.")
        else:
            matches = [path]
        files.update(dict.fromkeys(matches))
    return list(files)


def passed_over(patterns: Sequence[str], media: str = "sound") -> list[str]:
    """Return a sentence for each directory of which something is not read.

    Args:
        patterns: What the user gave to `find_files`.
        media: The type of signals.
    """
    suffixes = signal_type(media).suffixes
    sentences = []
    for pattern in dict.fromkeys(patterns):
        path = user_path(pattern, "--signals")
        if not path.is_dir():
            continue
        others = [p for p in path.iterdir() if p.suffix.lower() not in suffixes]
        folders = sorted(p.name for p in others if p.is_dir())
        files = Counter(p.suffix.lower() or p.name for p in others if not p.is_dir())
        left = [f"{num} {suffix}" for suffix, num in sorted(files.items())]
        if folders:
            left.append(f"{count(len(folders), 'folder')} ({', '.join(folders[:3])})")
        if left:
            sentences.append(
                f"{shown(str(path))}: passed over {', '.join(left)}. Name files, or give a pattern "
                "such as 'folder/**/*.wav'."
            )
    return sentences


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 200 else f"{pattern[:200]}..."


def read_all(
    paths: Sequence[Path],
    max_samples: int,
    media: str = "sound",
    *,
    known: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[list[Signal], list[Problem]]:
    """Read every file that can be read.

    Args:
        paths: The files, see `find_files`.
        max_samples: Largest number of samples of a signal. Longer ones are cropped.
        media: The type of the signals.
        known: The names of signals that are stored already, by sha256.
        options: How files are read, see `reader`.

    Returns:
        The signals, each under a name of its own, and a problem for every file that was skipped.
    """
    read = reader(media, **options)
    signals: dict[str, Signal] = {}
    skipped: list[Problem] = []
    for path in paths:
        try:
            _check_kind(path, media)
            signal = read(path, max_samples)
            if same := signals.get(signal.sha256):
                raise InputError.at(
                    "taken",
                    signal.source,
                    f"its samples are those of {same.source}; drop one of them.",
                )
        except InputError as error:
            skipped += error.problems
            continue
        signals[signal.sha256] = signal
    return _with_names(list(signals.values()), known or {}), skipped


def _check_kind(path: Path, media: str) -> None:
    suffix = path.suffix.lower()
    if suffix in signal_type(media).suffixes or not path.is_file():
        return
    for other, kind in SIGNAL_TYPES.items():
        if suffix in kind.suffixes:
            article = "an" if other[0] in "aeiou" else "a"
            raise InputError.at(
                "wrong-kind",
                path,
                f"{article} {other} file, where this study fits {media}s; give it to a "
                f"study of {other}s.",
            )


def _with_names(signals: Sequence[Signal], known: Mapping[str, str]) -> list[Signal]:
    """Return the signals with the names that they keep, whatever other signals a run has.

    A signal that is known keeps its name. A new one has its file's stem, unless another signal has
    it. Then the first digits of its hash tell the two apart.
    """
    taken = set(known.values())
    named = []
    for signal in signals:
        name = known.get(signal.sha256)
        if name is None:
            name = signal.name
            if name in taken:
                name = f"{name}-{signal.sha256[:6]}"
            taken.add(name)
        named.append(dataclasses.replace(signal, name=name))
    return named
