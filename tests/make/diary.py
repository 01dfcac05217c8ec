"""Entries of a diary beside glucose, pictures, and what a worker copied."""

import struct
import zlib
from base64 import b64decode
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.diary import service as diary
from telehealth.diary.models import TranscriptKind
from telehealth.identity.models import Person
from tests.make.people import NOW
from tests.make.readings import own_actor, reading

_number = count(1)

JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4gHYSUNDX1BST0ZJTEUAAQEAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEA"
    "AAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRi"
    "WFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAA"
    "ADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABi"
    "mQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKn"
    "AAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMA"
    "LgAgADIAMAAxADb/2wBDAFA3PEY8MlBGQUZaVVBfeMiCeG5uePWvuZHI////////////////////////////////////"
    "////////////////2wBDAVVaWnhpeOuCguv/////////////////////////////////////////////////////////"
    "////////////////wAARCAAIAAgDASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/xAAUEAEAAAAAAAAAAAAA"
    "AAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAA//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AJACR//Z"
)
"""Eight by eight brown points, as a browser writes them."""

WEBP = b64decode(
    "UklGRhQCAABXRUJQVlA4WAoAAAAgAAAABwAABwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEA"
    "AAAAAABhY3NwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRi"
    "WFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAAABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAA"
    "ADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1AAADkFhZWiAAAAAAAABi"
    "mQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAPKn"
    "AAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMA"
    "LgAgADIAMAAxADZWUDggJgAAAHABAJ0BKggACAAHQJYloAJ0AUAAAP7E7+vvfV5Ut7O1bH4AAAAA"
)
"""The same."""


def png(width: int = 2, height: int = 2) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xff" * width) * height)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def entry(
    session: Session,
    patient: Person,
    at: datetime = NOW - timedelta(hours=1),
    *,
    actor: Actor | None = None,
    key: str = "",
    picture: bytes | None = None,
    **said: Any,
) -> diary.Written:
    """An entry; sixty grams of carbohydrate when nothing else is said."""
    actor = actor or own_actor(patient)
    if picture is not None:
        said["photo_id"] = diary.keep_photo(session, actor, patient.id, picture, now=NOW)
    content = diary.Content(**(said or {"carbs_g": 60}))
    new = diary.NewEntry(key or f"entry-key-{next(_number)}", at, 60, content)
    return diary.write(session, actor, patient.id, new, now=NOW).entry


def removed_entry(session: Session, patient: Person) -> diary.Written:
    """An entry that was removed."""
    written = entry(session, patient)
    diary.remove(session, own_actor(patient), patient.id, written.id, now=NOW)
    return written


def team_actor(worker: Person, patient: Person) -> Actor:
    """A worker of the patient's care team."""
    return Actor(worker.id, patient.id, Basis.CARE_TEAM)


def sheet(
    session: Session, worker: Person, patient: Person, *values: str, source: str = "blue notebook"
) -> diary.Copy:
    """Values that a worker copied from paper, a day apart."""
    days = [NOW - timedelta(days=n + 1) for n in range(len(values) or 1)]
    copied = tuple(
        reading(words, at) for words, at in zip(values or ("7.2 mmol/L",), days, strict=True)
    )
    new = diary.Sheet(
        f"sheet-key-{next(_number)}",
        TranscriptKind.PAPER,
        source,
        min(days).date(),
        max(days).date(),
        copied,
    )
    return diary.copy(session, team_actor(worker, patient), patient.id, new, now=NOW)


def called(session: Session, worker: Person, patient: Person, words: str) -> diary.Copy:
    """A value that a patient told a worker on the phone just now."""
    new = diary.Sheet(
        f"call-key-{next(_number)}",
        TranscriptKind.PHONE,
        "",
        NOW.date(),
        NOW.date(),
        (reading(words, NOW),),
    )
    return diary.copy(session, team_actor(worker, patient), patient.id, new, now=NOW)
