"""Two files of one patient: a sensor of last summer, and one that asks which number is the day."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import sin
from pathlib import Path

from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import HOME_ZONE, local
from telehealth.core.db import Database
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.gateways import FOLDER, Shelf

DAYS = 14
STEP_MIN = 15
BEGAN = timedelta(days=130)
_CLARITY = (
    "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,"
    "Source Device ID,Glucose Value (mmol/L),Transmitter ID\n"
    "1,,FirstName,,Marija,,,,\n2,,LastName,,Žagar,,,,\n3,,Device,,,Dexcom G6,Android G6,,\n"
)
_LIBREVIEW = (
    "Device,Serial Number,Device Timestamp,Record Type,Historic Glucose mmol/L,"
    "Scan Glucose mmol/L,Non-numeric Rapid-Acting Insulin,Rapid-Acting Insulin (units),"
    "Non-numeric Food,Carbohydrates (grams),Carbohydrates (servings),"
    "Non-numeric Long-Acting Insulin,Long-Acting Insulin (units),Notes,Strip Glucose mmol/L,"
    "Ketone mmol/L,Meal Insulin (units),Correction Insulin (units),User Change Insulin (units)\n"
)


def bring_files(database: Database, patient_id: int, *, now: datetime) -> None:
    """One import of the patient is finished, another one waits for an answer."""
    # The demonstration's database always lies in its data folder.
    shelf = Shelf(Path(str(database.engine.url.database)).parent / FOLDER)
    bench = jobs.Bench(database, shelf, lambda: now)
    actor = Actor(patient_id, patient_id, Basis.SELF)
    finished = _bring(bench, actor, "".join(_summer(now)))
    with database.unit_of_work() as session:
        imports.confirm(session, actor, patient_id, finished, now=now)
    jobs.add(bench, finished)
    _bring(bench, actor, "".join(_undecided(now)))


def _bring(bench: jobs.Bench, actor: Actor, text: str) -> int:
    content = text.encode()
    token = bench.shelf.copy(io.BytesIO(content))
    sent = imports.Sent(token, len(content), HOME_ZONE.key)
    with bench.database.unit_of_work() as session:
        row = imports.receive(session, actor, actor.subject_id or 0, sent, now=bench.clock())
    jobs.look(bench, row.id)
    return row.id


def _summer(now: datetime) -> Iterator[str]:
    yield _CLARITY
    first = local(now - BEGAN).replace(hour=0, minute=2, second=0, microsecond=0)
    for n in range(DAYS * 24 * 60 // STEP_MIN):
        at = first + timedelta(minutes=STEP_MIN * n)
        value = 7.4 + 1.9 * sin(n / 15.3) + 0.8 * sin(n / 3.7)
        shown = "Low" if n == 500 else f"{value:.1f}"  # noqa: PLR2004 - one HI or LO to be seen
        yield f"{n + 4},{at:%Y-%m-%d %H:%M:%S},EGV,,,,Android G6,{shown},8ABCDE\n"


def _undecided(now: datetime) -> Iterator[str]:
    """Days up to the twelfth only: the dates do not show which number is the day."""
    yield _LIBREVIEW
    month = local(now).replace(day=1) - timedelta(days=40)
    for n in range(60):
        at = month.replace(day=5, hour=6) + timedelta(minutes=15 * n)
        value = f"{6.2 + sin(n / 7) * 1.4:.1f}"
        yield f"FreeStyle LibreLink,5C0FFEE1,{at:%d-%m-%Y %H:%M},0,{value},,,,,,,,,,,,,,\n"
