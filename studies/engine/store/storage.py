"""A storage: how it is opened, what its errors mean, how long it is waited for."""

import re
import time
from collections.abc import Callable
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import fsspec
import pyarrow as pa
from pyarrow import fs

from inr_models import InputError
from inr_models.errors import Code
from inr_models.shown import without_secrets

PATIENCE_SECONDS = 600.0
"""How long a storage that worked before may fail; what is to be written waits."""

LONGEST_PAUSE = 10.0

NATIVE = ("s3", "gs", "gcs", "abfs", "abfss", "file", "hdfs", "viewfs")
"""Schemes that pyarrow serves itself; the others go through fsspec and the package it names."""

T = TypeVar("T")

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS or the machine's service account",
}


class StorageAway(InputError):
    """A storage that worked does not any more, and was waited for in vain."""


class Patience:
    """Calls what reads or writes a storage: again and again while it fails, if it ever worked.

    A file that is not there is an answer. Of several threads none waits for another.

    Args:
        results: what the user calls the storage.
        seconds: how long it may fail.
        has_worked: whether another process had an answer already.
    """

    def __init__(
        self, results: str, seconds: float = PATIENCE_SECONDS, has_worked: bool = False
    ) -> None:
        self.results, self.seconds, self.has_worked = results, seconds, has_worked
        self.fails_since: float | None = None

    def __call__(self, do: Callable[[], T]) -> T:
        """The result of `do`, which may be called several times.

        Raises:
            OSError: the storage has never worked, or there is no such file.
            StorageAway: it has failed for `seconds`; then every call is a single try.
        """
        pause = 0.25
        while True:
            try:
                result = do()
            except FileNotFoundError:
                self._answered()
                raise
            except OSError as error:
                if not self.has_worked:
                    raise
                now = time.monotonic()
                self.fails_since = self.fails_since or now
                if now + pause > self.fails_since + self.seconds:
                    raise StorageAway(
                        "no-answer",
                        self.results,
                        f"{self.results}: the storage has failed for {self.seconds:.0f} s "
                        f"({reason(error)}); what it has is kept: once it works again, the same "
                        "command goes on.",
                    ) from error
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
            else:
                self._answered()
                return result

    def _answered(self) -> None:
        self.has_worked, self.fails_since = True, None


def open_storage(uri: str) -> tuple[fs.FileSystem, str]:
    """The file system of a URI, and the path in it. Credentials come from the environment.

    Raises:
        InputError: there is no such storage, it needs a package, or it does not answer.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        raise InputError(
            "wrong-kind",
            "--results",
            f"--results {without_secrets(uri)}: not a URI ({error}); give a folder or s3://...",
        ) from error
    if parts.scheme in NATIVE and parts.scheme in _CREDENTIALS and not parts.netloc:
        raise InputError(
            "missing",
            "--results",
            f"--results {without_secrets(uri)}: there is no bucket in it; "
            f"give {parts.scheme}://BUCKET.",
        )
    if parts.password:
        shown = uri.replace(f"{parts.username}:{parts.password}@", "")
        raise InputError(
            "secret",
            "--results",
            f"--results {shown}: a secret in the path would be shown in logs and reports; set "
            f"{_CREDENTIALS.get(parts.scheme, 'it in the environment')}.",
        )
    # A file of some MB is one request to S3, not three; Google's client waits 15 min by itself.
    option = {"s3": "allow_delayed_open=true", "gs": "retry_limit_seconds=10"}.get(parts.scheme)
    try:
        if parts.scheme in NATIVE:
            mark = "&" if parts.query else "?"
            return fs.FileSystem.from_uri(f"{uri}{mark}{option}" if option else uri)
        filesystem, root = fsspec.url_to_fs(uri)
        return fs.PyFileSystem(fs.FSSpecHandler(filesystem)), root.rstrip("/")
    except ImportError as error:
        raise InputError(
            "missing",
            "--results",
            f"--results {uri}: a package is missing ({error}); it has to be installed first.",
        ) from error
    except (pa.ArrowInvalid, ValueError) as error:
        raise InputError(
            "unknown-name",
            "--results",
            f"--results {uri}: no such storage ({reason(error)}); give a folder or s3://...",
        ) from error
    except OSError as error:
        raise refusal("unreadable", uri, "cannot be opened", error) from error


def reason(error: Exception) -> str:
    """A storage's error in a few words."""
    text = str(error).strip() or type(error).__name__
    for pattern in (
        r"\[errno \d+\] ([^.\n]+)",
        r"Details: (.+)",
        r"Unable to parse ExceptionName: (\w+)",
        r"AWS Error (\w+)",
    ):
        if found := re.search(pattern, text):
            return found[1].strip()
    return (error.strerror if isinstance(error, OSError) else None) or text.splitlines()[0][:160]


def refusal(
    code: Literal["unreadable", "unwritable"], results: str, what: str, error: OSError
) -> InputError:
    """Return what to say about a storage's error when a command starts.

    `code` holds where the error names no cause of its own.
    """
    found: Code = code
    text, scheme = str(error), urlsplit(results).scheme
    if re.search(r"NO_SUCH_BUCKET|NoSuchBucket|Bucket '.*' not found", text):
        found, mend = "not-there", "there is no such bucket: make it first"
    elif re.search(r"PermanentRedirect|AuthorizationHeaderMalformed|region '.*' is wrong", text):
        found = "wrong-kind"
        mend = "the bucket is in another region: name its own in AWS_DEFAULT_REGION"
    elif re.search(r"DENIED|ACCESS_KEY|SIGNATURE|ExpiredToken|HTTP status 40[013]", text):
        found = "denied"
        mend = f"credentials come from {_CREDENTIALS.get(scheme, 'the environment')}"
    elif re.search(r"NETWORK_CONNECTION|REQUEST_TIMEOUT|curlCode", text):
        found = "no-answer"
        mend = "the storage does not answer: check the network and AWS_ENDPOINT_URL"
    else:
        mend = "give another with --results"
    return InputError(
        found, "--results", f"{results}: the results folder {what} ({reason(error)}); {mend}."
    )
