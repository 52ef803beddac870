"""A folder of results: local, or any URI that pyarrow.fs knows."""

import io
import re
import uuid
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import fs

from inr_models import InputError
from inr_models.shown import without_secrets


class Folder:
    """Files under `results`, a local path or a URI. A file appears whole: it is written under
    a name that readers pass over, then moved.

    `location` is the same place for a process with another working folder; `results` is for
    people, without the secrets of a URI.

    Raises:
        InputError: there is no such storage.
    """

    def __init__(self, results: str) -> None:
        self.results = without_secrets(results)
        if "://" in results:
            if any(character.isspace() for character in results):  # nor is a secret known as one
                raise InputError("--results: a URI has no blanks; write %20 for each.")
            self.location = results
            try:
                self.filesystem, self.root = fs.FileSystem.from_uri(results)
            except (pa.ArrowInvalid, OSError) as error:
                reason = str(error).splitlines()[0]
                raise InputError(
                    f"--results {results}: no such storage ({reason}); give a folder or s3://..."
                ) from error
        else:
            self.location = self.root = str(Path(results).expanduser().absolute())
            self.filesystem = fs.LocalFileSystem()

    def check_writable(self) -> None:
        """Raise InputError if no file can be made here."""
        try:
            self.write_bytes(".writable", b"")
            self.delete(".writable")
        except OSError as error:
            detail = re.search(r"\[errno \d+\] ([^.\n]+)", str(error))
            reason = detail[1] if detail else error.strerror or "refused"
            raise InputError(
                f"{self.results}: the results folder cannot be written ({reason}); "
                "give another with --results."
            ) from error

    def read_bytes(self, path: str) -> bytes | None:
        """A file under the results, None where there is none."""
        if self.filesystem.get_file_info(f"{self.root}/{path}").type != fs.FileType.File:
            return None
        with self.filesystem.open_input_stream(f"{self.root}/{path}") as file:
            return file.read()

    def write_bytes(self, path: str, content: bytes) -> None:
        """Make or replace a file under the results; it appears whole."""
        folder, name = f"{self.root}/{path}".rsplit("/", 1)
        self.filesystem.create_dir(folder, recursive=True)
        temporary = f"{folder}/.{uuid.uuid4().hex}.tmp"
        with self.filesystem.open_output_stream(temporary) as file:
            file.write(content)
        self.filesystem.move(temporary, f"{folder}/{name}")

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
                f"{self.results}/{path}: not readable as an array; remove it from the results."
            ) from error

    def delete(self, path: str) -> None:
        """Remove a file under the results, if it is there."""
        if self.filesystem.get_file_info(f"{self.root}/{path}").type == fs.FileType.File:
            self.filesystem.delete_file(f"{self.root}/{path}")

    def modified(self, path: str) -> float:
        """When a file under the results was written, in seconds since the epoch."""
        return self.filesystem.get_file_info(f"{self.root}/{path}").mtime_ns / 1e9

    def names(self, folder: str) -> list[str]:
        """Names in a folder under the results, sorted; hidden ones left out."""
        selector = fs.FileSelector(f"{self.root}/{folder}", allow_not_found=True)
        names = [info.base_name for info in self.filesystem.get_file_info(selector)]
        return sorted(name for name in names if not name.startswith("."))
