from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.core.actor import Actor, Basis
from telehealth.identity import service as identity
from telehealth.identity.models import Person
from telehealth.mandates import service as mandates
from telehealth.readings.models import Reading
from tests import make
from tests.make.readings import diary, own_actor, reading, sensor_days

HOUR = timedelta(hours=1)
ROW = {
    "key": "k1",
    "measured_at": "2026-11-23T07:40:00+01:00",
    "value": "7.20",
    "unit": "mmol/L",
    "source": "manual",
}


def path(person: Person):
    return f"/api/v1/patients/{person.id}/readings"


@pytest.fixture
def ana(session: Session):
    return make.patient(session)


def test_a_batch_is_taken_row_by_row_and_repeats_are_counted(
    client: FlaskClient, session: Session, ana: Person
):
    header = make.bearer(session, ana)
    body = {"readings": [ROW, ROW | {"key": "k2", "value": 72}, "nonsense", ROW]}

    answer = client.post(path(ana), json=body, headers=header)

    assert answer.status_code == 200
    assert answer.json == {
        "accepted": 1,
        "duplicate": 1,
        "rejected": [
            {
                "index": 1,
                "field": "value",
                "code": "not_measurable",
                "detail": "We cannot store this value: 72 mmol/L cannot be measured."
                " Did you mean 7.2 mmol/L, or 72 mg/dL?",
            },
            {
                "index": 2,
                "field": "",
                "code": "not_an_object",
                "detail": "A reading is an object with named fields.",
            },
        ],
    }
    stored = client.get(path(ana), headers=header).json
    assert stored["next_cursor"] is None
    (entry,) = stored["readings"]
    assert entry.pop("id")
    assert entry == {
        "measured_at": "2026-11-23T07:40:00+01:00",
        "value": "7.20",
        "unit": "mmol/L",
        "band": "in_range",
        "record": "glucose",
        "counts": True,
        "conflict": False,
        "source": "manual",
        "device": None,
        "via": "direct",
        "also_from": [],
        "version": 1,
        "meal": None,
        "note": None,
        "entered_by": None,
    }


def test_the_sentence_of_a_rejected_row_speaks_the_readers_language(
    client: FlaskClient, session: Session, ana: Person
):
    client.set_cookie("lang", "sl")

    answer = client.post(
        path(ana), json={"readings": [ROW | {"value": 72}]}, headers=make.bearer(session, ana)
    )

    assert answer.json["rejected"][0]["detail"] == (
        "Te vrednosti ne moremo shraniti: 72 mmol/L ni mogoče izmeriti. "
        " Ste mislili 7,2 mmol/L ali 72 mg/dL?"
    )


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"readings": 5}', "application/json", 422),
        (b'{"readings": [], "x": 1}', "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"readings": []}', "text/plain", 415),
        (b'{"readings": [' + b"null," * 5000 + b"null]}", "application/json", 413),
        (b'{"readings": ["' + b"x" * 1_100_000 + b'"]}', "application/json", 413),
    ],
)
def test_a_malformed_envelope_is_a_problem_and_stores_nothing(
    client: FlaskClient, session: Session, ana: Person, body: bytes, content_type: str, status: int
):
    answer = client.post(
        path(ana), data=body, content_type=content_type, headers=make.bearer(session, ana)
    )

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert session.scalar(select(func.count()).select_from(Reading)) == 0


def test_an_empty_batch_is_no_mistake(client: FlaskClient, session: Session, ana: Person):
    answer = client.post(path(ana), json={"readings": []}, headers=make.bearer(session, ana))

    assert answer.json == {"accepted": 0, "duplicate": 0, "rejected": []}


def test_a_foreign_diary_and_an_absent_one_look_the_same(
    client: FlaskClient, session: Session, ana: Person
):
    bor = make.patient(session, "Bor")
    diary(session, bor, [reading("2.2 mmol/L")])
    header = make.bearer(session, ana)

    for method in (client.get, lambda url, **k: client.post(url, json={"readings": [ROW]}, **k)):
        foreign = method(path(bor), headers=header)
        absent = method("/api/v1/patients/123/readings", headers=header)

        assert foreign.status_code == absent.status_code == 404
        drop = ("instance",)
        assert {k: v for k, v in foreign.json.items() if k not in drop} == {
            k: v for k, v in absent.json.items() if k not in drop
        }
        assert b"2.2" not in foreign.data
    denied = session.scalars(select(AuditEvent).where(AuditEvent.outcome == Outcome.DENY)).all()
    assert len(denied) == 4


def test_a_device_token_uploads_for_its_patient_and_reads_nothing(
    client: FlaskClient, session: Session, ana: Person
):
    token = identity.give_device_token(session, own_actor(ana), ana.id, "Gateway", now=make.NOW)
    session.commit()
    header = {"Authorization": f"Bearer {token.token}"}
    bor = make.patient(session, "Bor")

    body = {"readings": [ROW | {"source": "meter", "device": "Contour|Next|1"}]}
    assert client.post(path(ana), json=body, headers=header).json["accepted"] == 1
    assert client.get(path(ana), headers=header).status_code == 403
    assert client.post(path(bor), json=body, headers=header).status_code == 404

    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "readings.record")).one()
    assert told.basis == "device"


def test_a_proxy_adds_and_the_answer_names_who_entered_it(
    client: FlaskClient, session: Session, ana: Person
):
    proxy = make.patient(session, "Peter", "Kos")
    make.mandate(session, ana, proxy)

    client.post(path(ana), json={"readings": [ROW]}, headers=make.bearer(session, proxy))

    (entry,) = client.get(path(ana), headers=make.bearer(session, ana)).json["readings"]
    assert entry["entered_by"] == {"id": proxy.id, "name": "Peter Kos", "basis": "mandate"}


def test_the_care_team_reads_and_another_doctor_does_not(
    client: FlaskClient, session: Session, ana: Person
):
    diary(session, ana)
    doctor, stranger = make.doctor(session, [ana]), make.doctor(session)

    assert len(client.get(path(ana), headers=make.bearer(session, doctor)).json["readings"]) == 1
    assert client.get(path(ana), headers=make.bearer(session, stranger)).status_code == 404
    told = session.scalars(select(AuditEvent).where(AuditEvent.action == "readings.read")).one()
    assert (told.actor_person_id, told.basis) == (doctor.id, "care_team")


def test_pages_are_walked_by_cursor_and_bounded_by_time(
    client: FlaskClient, session: Session, ana: Person
):
    diary(session, ana, [reading(f"{4 + n}.0 mmol/L", make.NOW - n * HOUR) for n in range(5)])
    header = make.bearer(session, ana)

    first = client.get(path(ana) + "?limit=2", headers=header).json
    second = client.get(f"{path(ana)}?limit=2&cursor={first['next_cursor']}", headers=header).json
    bounded = client.get(
        path(ana),
        query_string={"from": "2026-11-23T08:00:00+01:00", "to": "2026-11-23T10:00:00+01:00"},
        headers=header,
    ).json
    unescaped = client.get(path(ana) + "?from=2026-11-23T09:30:00+01:00", headers=header).json

    assert [entry["value"] for entry in first["readings"]] == ["4.0", "5.0"]
    assert [entry["value"] for entry in second["readings"]] == ["6.0", "7.0"]
    assert [entry["value"] for entry in bounded["readings"]] == ["5.0", "6.0"]
    assert [entry["value"] for entry in unescaped["readings"]] == ["4.0"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=abc",
        "cursor=WzEsMiwzXQ",
        "limit=0",
        "limit=x",
        "format=csv",
        "from=2026-11-23",
        "from=x",
    ],
)
def test_a_wrong_query_is_a_problem_that_names_the_field(
    client: FlaskClient, session: Session, ana: Person, query: str
):
    answer = client.get(f"{path(ana)}?{query}", headers=make.bearer(session, ana))

    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "#/" + query.partition("=")[0]


def test_columns_carry_ninety_days_of_a_sensor_in_one_answer(
    client: FlaskClient, session: Session, ana: Person
):
    wave = sensor_days(make.NOW - timedelta(days=90), 4, step_min=60)
    diary(session, ana, wave)

    answer = client.get(path(ana) + "?format=columns", headers=make.bearer(session, ana)).json

    columns = answer["columns"]
    assert len(columns["t"]) == len(columns["value"]) == len(columns["unit"]) == len(wave)
    assert columns["t"] == sorted(columns["t"], reverse=True)
    assert datetime.fromtimestamp(columns["t"][-1], UTC) == wave[0].measured_at
    assert answer["units"][columns["unit"][0]] == {"unit": "mmol/L", "decimals": 1}
    assert answer["sources"][0]["kind"] == "cgm"
    assert answer["next_cursor"] is None


def test_a_revoked_proxy_adds_nothing(client: FlaskClient, session: Session, ana: Person):
    proxy = make.patient(session, "Peter", "Kos")
    row = make.mandate(session, ana, proxy)
    mandates.end(session, Actor(ana.id, ana.id, Basis.SELF), row.id, now=make.NOW)
    session.commit()

    answer = client.post(path(ana), json={"readings": [ROW]}, headers=make.bearer(session, proxy))

    assert answer.status_code == 404
