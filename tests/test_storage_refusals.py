"""Check that a storage's refusals name the fix, and that what fails for a while is repeated."""

import errno
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from inr_models import InputError
from studies.engine.store.storage import StorageAway, StorageRetry
from studies.engine.store.store import Store
from tests.refusals import refused
from tests.servers import BUCKET


def test_a_bucket_that_is_not_there_is_refused(s3):
    with refused("not-there", "--results", "s3://none/x"):
        Store("s3://none/x")


@pytest.mark.parametrize(
    ("status", "answer", "code", "name"),
    [
        (403, "AccessDenied", "denied", "AWS_ACCESS_KEY_ID"),
        (403, "InvalidAccessKeyId", "denied", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "denied", "AWS_ACCESS_KEY_ID"),
        (400, "ExpiredToken", "denied", "AWS_ACCESS_KEY_ID"),
        (301, "PermanentRedirect", "wrong-kind", "AWS_DEFAULT_REGION"),
        (400, "AuthorizationHeaderMalformed", "wrong-kind", "AWS_DEFAULT_REGION"),
    ],
)
@pytest.mark.parametrize("create", [True, False])
def test_what_a_store_refuses_names_what_to_set(monkeypatch, status, answer, code, name, create):
    body = f"<Error><Code>{answer}</Code><Message>No.</Message></Error>".encode()

    class Refuse(BaseHTTPRequestHandler):
        def refuse(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.send_header("content-type", "application/xml")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

        do_GET = do_HEAD = do_POST = do_PUT = refuse  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    begin = time.monotonic()
    with refused(code, "--results", "s3://b/x", name):
        Store("s3://b/x", create=create)
    assert time.monotonic() - begin < 5
    server.shutdown()
    server.server_close()


def test_a_store_that_does_not_answer_is_refused(s3):
    s3.stop()
    with refused("no-answer", "--results", "AWS_ENDPOINT_URL"):
        Store(f"s3://{BUCKET}/x")


def test_a_package_that_is_missing_is_named():
    with refused("missing", "--results", "sftp://h/x", "paramiko"):
        Store("sftp://h/x")


def test_a_secret_in_the_path_is_refused_and_not_repeated():
    with refused("secret", "--results", "AWS_ACCESS_KEY_ID") as caught:
        Store("s3://key:hidden@b/x")
    assert "hidden" not in str(caught.value)


def test_retrying_begins_with_the_first_answer_and_ends():
    failures = [OSError("away")] * 3

    def work() -> str:
        if failures:
            raise failures.pop()
        return "done"

    retry = StorageRetry("results", seconds=30)
    with pytest.raises(OSError, match="away"):
        retry(work)
    retry(lambda: None)
    assert retry(work) == "done"
    failures = [OSError("away")] * 99
    retry.seconds = 0.5
    with refused("no-answer", "results", "0 s", "away", kind=StorageAway):
        retry(work)


@pytest.mark.parametrize(
    "error",
    [
        IsADirectoryError(errno.EISDIR, "Is a directory"),
        PermissionError(errno.EACCES, "Permission denied"),
        NotADirectoryError(errno.ENOTDIR, "Not a directory"),
        OSError(errno.ENAMETOOLONG, "File name too long"),
        OSError("Cannot open for reading: path 'x' is a directory"),
    ],
)
def test_errors_that_no_time_heals_are_not_waited_for(error, capsys):
    def work():
        raise error

    retry = StorageRetry("results", seconds=600, has_worked=True)
    with pytest.raises(OSError, match=r"irectory|denied|too long"):
        retry(work)
    assert not capsys.readouterr().err


def test_what_is_waited_for_is_said_once_and_at_once(capsys):
    notes = []
    failures = [OSError(errno.ENOSPC, "No space left on device")] * 2

    def work():
        notes.append(capsys.readouterr().err)
        if failures:
            raise failures.pop()

    StorageRetry("s3://user:secret@bucket/results", seconds=30, has_worked=True)(work)
    assert [bool(text) for text in notes] == [False, True, False]
    for part in ("No space left on device", "30 s", "bucket/results"):
        assert part in notes[1]
    assert "secret" not in notes[1]


def test_a_directory_among_the_files_is_refused_at_once(tmp_path):
    store = Store(str(tmp_path))
    store.write_bytes("a", b"1")
    (tmp_path / "fits" / "d.parquet").mkdir(parents=True)
    with pytest.raises((OSError, InputError)):
        store.fits()
