"""Read and write files in a results folder, local or under a URI of pyarrow.fs or fsspec."""

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
from studies.engine.signals.user_path import user_path
from studies.engine.store.storage import StorageRetry, open_storage, refusal

OBJECT_STORES = ("s3", "gcs", "abfs")
"""pyarrow's names of the storages where a file appears only when it is complete."""

NUM_THREADS = 16
"""Requests at the same time: an object store takes tens of milliseconds for each."""

T = TypeVar("T")
R = TypeVar("R")


def local_path(results: str) -> Path:
    """Return the absolute path of results on a disk.

    Raises:
        InputError: the path is empty, or begins with the home of a user who does not exist.
    """
    return user_path(results, "--results").absolute()


class Folder:
    """Reads and writes files under `results`, a local path or a URI.

    Readers never see half a file: it is written under a name that readers skip and then moved,
    or put into an object store in one request. All operations are retried while a storage fails
    that has worked before.

    Attributes:
        results: the place for people to read, without the secrets of a URI.
        location: the same place for a process with another working folder.

    Raises:
        InputError: there is no such storage, or it does not answer.
        StorageAway: (by any method) it worked before and has failed for too long.

    Example:
        >>> folder = Folder("results")
        >>> folder.write_bytes("_studies/note.txt", b"hello")
        >>> folder.read_bytes("_studies/note.txt")
        b'hello'
    """

    def __init__(self, results: str, retry: StorageRetry | None = None) -> None:
        self.results = without_secrets(results)
        self.retry = retry or StorageRetry(self.results)
        if "://" in results:
            # `without_secrets` ends a URI at a blank, so it would miss a secret behind one.
            if any(character.isspace() for character in results):
                fix = "a URI has no blanks; write %20 for each."
                raise InputError.at("wrong-kind", "--results", fix)
            self.location = results
            self.filesystem, self.root = open_storage(results)
        else:
            self.location = self.root = str(local_path(results))
            self.filesystem = fs.LocalFileSystem()

    def check_writable(self) -> None:
        """Raise InputError if no file can be written here."""
        try:
            self.write_bytes(".writable", b"")
            self.delete(".writable")
        except NotImplementedError as error:
            fix = "this storage can only be read; give a folder or s3://..."
            raise InputError.of_value("unwritable", "--results", self.results, fix) from error
        except OSError as error:
            raise refusal("unwritable", self.results, "cannot be written", error) from error

    def read_bytes(self, path: str) -> bytes | None:
        """Return the content of a file under the results, None if it does not exist."""

        try:
            return self.fetch(f"{self.root}/{path}")
        except FileNotFoundError:
            return None

    def fetch(self, location: str) -> bytes:
        """Return the content of a file in one request.

        Args:
            location: its path in the file system, `root` included.

        Raises:
            FileNotFoundError: it does not exist.
        """

        def read() -> bytes:
            with self.filesystem.open_input_stream(location) as file:
                return file.read()

        return self.retry(read)

    def write_bytes(self, path: str, content: bytes) -> None:
        """Write or replace a file under the results. Readers see the old or the new content."""
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
            self.retry(lambda: put(target))
        else:
            self.retry(put_aside_and_move)

    def update_bytes(self, path: str, content: bytes) -> None:
        """Write a file under the results unless it has this content, so that it keeps its time."""
        if self.read_bytes(path) != content:
            self.write_bytes(path, content)

    def write_array(self, path: str, array: NDArray) -> None:
        """Write or replace a NumPy file under the results."""
        self.write_bytes(path, _file_of(array))

    def update_array(self, path: str, array: NDArray) -> None:
        """Write a NumPy file under the results unless it has this content, as `update_bytes`."""
        self.update_bytes(path, _file_of(array))

    def read_array(self, path: str) -> NDArray | None:
        """Return the array in a NumPy file under the results, None if it does not exist.

        Raises:
            InputError: the file is damaged, or holds Python objects, which are never unpickled.
        """
        content = self.read_bytes(path)
        try:
            return None if content is None else np.load(io.BytesIO(content), allow_pickle=False)
        except Exception as error:  # NumPy evaluates the header and raises anything
            raise InputError(
                "damaged",
                path,
                f"{self.results}/{path}: not readable as an array; remove it from the results.",
            ) from error

    def delete(self, path: str) -> None:
        """Remove a file under the results if it exists."""
        with contextlib.suppress(FileNotFoundError):
            self.retry(lambda: self.filesystem.delete_file(f"{self.root}/{path}"))

    def move(self, path: str, target: str) -> None:
        """Give a file under the results another name.

        Raises:
            FileNotFoundError: it does not exist.
        """
        folder = f"{self.root}/{target}".rsplit("/", 1)[0]

        def rename() -> None:
            if self.filesystem.type_name not in OBJECT_STORES:
                self.filesystem.create_dir(folder, recursive=True)
            source = f"{self.root}/{path}"
            try:
                self.filesystem.move(source, f"{self.root}/{target}")
            except OSError as error:
                # An object store reports a missing source as any other failure of its copy.
                if self.filesystem.get_file_info(source).type == fs.FileType.NotFound:
                    raise FileNotFoundError(path) from error
                raise

        self.retry(rename)

    def exists(self, path: str) -> bool:
        """Return whether a file under the results exists."""
        info = self.retry(lambda: self.filesystem.get_file_info(f"{self.root}/{path}"))
        return info.type != fs.FileType.NotFound

    def modified(self, path: str) -> float:
        """Return when a file under the results was written, in seconds since 1970."""
        info = self.retry(lambda: self.filesystem.get_file_info(f"{self.root}/{path}"))
        return info.mtime_ns / 1e9

    def names(self, folder: str) -> list[str]:
        """Return the sorted names in a folder under the results, without hidden ones."""
        return [info.base_name for info in self.infos(folder)]

    def infos(self, folder: str) -> list[fs.FileInfo]:
        """Return what is known of the files in a folder, sorted by name, without hidden ones."""
        selector = fs.FileSelector(f"{self.root}/{folder}", allow_not_found=True)
        infos = self.retry(lambda: self.filesystem.get_file_info(selector))
        shown = [info for info in infos if not info.base_name.startswith(".")]
        return sorted(shown, key=lambda info: info.base_name)

    def listing(self, folder: str = "") -> dict[str, tuple[int, int]]:
        """Return {path: (bytes, ns since 1970)} of all files in a folder and below, sorted by path.

        Hidden files are left out.

        Args:
            folder: The folder, relative to the results, as are the paths. "" for the results.
        """
        place = f"{self.root}/{folder}" if folder else self.root
        selector = fs.FileSelector(place, allow_not_found=True, recursive=True)
        infos = self.retry(lambda: self.filesystem.get_file_info(selector))
        return {
            info.path.removeprefix(f"{self.root}/"): (info.size or 0, info.mtime_ns or 0)
            for info in sorted(infos, key=lambda info: info.path)
            if info.is_file and not info.base_name.startswith(".")
        }

    def in_parallel(self, do: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Return `do(item)` for every item, `NUM_THREADS` items at a time."""
        with ThreadPoolExecutor(NUM_THREADS) as pool:
            return list(pool.map(do, items))


def _file_of(array: NDArray) -> bytes:
    """Return the content of the NumPy file of an array."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
