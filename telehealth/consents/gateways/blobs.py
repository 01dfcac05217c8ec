"""The folder of sealed files: named by their SHA-256, private, on disk before anybody says so."""

import os
import re
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from telehealth.settings import Settings

_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """Where sealed files are kept."""

    def put(self, content: bytes) -> str:
        """Keep a file; returns its name, the SHA-256 of its content."""

    def get(self, name: str) -> bytes | None:
        """The content of a file; None when it is absent or no longer what its name says."""


class FolderOfBlobs:
    """Files in a folder of this machine.

    Args:
        folder: made at first use, readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep a file, durably: content, then name, then folder are synced.

        Raises:
            OSError: no room, or the folder cannot be written.
        """
        name = sha256(content).hexdigest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._folder / f".{name}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path(name))
        finally:
            draft.unlink(missing_ok=True)
        self._sync_folder()
        return name

    def get(self, name: str) -> bytes | None:
        """The content, checked against its name."""
        if not _NAME.fullmatch(name):
            return None
        try:
            content = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        return content if sha256(content).hexdigest() == name else None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.pdf"

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def blobs_of(settings: Settings) -> FolderOfBlobs:
    """The sealed files of this installation."""
    return FolderOfBlobs(settings.data_dir / "consents")


class MemoryBlobs:
    """The same without a disk: for demonstrations of single services and for tests."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep a file until the process ends."""
        name = sha256(content).hexdigest()
        self._files[name] = content
        return name

    def get(self, name: str) -> bytes | None:
        """The content, or None."""
        return self._files.get(name)
