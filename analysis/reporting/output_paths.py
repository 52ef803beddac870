"""Check where a command will write, before it does the work."""

import tempfile
from pathlib import Path

from inr_models import InputError


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
            "unwritable",
            flag,
            name,
            f"cannot be written ({error.strerror}). Name another place.",
        ) from None
    return path
