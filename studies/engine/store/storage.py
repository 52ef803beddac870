"""Open a storage, retry its operations while it fails, and explain its errors."""

import errno
import re
import sys
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import fsspec
import pyarrow as pa
from pyarrow import fs

from inr_models import InputError
from inr_models.errors import Code
from inr_models.shown import first_line, without_secrets

RETRY_SECONDS = 600.0
"""How long operations on a storage that worked before are retried."""

LONGEST_PAUSE = 10.0
"""Seconds between two attempts, at most."""

LASTING = (errno.EISDIR, errno.EPERM, errno.EACCES, errno.ENOTDIR, errno.ENAMETOOLONG)
"""Errors that no time heals."""

NATIVE = ("s3", "gs", "gcs", "abfs", "abfss", "file", "hdfs", "viewfs")
"""URI schemes that pyarrow serves itself. The others need fsspec and the package it names."""

T = TypeVar("T")

_CREDENTIALS = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the machine's role",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS or the machine's service account",
}


class StorageAway(InputError):
    """Tells that a storage has failed for longer than operations are retried. It worked before."""


class StorageRetry:
    """Calls a function that reads or writes a storage, and retries it while the storage fails.

    A storage that never worked is not retried: its URI or credentials are probably wrong.
    "No such file" counts as an answer. Threads do not wait for each other.

    This is not `tenacity.Retrying`: tenacity knows neither "retry only if it ever worked" nor one
    deadline for all threads, so both would stay here and the code would not be shorter. The
    package would also be a new dependency of the part that needs torch, numpy and pyarrow alone.

    Args:
        results: the storage as the user named it, for messages.
        seconds: how long the storage may fail before `StorageAway` is raised.
        has_worked: whether the storage has already answered another process.

    Example:
        >>> retry = StorageRetry("s3://bucket/results")
        >>> content = retry(lambda: filesystem.open_input_stream(path).read())
    """

    def __init__(
        self, results: str, seconds: float = RETRY_SECONDS, has_worked: bool = False
    ) -> None:
        self.results, self.seconds, self.has_worked = results, seconds, has_worked
        self.fails_since: float | None = None

    def __call__(self, do: Callable[[], T]) -> T:
        """Return the result of `do`, which may be called several times.

        Raises:
            OSError: the storage has never worked, there is no such file, or no time heals the
                error.
            StorageAway: the storage has failed for `seconds`. From then on every call makes a
                single attempt, until the storage works again.
        """
        pause = 0.25
        while True:
            try:
                result = do()
            except FileNotFoundError:
                self._answered()
                raise
            except OSError as error:
                if not self.has_worked or _no_time_heals(error):
                    raise
                now = time.monotonic()
                if self.fails_since is None:
                    self.fails_since = now
                    failure = f"{without_secrets(self.results)}: {reason(error)}"
                    print(f"{failure}; waiting up to {self.seconds:.0f} s for it", file=sys.stderr)
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


def _no_time_heals(error: OSError) -> bool:
    """Return whether an error stays until somebody changes something, such as a permission."""
    # pyarrow says this of some directories without an error number.
    return error.errno in LASTING or "is a directory" in str(error).lower()


def open_storage(uri: str) -> tuple[fs.FileSystem, str]:
    """Return the file system of a URI and the path in it. Credentials come from the environment.

    Raises:
        InputError: there is no such storage, it needs a package, or it does not answer.
    """
    try:
        parts = urlsplit(uri)
    except ValueError as error:
        why = f"not a URI ({error}); give a folder or s3://..."
        raise InputError.of_value("wrong-kind", "--results", without_secrets(uri), why) from error
    if parts.scheme in NATIVE and parts.scheme in _CREDENTIALS and not parts.netloc:
        why = f"there is no bucket in it; give {parts.scheme}://BUCKET."
        raise InputError.of_value("missing", "--results", without_secrets(uri), why)
    if parts.password:
        shown = uri.replace(f"{parts.username}:{parts.password}@", "")
        why = "a secret in the path would be shown in logs and reports; set "
        why += f"{_CREDENTIALS.get(parts.scheme, 'it in the environment')}."
        raise InputError.of_value("secret", "--results", shown, why)
    # With delayed opening a file of some MB takes one request to S3 instead of three. Google's
    # client would otherwise retry for 15 minutes on its own.
    option = {"s3": "allow_delayed_open=true", "gs": "retry_limit_seconds=10"}.get(parts.scheme)
    try:
        if parts.scheme in NATIVE:
            mark = "&" if parts.query else "?"
            return fs.FileSystem.from_uri(f"{uri}{mark}{option}" if option else uri)
        filesystem, root = fsspec.url_to_fs(uri)
        return fs.PyFileSystem(fs.FSSpecHandler(filesystem)), root.rstrip("/")
    except ImportError as error:
        why = f"a package is missing ({error}); it has to be installed first."
        raise InputError.of_value("missing", "--results", uri, why) from error
    except (pa.ArrowInvalid, ValueError) as error:
        why = f"no such storage ({reason(error)}); give a folder or s3://..."
        raise InputError.of_value("unknown-name", "--results", uri, why) from error
    except OSError as error:
        raise refusal("unreadable", uri, "cannot be opened", error) from error


def reason(error: Exception) -> str:
    """Return a storage's error in a few words."""
    for pattern in (
        r"\[errno \d+\] ([^.\n]+)",
        r"Details: (.+)",
        r"Unable to parse ExceptionName: (\w+)",
        r"AWS Error (\w+)",
    ):
        if found := re.search(pattern, str(error)):
            return found[1].strip()
    return (error.strerror if isinstance(error, OSError) else None) or first_line(error)[:160]


def refusal(code: Code, results: str, what: str, error: OSError) -> InputError:
    """Return the message for a storage that fails when a command starts: what to change.

    Args:
        code: the kind of mistake, where the error names no cause of its own.
        results: the storage as the user named it.
        what: what failed, after "the results folder".
        error: what the storage raised.
    """
    text, scheme = str(error), urlsplit(results).scheme
    if re.search(r"NO_SUCH_BUCKET|NoSuchBucket|Bucket '.*' not found", text):
        code, fix = "not-there", "there is no such bucket: make it first"
    elif re.search(r"PermanentRedirect|AuthorizationHeaderMalformed|region '.*' is wrong", text):
        code = "wrong-kind"
        fix = "the bucket is in another region: name its own in AWS_DEFAULT_REGION"
    elif re.search(r"DENIED|ACCESS_KEY|SIGNATURE|ExpiredToken|HTTP status 40[013]", text):
        code = "denied"
        fix = f"credentials come from {_CREDENTIALS.get(scheme, 'the environment')}"
    elif re.search(r"NETWORK_CONNECTION|REQUEST_TIMEOUT|curlCode", text):
        code = "no-answer"
        fix = "the storage does not answer: check the network and AWS_ENDPOINT_URL"
    else:
        fix = "give another with --results"
    return InputError(
        code, "--results", f"{results}: the results folder {what} ({reason(error)}); {fix}."
    )
