"""Check where a command will write, before it does the work."""

import tempfile
from pathlib import Path

from inr_models import InputError


def files_to_write(folder: str | None, *names: str) -> list[Path]:
    """Return the paths of the files that a command writes to the folder of its option `--to`.

    Args:
        folder: What the user gave. None if there is no such option, which gives no files.
        names: The names of the files in the folder.

    Raises:
        InputError: A file cannot be made there.

    Example:
        >>> files_to_write(None, "numbers.npz", "figure.svg")
        []
    """
    return [file_to_write("--to", f"{folder}/{name}") for name in names] if folder else []


def file_to_write(flag: str, name: str) -> Path:
    """Return the path of a file after checking that it can be written. Make its folder.

    Args:
        flag: the option that names the file, for the message.
        name: the path that the user gave.

    Raises:
        InputError: the path is a folder, or no file can be made there.
    """
    path = Path(name)
    if path.is_dir():
        raise InputError.of_value("wrong-kind", flag, name, "this is a folder. Name a file in it.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError.of_value(
            "unwritable", flag, name, f"cannot be written ({error.strerror}). Name another place."
        ) from None
    return path
