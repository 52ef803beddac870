"""Make text fit to be shown: without control characters and passwords, numbers with nouns.

File names, stored tables and servers' answers are written by others. A terminal obeys the
control characters in them, and a log keeps the passwords.
"""

import io
import re
import sys
import unicodedata

_OBEYED = ("Cc", "Cf", "Zl", "Zp")  # escapes, newlines, changes of direction, line separators
_JOINERS = "\u200c\u200d"  # Persian, Hindi and emoji need them

_URI = re.compile(r"(?:://|/)\S+")  # a whole URI, or the part behind its host
# A password may hold "/" and "@" where it was not encoded, so it reaches to the last "@".
_USER = re.compile(r"^://(?:[^/@:?]*:[^?]*|[^/@?]+)@")
_FIELD = re.compile(r"([?&;])([^=&]+)=([^&'\")]*)")
_OPEN_FIELDS = ("endpoint_override", "mode", "region", "scheme", "sslmode")


def shown(text: str) -> str:
    """Return text fit for terminals and logs: `without_secrets`, then `printable`."""
    return printable(without_secrets(text))


def printable(text: str) -> str:
    """Return text on one line. What a terminal would obey becomes an escape such as `\\x1b`.

    Bytes of a file name that are no UTF-8 become U+FFFD.
    """
    return "".join(map(_character, text))


def without_secrets(text: str) -> str:
    """Return text whose URIs have `***` for user and password, and for the values of queries.

    Options of a storage that are no secret stay, such as its region.
    """

    def uri(match: re.Match[str]) -> str:
        return _FIELD.sub(field, _USER.sub("://***@", match[0]))

    def field(match: re.Match[str]) -> str:
        mark, name, value = match.groups()
        return f"{mark}{name}={value if name.lower() in _OPEN_FIELDS else '***'}"

    return _URI.sub(uri, text)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or the name of its class if it has none.

    Example:
        >>> first_line(OSError("no answer\\nof the server")), first_line(OSError())
        ('no answer', 'OSError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def print_anything() -> None:
    """Let the terminal show `?` for a character that its encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    Example:
        >>> count(1, "clip"), count(2, "clip")
        ('1 clip', '2 clips')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _character(c: str) -> str:
    kind = unicodedata.category(c)
    if kind == "Cs":
        return "\ufffd"
    return c.encode("unicode_escape").decode() if kind in _OBEYED and c not in _JOINERS else c
