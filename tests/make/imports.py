"""Imports: the worker's bench, files as patients bring them, an import taken through its steps."""

import io
from dataclasses import replace
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


def in_every_state(session: Session, patient: Person) -> dict[str, int]:
    """Imports of a patient in the states that pages show, without files; ids by name."""
    actor = own_actor(patient)
    skipped = (imports.Omitted("personal", 4, (2, 3, 4, 5)), imports.Omitted("bad_time", 1, (9,)))
    ready = imports.Sight(
        format="libreview",
        unit="mmol/L",
        date_order="dmy",
        taken={"cgm": 40, "scan": 2},
        n_limits=1,
        skipped=skipped,
        n_folds=1,
        folds=(7,),
        first_at=NOW - timedelta(days=2),
        last_at=NOW - timedelta(days=1),
        samples=(
            imports.Sample(6, NOW - timedelta(days=2), "7.2", "mmol/L", "cgm"),
            imports.Sample(7, NOW - timedelta(days=2), "HI", "mmol/L", "scan"),
        ),
        n_new=42,
    )
    sights = {
        "ready": ready,
        "done": ready,
        "asking": replace(ready, questions=("date_order", "unit", "columns"), samples=()),
        "refused": imports.Sight(trouble="unknown", nearest=("libreview", "clarity")),
    }
    ids = {}
    for number, (name, sight) in enumerate(sights.items()):
        sent = imports.Sent(f"{patient.id * 100 + number:032x}", 5_000_000, ZONE)
        row = imports.receive(session, actor, patient.id, sent, now=NOW)
        imports.keep_sight(session, row.id, sight, [])
        ids[f"import_{name}"] = row.id
    imports.confirm(session, actor, patient.id, ids["import_done"], now=NOW)
    imports.finish_adding(session, ids["import_done"], now=NOW)
    sent = imports.Sent(f"{patient.id * 100 + 9:032x}", 5_000_000, ZONE)
    ids["import_looking"] = imports.receive(session, actor, patient.id, sent, now=NOW).id
    return ids
