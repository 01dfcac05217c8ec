"""Anchors: where the chains ended, kept in a file outside of the database.

Whoever can rewrite the database can rewrite a chain with its head; the file, copied elsewhere by
the operator, shows it. Lines are chained by an HMAC with the installation's key, so no line can be
made up or changed without the key.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

_START = "0" * 64


class AnchorsBroken(ValueError):
    """A line of the file was changed, added or taken out; `args[0]` is its number."""


@dataclass(frozen=True, slots=True)
class End:
    """Length and last hash of one chain."""

    seq: int
    hash: str


class AnchorFile:
    """One line per hour: the ends of the chains that have grown since the line before.

    Args:
        path: of the file; made when needed.
        key: secret of the installation.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key

    def read(self) -> dict[int, End]:
        """The newest recorded end of every chain.

        Raises:
            AnchorsBroken: the file is not what was written.
        """
        return self._read()[0]

    def write(self, heads: Mapping[int, End], *, now: datetime) -> int:
        """Add a line with the ends that have changed; returns how many.

        Raises:
            AnchorsBroken: the file is not what was written.
        """
        known, mac = self._read()
        grown = {subject: end for subject, end in heads.items() if known.get(subject) != end}
        if grown:
            line: dict[str, Any] = {
                "at": now.astimezone(UTC).isoformat(timespec="microseconds"),
                "heads": {str(subject): [end.seq, end.hash] for subject, end in grown.items()},
            }
            line["mac"] = self._mac(mac, line)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, sort_keys=True) + "\n")
        return len(grown)

    def _read(self) -> tuple[dict[int, End], str]:
        known: dict[int, End] = {}
        mac = _START
        text = self._path.read_text(encoding="utf-8") if self._path.exists() else ""
        for number, written in enumerate(text.splitlines(), 1):
            try:
                line = json.loads(written)
                claimed = line.pop("mac")
                mac = self._mac(mac, line)
                ends = {int(subject): End(*end) for subject, end in line["heads"].items()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise AnchorsBroken(number) from error
            if not hmac.compare_digest(str(claimed), mac):
                raise AnchorsBroken(number)
            known |= ends
        return known, mac

    def _mac(self, before: str, line: Mapping[str, Any]) -> str:
        text = json.dumps(line, sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, f"{before}\n{text}".encode(), sha256).hexdigest()
