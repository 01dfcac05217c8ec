"""What the gateway sends, taken by the real application: readings, HI and LO, the meter's state."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from devices import condition, decisions, upload, visits
from devices.decisions import Decision, Deed
from devices.queue import Queue
from devices.rows import State
from devices.sim.direct import Beside
from devices.sim.faults import Faults
from devices.sim.meter import Meter
from devices.transfer import Patience, Reader
from telehealth.meters import service as meters
from tests import make

from .conftest import ZONE

HOUR = timedelta(hours=1)
NO_WAIT = Patience(quiet_s=0, watchdog_s=0, retry_s=0)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    """A meter with HI, LO and a control solution on it, just read."""
    now = make.NOW
    wall = now.astimezone(ZONE).replace(tzinfo=None)
    faults = Faults.parse(("hi", "lo", "control"))
    meter = Meter.believable(20, seed=1, now_wall=wall, faults=faults)
    found = Queue(tmp_path / "queue")
    reader = Reader(found, Beside(meter).connect(), zone=ZONE, patience=NO_WAIT, now=lambda: now)
    asyncio.run(reader.read(None))
    return found


def test_the_application_takes_everything_the_gateway_sends_and_knows_it_again(
    app: Flask, session: Session, queue: Queue
):
    patient = make.patient(session)
    token = make.bearer(session, patient)["Authorization"].removeprefix("Bearer ")
    (meter,) = queue.meters()
    queue.claim(meter.id, str(patient.id), claimed_by="n", at=datetime.now(UTC), with_history=True)
    server = upload.Server("https://clinic.example", token)

    with httpx.Client(transport=httpx.WSGITransport(app=app)) as client:
        sent = upload.deliver(queue, server, client=client)
        told = condition.tell(queue, server, client=client, at=make.NOW)
        with queue.writing() as db:
            db.execute("UPDATE record SET state = 'pending' WHERE state = 'sent'")
        again = upload.deliver(queue, server, client=client)
        listed = client.get(
            f"https://clinic.example/api/v1/patients/{patient.id}/readings?limit=100",
            headers={"Authorization": f"Bearer {token}"},
        )

    queue.close()
    assert (sent.accepted, sent.rejected, sent.stop) == (22, 0, None)
    assert (again.accepted, again.duplicate) == (0, 22)
    assert told == 1
    values = [one["value"] for one in listed.json()["readings"]]
    assert len(values) == 22
    assert {"HI", "LO"} <= set(values)


def test_what_waits_at_home_is_told_with_the_reason_until_somebody_has_decided(
    app: Flask, session: Session, tmp_path: Path
):
    """A meter that was left on another zone's time: its 48 records wait beside it."""
    now, patient = make.NOW, make.patient(session)
    wall = now.astimezone(ZONE).replace(tzinfo=None) + timedelta(hours=-6)
    beside = Meter.believable(48, seed=1, now_wall=wall)
    queue = Queue(tmp_path / "queue")
    connect = Beside(beside).connect()
    asyncio.run(Reader(queue, connect, zone=ZONE, patience=NO_WAIT, now=lambda: now).read(None))
    (meter,) = queue.meters()
    queue.claim(meter.id, str(patient.id), claimed_by="n", at=now, with_history=True)
    token = make.bearer(session, patient)["Authorization"].removeprefix("Bearer ")
    server = upload.Server("https://clinic.example", token)

    with httpx.Client(transport=httpx.WSGITransport(app=app)) as client:
        condition.tell(queue, server, client=client, at=now)
        first = meters.waiting_of(session, patient.id)
        keys = [row.key for row in queue.listed(State.QUARANTINED, limit=40)]
        released = Decision(Deed.RELEASE, "zone was wrong", "n", now)
        decisions.decide(queue, keys, released)
        again = condition.tell(queue, server, client=client, at=now)
    queue.close()
    session.expire_all()

    (meter_id,) = [one.id for one in meters.known_of(session, patient.id).bound]
    home = meters.Place.HOME
    assert first == [meters.Waiting(meter_id, home, 48, is_clock=True, clock_drift_s=-6 * 3600)]
    assert again == 1, "the meter was not read again, and the server hears of it"
    assert [one.records for one in meters.waiting_of(session, patient.id)] == [8]


def test_at_a_clinics_kiosk_the_nurses_sign_in_sends_for_patients_of_the_team(
    app: Flask, session: Session, queue: Queue
):
    patient, stranger = make.patient(session), make.patient(session)
    nurse = make.nurse(session, patients=[patient])
    token = make.bearer(session, nurse)["Authorization"].removeprefix("Bearer ")
    server = upload.Server("https://clinic.example", token)
    (meter,) = queue.meters()
    queue.claim(
        meter.id, str(stranger.id), claimed_by="n", at=datetime.now(UTC), with_history=False
    )
    visit = visits.begin(
        queue, str(patient.id), begun_by="n", at=make.NOW, lasts=HOUR, with_history=True
    )
    offered = visits.offer(queue, visit, meter.id)
    visits.confirm(queue, offered, offered.code, at=make.NOW)

    with httpx.Client(transport=httpx.WSGITransport(app=app)) as client:
        sent = upload.deliver(queue, server, client=client, patient=str(patient.id))
        refused = client.post(
            server.readings_url(str(stranger.id)),
            json={"readings": []},
            headers={"Authorization": f"Bearer {token}"},
        )

    queue.close()
    assert (sent.accepted, sent.stop) == (22, None)
    assert refused.status_code == 404
