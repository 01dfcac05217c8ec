"""The JSON door: from sending to the sealed file, and who is refused with which code."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent, Outcome
from telehealth.consents.jobs import seal
from telehealth.consents.models import ConsentRecord, ConsentRequest
from telehealth.core.clock import HOME_ZONE
from telehealth.core.web.platform import Platform
from telehealth.identity.models import Person
from tests import make
from tests.conftest import FixedClock
from tests.consents.conftest import People
from tests.make import consents as made


def _api(client: FlaskClient, session: Session, who: Person, path: str, **more: Any) -> Any:
    header = make.bearer(session, who, at=more.pop("at", make.NOW))
    session.commit()
    return client.open(f"/api/v1/patients/{path}", headers=header, **more)


def _post(client: FlaskClient, session: Session, who: Person, path: str, body: Any) -> Any:
    return _api(client, session, who, path, method="POST", json=body)


def _prepared(
    client: FlaskClient, session: Session, who: Person, asked: ConsentRequest
) -> dict[str, str]:
    body = {"decisions": made.DECISIONS, "typed_name": who.name, "language": "en"}
    path = f"{asked.subject_id}/consents/{asked.id}/preparation"
    answer = _post(client, session, who, path, body)
    assert answer.status_code == 201, answer.text
    return {"h0": answer.json["h0"], "nonce": answer.json["nonce"]}


def test_a_consent_goes_from_the_doctor_to_the_sealed_file(
    client: FlaskClient, session: Session, platform: Platform
) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])

    sent = _post(client, session, doctor, f"{ana.id}/consents", {"template": made.TEMPLATE})
    assert sent.status_code == 201
    assert sent.json["state"] == "offered"
    assert sent.json["may_answer"] is False
    one = f"{ana.id}/consents/{sent.json['id']}"
    asked = session.get_one(ConsentRequest, sent.json["id"])

    signature = _prepared(client, session, ana, asked)
    shown = _api(client, session, ana, one + "/preparation")
    assert shown.mimetype == "application/pdf"
    assert sha256(shown.data).hexdigest() == signature["h0"]

    signed = _post(client, session, ana, one + "/signature", signature)
    assert signed.status_code == 202
    assert signed.json["state"] == "sealing"
    assert _api(client, session, ana, one + "/document").json["code"] == "sealing"

    record = session.scalars(select(ConsentRecord)).one()
    seal(platform, {"record_id": record.id})
    for reader in (ana, doctor):
        file = _api(client, session, reader, one + "/document")
        assert file.data.startswith(shown.data)
        assert file.headers["Content-Disposition"].startswith("attachment; filename=")
        assert file.headers["Cache-Control"] == "no-store"
    listed = _api(client, session, ana, f"{ana.id}/consents").json["consents"]
    given = listed[0]["given"]
    assert listed[0]["state"] == "signed"
    assert given["signer"] == {"id": ana.id, "name": "Ana Novak"}
    assert [each["decision"] for each in given["decisions"]] == ["granted", "unanswered", "refused"]
    assert given["file_sha256"] == sha256(file.data).hexdigest()


@pytest.mark.parametrize("deed", ["signature", "preparation", "refusal", "withdrawal"])
def test_a_proxy_is_refused_as_a_problem_and_the_refusal_is_in_the_trail(
    client: FlaskClient, session: Session, people: People, deed: str
) -> None:
    path = f"{people.ana.id}/consents/{people.anas.id}/{deed}"

    answer = _post(client, session, people.proxy, path, {})

    assert answer.status_code == 403
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == "declaration_of_will"
    denied = session.scalars(
        select(AuditEvent).where(AuditEvent.outcome == Outcome.DENY).order_by(AuditEvent.id.desc())
    ).first()
    assert denied is not None
    assert denied.actor_person_id == people.proxy.id
    assert denied.subject_id == people.ana.id
    assert denied.detail["code"] == "declaration_of_will"


def test_a_proxy_reads_and_downloads(
    client: FlaskClient, session: Session, people: People, platform: Platform
) -> None:
    record = made.signature(session, made.as_self(people.ana), people.anas)
    session.commit()
    seal(platform, {"record_id": record.id})

    listed = _api(client, session, people.proxy, f"{people.ana.id}/consents").json["consents"]
    file = _api(
        client, session, people.proxy, f"{people.ana.id}/consents/{people.anas.id}/document"
    )

    assert listed[0]["may_answer"] is False
    assert file.data.startswith(b"%PDF-")


def test_a_guardian_signs_for_the_child_and_the_child_alone_does_not(
    client: FlaskClient, session: Session, people: People
) -> None:
    path = f"{people.kid.id}/consents/{people.kids.id}/signature"
    alone = _post(client, session, people.kid, path, {})
    assert (alone.status_code, alone.json["code"]) == (403, "minor_alone")

    signature = _prepared(client, session, people.parent, people.kids)
    signed = _post(client, session, people.parent, path, signature)

    assert signed.status_code == 202
    record = session.scalars(select(ConsentRecord)).one()
    assert (record.signer_id, record.capacity) == (people.parent.id, "guardian")
    assert record.representation_id == people.guardianship
    assert record.request.subject_id == people.kid.id


def test_staff_never_sign_for_a_patient(
    client: FlaskClient, session: Session, people: People
) -> None:
    path = f"{people.ana.id}/consents/{people.anas.id}/signature"

    answer = _post(client, session, people.doctor, path, {})

    assert (answer.status_code, answer.json["code"]) == (403, "staff_never")


def test_the_fifteenth_birthday_between_showing_and_signing_ends_the_guardian_s_right(
    client: FlaskClient, session: Session, clock: FixedClock
) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=HOME_ZONE)
    kid = make.patient(session, "Tine", "Zupan", birth_on=midnight.date().replace(year=2011))
    parent = make.patient(session, "Petra", "Zupan")
    make.guardian(session, parent, kid)
    asked = made.request(session, make.doctor(session, [kid]), kid)
    clock.at = midnight - timedelta(minutes=1)
    row = made.preparation(session, made.as_guardian(parent, kid, clock.at), asked, now=clock.at)
    signature = {"h0": row.h0, "nonce": row.nonce}
    path = f"{kid.id}/consents/{asked.id}/signature"

    clock.at = midnight
    late = _api(client, session, parent, path, method="POST", json=signature, at=midnight)
    alone = _api(client, session, kid, path, method="POST", json=signature, at=midnight)

    assert late.status_code == 404  # the representation has ended with the day
    assert (alone.status_code, alone.json["code"]) == (403, "two_signatures")
    assert session.scalars(select(ConsentRecord)).all() == []


def test_a_revoked_right_between_showing_and_signing_is_no_right(
    client: FlaskClient, session: Session, people: People
) -> None:
    signature = _prepared(client, session, people.parent, people.kids)
    people.parent.died_on = make.NOW.date()
    session.flush()

    path = f"{people.kid.id}/consents/{people.kids.id}/signature"
    assert _post(client, session, people.parent, path, signature).status_code == 404


def test_a_signature_under_another_document_is_a_conflict(
    client: FlaskClient, session: Session, people: People
) -> None:
    path = f"{people.ana.id}/consents/{people.anas.id}/signature"
    unprepared = _post(client, session, people.ana, path, {"h0": "0" * 64, "nonce": "0"})
    signature = _prepared(client, session, people.ana, people.anas)
    other_bytes = _post(client, session, people.ana, path, signature | {"h0": "0" * 64})
    other_form = _post(client, session, people.ana, path, signature | {"nonce": "0" * 32})

    assert [unprepared.status_code, unprepared.json["code"]] == [409, "not_prepared"]
    assert [other_bytes.status_code, other_bytes.json["code"]] == [409, "preview_changed"]
    assert [other_form.status_code, other_form.json["code"]] == [409, "preview_changed"]


def test_an_old_sign_in_does_not_sign(
    client: FlaskClient, session: Session, people: People
) -> None:
    signature = _prepared(client, session, people.ana, people.anas)
    path = f"{people.ana.id}/consents/{people.anas.id}/signature"
    earlier = make.NOW - timedelta(minutes=1)

    answer = _api(client, session, people.ana, path, method="POST", json=signature, at=earlier)

    assert (answer.status_code, answer.json["code"]) == (403, "reauthentication-required")
    assert session.scalars(select(ConsentRecord)).all() == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/template"),
        ({"template": "other"}, "#/template"),
        ({"template": made.TEMPLATE, "due_on": "soon"}, "#/due_on"),
        ({"template": made.TEMPLATE, "due_on": "2026-11-22"}, "#/due_on"),
        ({"template": made.TEMPLATE, "due_on": "2029-01-01"}, "#/due_on"),
        ({"template": made.TEMPLATE, "for": 1}, "#/for"),
    ],
)
def test_nonsense_is_refused_beside_its_field(
    client: FlaskClient, session: Session, body: dict[str, Any], pointer: str
) -> None:
    ana = make.patient(session)
    doctor = make.doctor(session, [ana])

    answer = _post(client, session, doctor, f"{ana.id}/consents", body)

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_a_consent_that_needs_two_signatures_is_not_sent(
    client: FlaskClient, session: Session
) -> None:
    youth = make.patient(session, birth_on=make.NOW.date().replace(year=2010))
    doctor = make.doctor(session, [youth])

    answer = _post(client, session, doctor, f"{youth.id}/consents", {"template": made.TEMPLATE})

    assert (answer.status_code, answer.json["code"]) == (409, "two_signatures")


def test_a_foreign_consent_is_as_absent_as_one_that_is_not_there(
    client: FlaskClient, session: Session, people: People
) -> None:
    for consent in (people.kids.id, 10**9, 2**62 + 1, 2**70):
        path = f"{people.ana.id}/consents/{consent}/document"
        assert _api(client, session, people.ana, path).status_code == 404
