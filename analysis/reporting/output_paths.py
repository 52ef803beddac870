"""Check where a command will write, before it does the work."""

import tempfile
from pathlib import Path

from inr_models import InputError


def file_to_write(flag: str, given: str) -> Path:
    """Return the path of a file after checking that it can be written; make its folder.

    Args:
        flag: the option that names the file, for the message.
        given: the path that the user gave.

    Raises:
        InputError: the path is a folder, or no file can be made there.
    """
    path = Path(given)
    if path.is_dir():
        raise InputError(
            "wrong-kind", flag, f"{flag} {given}: this is a folder; name a file in it."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(
            "unwritable",
            flag,
            f"{flag} {given}: cannot be written ({error.strerror}); name another place.",
        ) from None
    return path
