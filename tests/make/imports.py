"""Imports: the worker's bench, files as patients bring them, an import taken through its steps."""

import io
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.db import Database
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.gateways import Shelf
from tests.make.people import NOW
from tests.make.readings import own_actor

ZONE = "Europe/Ljubljana"
CLARITY = (
    "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,"
    "Source Device ID,Glucose Value ({unit}),Transmitter ID\n"
    "1,,FirstName,,{given},,,,\n2,,LastName,,{family},,,,\n"
)


def clarity(
    *values: str,
    unit: str = "mg/dL",
    given: str = "Ana",
    family: str = "Novak",
    first: str = "2026-11-20 08:00:00",
    step_min: int = 5,
) -> bytes:
    """A Clarity export with these values of a sensor, five minutes apart."""
    at = NOW.replace(tzinfo=None).fromisoformat(first)
    rows = [
        f"{n + 3},{at + timedelta(minutes=step_min * n)},EGV,,,,Dexcom G6,{value},8ABCDE"
        for n, value in enumerate(values)
    ]
    return (CLARITY.format(unit=unit, given=given, family=family) + "\n".join(rows)).encode()


def bench(database: Database, folder: Path, slice_s: float = 60) -> jobs.Bench:
    """What the worker works with, its clock at `NOW`."""
    return jobs.Bench(database, Shelf(folder), lambda: NOW, slice_s=slice_s)


def sent(
    session: Session,
    at: jobs.Bench,
    patient: Person,
    content: bytes,
    *,
    actor: Actor | None = None,
    zone: str = ZONE,
) -> int:
    """A file has arrived for this patient; returns the import's id."""
    token = at.shelf.copy(io.BytesIO(content))
    arrived = imports.Sent(token, len(content), zone)
    row = imports.receive(session, actor or own_actor(patient), patient.id, arrived, now=NOW)
    return row.id
