"""What may be shown: text from outside without control characters, and without passwords.

File names, stored tables and servers' answers are written by others. A terminal obeys the
control characters in them, and a log keeps the passwords.
"""

import re
import unicodedata

_OBEYED = ("Cc", "Cf", "Zl", "Zp")  # escapes and newlines; turns of direction; line separators
_JOINERS = "\u200c\u200d"  # of Persian, Hindi and emoji

_URI = re.compile(r"(?:://|/)\S+")  # or of a URI what comes behind its host
# A password may hold "/" and "@" where it was not encoded, so it reaches to the last "@".
_USER = re.compile(r"^://(?:[^/@:?]*:[^?]*|[^/@?]+)@")
_FIELD = re.compile(r"([?&;])([^=&]+)=([^&'\")]*)")
_OPEN_FIELDS = ("endpoint_override", "mode", "region", "scheme", "sslmode")


def shown(text: str) -> str:
    """Text fit for terminals and logs: `printable`, `without_secrets`."""
    return printable(without_secrets(text))


def printable(text: str) -> str:
    """Text on one line, in which what a terminal would obey stands as an escape: `\\x1b`.

    Bytes of a file name that are no UTF-8 become U+FFFD.
    """
    return "".join(map(_character, text))


def without_secrets(text: str) -> str:
    """Text whose URIs have `***` for user and password, and for what their queries say.

    Options of a storage that are no secret, its region say, stay.
    """

    def uri(match: re.Match[str]) -> str:
        return _FIELD.sub(field, _USER.sub("://***@", match[0]))

    def field(match: re.Match[str]) -> str:
        mark, name, value = match.groups()
        return f"{mark}{name}={value if name.lower() in _OPEN_FIELDS else '***'}"

    return _URI.sub(uri, text)


def _character(c: str) -> str:
    kind = unicodedata.category(c)
    if kind == "Cs":
        return "\ufffd"
    return c.encode("unicode_escape").decode() if kind in _OBEYED and c not in _JOINERS else c
