"""A meter's token: uploads for one patient, nothing else, and no longer than its maker may act."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.clock import local
from telehealth.identity.models import DeviceToken, Person
from tests import make
from tests.conftest import FixedClock
from tests.make import NOW

READING = {
    "readings": [
        {
            "key": "a",
            "measured_at": (NOW - timedelta(hours=1)).isoformat(),
            "value": "7.2",
            "unit": "mmol/L",
            "source": "meter",
        }
    ]
}
Headers = dict[str, str]


def device_of(client: FlaskClient, patient: Person, maker: Headers) -> Headers:
    wish = {"patient": patient.id, "name": "meter in the kitchen"}
    made = client.post("/api/v1/device-tokens", json=wish, headers=maker)
    assert made.status_code == 201, made.text
    assert made.json["scope"] == "readings:upload"
    return {"Authorization": f"Bearer {made.json['token']}"}


def upload(client: FlaskClient, patient: Person, device: Headers) -> int:
    path = f"/api/v1/patients/{patient.id}/readings"
    return client.post(path, json=READING, headers=device).status_code


def test_a_device_uploads_for_its_patient_and_reads_nothing(
    client: FlaskClient, session: Session
) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    device = device_of(client, ana, make.bearer(session, ana))

    assert upload(client, ana, device) == 200
    assert upload(client, eva, device) == 404
    for path in ("me", "mandates", f"patients/{ana.id}/readings"):
        assert client.get(f"/api/v1/{path}", headers=device).status_code == 403
    wish = {"patient": ana.id, "name": "another"}
    assert client.post("/api/v1/device-tokens", json=wish, headers=device).status_code == 403


def test_only_a_digest_of_the_token_is_stored(client: FlaskClient, session: Session) -> None:
    ana = make.patient(session)

    device = device_of(client, ana, make.bearer(session, ana))

    token = device["Authorization"].removeprefix("Bearer ")
    assert token.startswith("thd_")
    assert token not in session.scalars(select(DeviceToken.token_hash)).one()


def test_a_revoked_device_is_told_that_it_is_nobody(client: FlaskClient, session: Session) -> None:
    ana = make.patient(session)
    me = make.bearer(session, ana)
    device = device_of(client, ana, me)
    token_id = session.scalars(select(DeviceToken.id)).one()

    revoked = client.delete(f"/api/v1/patients/{ana.id}/device-tokens/{token_id}", headers=me)

    assert revoked.status_code == 204
    assert upload(client, ana, device) == 401


def test_a_device_a_proxy_connected_ends_with_the_mandate(
    client: FlaskClient, session: Session
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    row = make.mandate(session, ana, luka)
    device = device_of(client, ana, make.bearer(session, luka))
    assert upload(client, ana, device) == 200

    client.delete(f"/api/v1/mandates/{row.id}", headers=make.bearer(session, ana))

    assert upload(client, ana, device) == 401


def test_a_device_a_proxy_connected_ends_with_the_last_day_before_any_sweeper_comes(
    client: FlaskClient, session: Session, clock: FixedClock
) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    make.mandate(session, ana, luka, local(NOW).date())
    device = device_of(client, ana, make.bearer(session, luka))
    assert upload(client, ana, device) == 200

    clock.at += timedelta(days=1)

    assert upload(client, ana, device) == 404


def test_nobody_connects_a_meter_for_a_stranger(client: FlaskClient, session: Session) -> None:
    ana, eva = make.patient(session), make.patient(session, "Eva", "Kos")
    wish = {"patient": ana.id, "name": "meter"}

    answer = client.post("/api/v1/device-tokens", json=wish, headers=make.bearer(session, eva))

    assert answer.status_code == 404
    assert session.scalars(select(DeviceToken)).all() == []
