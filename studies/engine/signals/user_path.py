"""Read a path as the user means it."""

import os
from pathlib import Path

from inr_models.errors import InputError


def user_path(given: str, flag: str) -> Path:
    """Return the path that a user has given, with a leading ~ or ~name replaced by a home.

    A path that exists as it stands is taken as it stands, so a file may begin with a tilde.

    Args:
        given: what the user gave.
        flag: the option, for the message.

    Raises:
        InputError: nothing was given, or there is no such user.

    Example:
        >>> user_path("clips/a.wav", "--signals").name
        'a.wav'
    """
    if not given.strip():
        why = "it is empty, as from a variable that is not set; give a path."
        raise InputError.of_value("empty", flag, given, why)
    is_home = given.startswith("~") and not os.path.lexists(given)
    try:
        return Path(given).expanduser() if is_home else Path(given)
    except RuntimeError as error:
        why = "there is no such user; check the path."
        raise InputError.of_value("not-there", flag, given, why) from error
