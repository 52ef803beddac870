"""A folder of results: local, or any URI that pyarrow.fs or fsspec knows."""

import contextlib
import io
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pyarrow import fs

from inr_models import InputError
from inr_models.shown import without_secrets
from studies.engine.store.storage import Patience, open_storage, refusal

OBJECT_STORES = ("s3", "gcs", "abfs")
"""pyarrow's names of those where a file is there when it is whole and not before."""

NUM_THREADS = 16
"""Requests side by side: an object store takes tens of milliseconds for each."""

T = TypeVar("T")
R = TypeVar("R")


def local_path(results: str) -> Path:
    """Where results on a disk are.

    Raises:
        InputError: the path is of a user that there is not.
    """
    try:
        return Path(results).expanduser().absolute()
    except RuntimeError as error:
        raise InputError(
            "not-there", "--results", f"--results {results}: there is no such user; check it."
        ) from error


class Folder:
    """Files under `results`, a local path or a URI. A file appears whole: it is written under
    a name that readers pass over, then moved, or put into an object store in one request.

    `location` is the same place for a process with another working folder; `results` is for
    people, without the secrets of a URI. A storage that has answered once is waited for when it
    fails later.

    Raises:
        InputError: there is no such storage, or it does not answer.
        StorageAway: it has answered once, and not any more, by any method.
    """

    def __init__(self, results: str, patience: Patience | None = None) -> None:
        self.results = without_secrets(results)
        self.patiently = patience or Patience(self.results)
        if "://" in results:
            if any(character.isspace() for character in results):  # nor is a secret known as one
                raise InputError(
                    "wrong-kind", "--results", "--results: a URI has no blanks; write %20 for each."
                )
            self.location = results
            self.filesystem, self.root = open_storage(results)
        else:
            self.location = self.root = str(local_path(results))
            self.filesystem = fs.LocalFileSystem()

    def check_writable(self) -> None:
        """Raise InputError if no file can be made here."""
        try:
            self.write_bytes(".writable", b"")
            self.delete(".writable")
        except NotImplementedError as error:
            raise InputError(
                "unwritable",
                "--results",
                f"--results {self.results}: this storage can only be read; give a folder or s3://...",
            ) from error
        except OSError as error:
            raise refusal("unwritable", self.results, "cannot be written", error) from error

    def read_bytes(self, path: str) -> bytes | None:
        """A file under the results, None where there is none."""

        def read() -> bytes:
            with self.filesystem.open_input_stream(f"{self.root}/{path}") as file:
                return file.read()

        try:
            return self.patiently(read)
        except FileNotFoundError:
            return None

    def write_bytes(self, path: str, content: bytes) -> None:
        """Make or replace a file under the results; it appears whole."""
        target = f"{self.root}/{path}"
        folder = target.rsplit("/", 1)[0]
        temporary = f"{folder}/.{uuid.uuid4().hex}.tmp"

        def put(name: str) -> None:
            with self.filesystem.open_output_stream(name) as file:
                file.write(content)

        def put_aside_and_move() -> None:
            self.filesystem.create_dir(folder, recursive=True)
            put(temporary)
            self.filesystem.move(temporary, target)

        if self.filesystem.type_name in OBJECT_STORES:
            self.patiently(lambda: put(target))
        else:
            self.patiently(put_aside_and_move)

    def write_array(self, path: str, array: NDArray) -> None:
        """Make or replace a NumPy file under the results."""
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        self.write_bytes(path, buffer.getvalue())

    def read_array(self, path: str) -> NDArray | None:
        """A NumPy file under the results, None where there is none.

        Raises:
            InputError: it is damaged, or holds objects, which are not unpickled.
        """
        content = self.read_bytes(path)
        try:
            return None if content is None else np.load(io.BytesIO(content), allow_pickle=False)
        except Exception as error:  # a header is a Python literal, and wrong in any way
            raise InputError(
                "damaged",
                path,
                f"{self.results}/{path}: not readable as an array; remove it from the results.",
            ) from error

    def delete(self, path: str) -> None:
        """Remove a file under the results, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            self.patiently(lambda: self.filesystem.delete_file(f"{self.root}/{path}"))

    def modified(self, path: str) -> float:
        """When a file under the results was written, in seconds since the epoch."""
        info = self.patiently(lambda: self.filesystem.get_file_info(f"{self.root}/{path}"))
        return info.mtime_ns / 1e9

    def names(self, folder: str) -> list[str]:
        """Names in a folder under the results, sorted; hidden ones left out."""
        selector = fs.FileSelector(f"{self.root}/{folder}", allow_not_found=True)
        found = self.patiently(lambda: self.filesystem.get_file_info(selector))
        return sorted(i.base_name for i in found if not i.base_name.startswith("."))

    def each(self, do: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """`do` of every item, several at a time."""
        with ThreadPoolExecutor(NUM_THREADS) as pool:
            return list(pool.map(do, items))
