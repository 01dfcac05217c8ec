"""JSON doors of meters: the gateway's report, the browser's plan and transfer."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from telehealth.identity import service as identity
from telehealth.identity.models import Person
from telehealth.meters import service as meters
from telehealth.meters.figures import clock_words
from telehealth.meters.schemas import TransferSchema
from tests import make
from tests.make import meters as made
from tests.make.people import NOW

MINUTE = timedelta(minutes=1)
STATE = {
    "identity": made.GUIDE,
    "name": "Accu-Chek Guide",
    "read_at": "2026-11-23T07:40:00+01:00",
    "battery_percent": 87,
    "clock_drift_s": -42,
    "clock_set_at": None,
    "records": 120,
    "firmware": "1.0",
    "set_aside": {"records": 7, "clock_off": 5, "clock_drift_s": 21_600},
    "sent_at": NOW.isoformat(),
}


def _token(session: Session, patient_id: int) -> dict[str, str]:
    """A gateway's way in."""
    person = session.get_one(Person, patient_id)
    given = identity.give_device_token(
        session, made.own_actor(person), patient_id, "gateway", now=NOW
    )  # fmt: skip
    session.commit()
    return {"Authorization": f"Bearer {given.token}"}


def _url(patient_id: int, door: str = "") -> str:
    return f"/api/v1/patients/{patient_id}/meters{door}"


def test_a_gateway_reports_with_its_token(client: FlaskClient, session: Session) -> None:
    ana = make.patient(session)
    headers = _token(session, ana.id)

    first = client.put(_url(ana.id, "/status"), json={"meters": [STATE]}, headers=headers)
    again = client.put(_url(ana.id, "/status"), json={"meters": [STATE]}, headers=headers)

    assert (first.status_code, first.json) == (200, {"meters": 1, "refused": []})
    assert again.json == first.json
    (known,) = meters.known_of(session, ana.id).bound
    assert (known.battery_percent, known.drift_s, known.records) == (87, -42, 120)
    assert client.get(_url(ana.id), headers=headers).status_code == 403, "it only sends"


@pytest.mark.parametrize("hub_ahead", [timedelta(days=365), timedelta(days=-365), 10 * MINUTE])
@pytest.mark.parametrize("says_its_clock", [1, 0])
def test_a_gateway_with_a_wrong_clock_blames_no_meter(
    client: FlaskClient, session: Session, hub_ahead: timedelta, says_its_clock: int
) -> None:
    """The meter is right; the computer that read it a moment ago is not."""
    ana = make.patient(session)
    headers = _token(session, ana.id)
    shown = (NOW + hub_ahead).isoformat()
    state = STATE | {
        "read_at": shown,
        "clock_drift_s": -round(hub_ahead.total_seconds()),
        "sent_at": shown if says_its_clock else None,
    }

    answer = client.put(_url(ana.id, "/status"), json={"meters": [state]}, headers=headers)

    assert answer.status_code == 200
    (known,) = meters.known_of(session, ana.id).bound
    assert known.drift_s is None
    assert known.read_at is not None
    assert known.read_at <= NOW
    assert clock_words(known) == ""


def test_somebody_elses_meter_is_named_by_its_place(client: FlaskClient, session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    made.meter(session, luka)
    headers = _token(session, ana.id)
    mine = STATE | {"identity": "Ascensia | Contour | 5"}

    answer = client.put(_url(ana.id, "/status"), json={"meters": [STATE, mine]}, headers=headers)

    assert answer.json is not None
    assert answer.json["meters"] == 1
    (refused,) = answer.json["refused"]
    assert (refused["index"], refused["code"]) == (0, "bound_elsewhere")
    assert "Mrak" not in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"battery_percent": 101},
        {"battery_percent": True},
        {"read_at": "2026-11-23T07:40:00"},
        {"identity": ""},
        {"clock_drift_s": 2**40},
        {"records": -1},
        {"sent_at": "2026-11-23T07:40:00"},
        {"set_aside": {"records": 3, "clock_off": 4}},
        {"set_aside": {"records": -1, "clock_off": 0}},
        {"set_aside": {"records": 1}},
        {"value": 7.2},
    ],
)
def test_a_wrong_report_is_refused_as_a_whole(
    client: FlaskClient, session: Session, wrong: dict[str, Any]
) -> None:
    ana = make.patient(session)
    headers = _token(session, ana.id)

    answer = client.put(
        _url(ana.id, "/status"), json={"meters": [STATE | wrong]}, headers=headers
    )  # fmt: skip

    assert answer.status_code == 422
    assert meters.known_of(session, ana.id).all == ()


def test_a_browser_plans_sends_and_lists(client: FlaskClient, session: Session) -> None:
    ana = make.patient(session)
    headers = make.bearer(session, ana)
    said = {"maker": "Roche", "model": "Accu-Chek Guide", "name": "meter+1", "serial": "123"}

    plan = client.post(_url(ana.id, "/plan"), json=said, headers=headers).json
    sent = client.post(
        _url(ana.id, "/transfers"), json=_transfer(said, 3), headers=headers
    )  # fmt: skip
    listed = client.get(_url(ana.id), headers=headers).json

    assert plan is not None
    assert (plan["ways"], plan["choices"]) == (["from", "all"], [])
    assert sent.status_code == 200, sent.text
    assert sent.json is not None
    assert (sent.json["new"], sent.json["words"]) == (3, "3 new readings are saved.")
    assert listed is not None
    assert [(one["identity"], one["readings"]) for one in listed["meters"]] == [(made.GUIDE, 3)]


def _transfer(said: dict[str, Any], records: int) -> dict[str, Any]:
    memory = [made.stored(seq, 110, minutes_ago=600 - seq) for seq in range(1, records + 1)]
    told = [[uuid[4:8], raw.hex()] for uuid, raw in made.notifications(memory)]
    return {
        "meter": said,
        "notifications": told,
        "has_ended": True,
        "is_full": True,
        "count": records,
    }


@pytest.mark.parametrize(
    "notification",
    [["2a52", "0101"], ["2a18"], ["2a18", "0"], ["2a18", "zz"], ["2a18", ""], ["2a18", "00" * 65]],
)
def test_what_is_no_notification_is_refused(notification: list[str]) -> None:
    body = _transfer({}, 0) | {"notifications": [notification]}

    with pytest.raises(ValidationError) as refusal:
        TransferSchema().load(body)

    assert "notifications" in refusal.value.messages_dict


@given(raw=st.lists(st.binary(min_size=1, max_size=24), max_size=12))
def test_no_bytes_break_a_transfer_and_all_of_them_are_kept(
    session: Session, raw: list[bytes]
) -> None:
    with session.begin_nested() as before:
        ana = make.patient(session)
        body = _transfer({"maker": "Roche"}, 0)
        body["notifications"] = [["2a18", one.hex()] for one in raw]
        transfer = TransferSchema().load(body)

        found = meters.take_in(session, made.own_actor(ana), ana.id, transfer, now=NOW)

        whole = found.new + found.set_aside + found.kept + found.known
        assert whole == len(set(raw))
        before.rollback()
