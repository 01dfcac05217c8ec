"""The folder of files on their way: private, outside of everything a browser can ask for."""

import os
import re
import secrets
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from telehealth.settings import Settings

FOLDER = "imports"
"""Inside the data folder."""
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SENT, _PREPARED = ".sent", ".rows"


class Shelf:
    """Two files per import: as it was sent, and its readings prepared for adding.

    Args:
        folder: made at first use, readable by its owner only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, arrived: Path) -> str:
        """Give an arrived file of this folder a name of its own; returns its token."""
        token = secrets.token_hex(16)
        try:
            os.link(arrived, self._path(token, _SENT))
        except OSError:  # a file system without second names
            with arrived.open("rb") as stream:
                return self.copy(stream)
        return token

    def copy(self, stream: BinaryIO) -> str:
        """Keep a copy of a file from elsewhere; returns its token."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        token = secrets.token_hex(16)
        with self._new(token, _SENT) as target:
            while piece := stream.read(1 << 20):
                target.write(piece)
        return token

    def size(self, token: str) -> int:
        """Bytes of a file as it was sent."""
        return self._path(token, _SENT).stat().st_size

    def sent(self, token: str) -> Path:
        """Where a file is as it was sent; it may be gone."""
        return self._path(token, _SENT)

    def prepared(self, token: str) -> Path:
        """Where the prepared readings are; they may be gone."""
        return self._path(token, _PREPARED)

    def prepare(self, token: str) -> BinaryIO:
        """Begin the file of prepared readings anew."""
        self.prepared(token).unlink(missing_ok=True)
        return self._new(token, _PREPARED)

    def forget(self, token: str) -> None:
        """Delete both files."""
        for ending in (_SENT, _PREPARED):
            self._path(token, ending).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Delete whatever is older, also what a stopped server left half-way; returns how many."""
        if not self._folder.is_dir():
            return 0
        gone = 0
        for path in self._folder.iterdir():
            try:
                if path.stat().st_mtime < before.timestamp():
                    path.unlink()
                    gone += 1
            except FileNotFoundError:  # another worker was faster
                continue
        return gone

    def _new(self, token: str, ending: str) -> BinaryIO:
        handle = os.open(self._path(token, ending), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(handle, "wb")

    def _path(self, token: str, ending: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise ValueError("not a token")
        return self._folder / f"{token}{ending}"


def shelf_of(settings: Settings) -> Shelf:
    """The files of this installation."""
    return Shelf(settings.data_dir / FOLDER)
