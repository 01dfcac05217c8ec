"""Questionnaires: sent, answered, and forms of the tests' own."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from surveys import entry, fhir, instruments
from surveys.model import Response, Value
from telehealth.core.actor import Actor, Basis, Role
from telehealth.identity.models import Person
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import Assignment, AssignmentStatus
from telehealth.questionnaires.service import Opened, Sending
from tests.make.people import NOW

LINK_IDS = tuple(f"who5-{number}" for number in range(1, 6))


def as_self(person: Person) -> Actor:
    """A person in their own account."""
    return Actor(person.id, person.id, Basis.SELF)


def as_team(worker: Person, patient: Person, role: Role = Role.DOCTOR) -> Actor:
    """A worker of the patient's care team."""
    return Actor(worker.id, patient.id, Basis.CARE_TEAM, frozenset({role}))


def sent(
    session: Session,
    worker: Person,
    patient: Person,
    due_on: date | None = None,
    *,
    now: datetime = NOW,
) -> Assignment:
    """WHO-5 in the patient's inbox."""
    wish = Sending("who-5", due_on)
    return questionnaires.send(session, as_team(worker, patient), patient.id, wish, now=now)


def option(points: int) -> Value:
    """The WHO-5 answer that counts this many points."""
    item = next(
        one for one in instruments.load("who-5").questionnaire.walk() if one.link_id == LINK_IDS[0]
    )
    return next(one.value for one in item.options if one.weight == points)


def key(points: int) -> str:
    """The same as a form field."""
    return f"o{5 - points}"


def answers(points: Sequence[int | None]) -> dict[str, tuple[Value, ...]]:
    """Answers to WHO-5 by linkId; None: not answered."""
    return {
        link_id: (option(one),)
        for link_id, one in zip(LINK_IDS, points, strict=True)
        if one is not None
    }


def response(points: Sequence[int | None]) -> Response:
    """A WHO-5 response as a value."""
    form = questionnaires.definition_of_text(questionnaires.shipped("who-5")).form
    return entry.respond(form, answers(points), language="sl")


def response_json(points: Sequence[int | None], status: str = "completed") -> dict[str, Any]:
    """The same as a client of the API writes it."""
    return dict(fhir.write_response(response(points))) | {"status": status}


def completed(
    session: Session,
    worker: Person,
    patient: Person,
    points: Sequence[int] = (3, 3, 3, 2, 2),
    *,
    actor: Actor | None = None,
    now: datetime = NOW,
) -> Opened:
    """WHO-5 sent and answered."""
    row = sent(session, worker, patient, now=now)
    return questionnaires.submit(
        session, actor or as_self(patient), row.id, response(points), now=now
    )


def own_form(
    session: Session,
    worker: Person,
    patient: Person,
    items: Sequence[Mapping[str, Any]],
    scoring: Mapping[str, Any] | None = None,
    *,
    name: str = "own",
) -> Assignment:
    """A form of the test's own, published and waiting for the patient."""
    content = {
        "id": name,
        "version": "1.0.0",
        "languages": ["en"],
        "not_validated": [],
        "licence": {},
        "source": "",
        "meaning": {},
        "primary_score": "total",
        "scoring": dict(scoring or {"scores": []}),
        "questionnaire": {
            "resourceType": "Questionnaire",
            "status": "active",
            "url": f"urn:test:{name}",
            "version": "1.0.0",
            "title": "A form of our own",
            "language": "en",
            "item": list(items),
        },
    }
    version = questionnaires.publish(session, fhir.dumps(content), now=NOW)
    row = Assignment(
        version_id=version.id,
        patient_id=patient.id,
        sent_by_id=worker.id,
        sent_at=NOW,
        status=AssignmentStatus.SENT,
    )
    session.add(row)
    session.flush()
    return row


def begun(
    session: Session, worker: Person, patient: Person, points: Sequence[int | None]
) -> Assignment:
    """WHO-5 sent, with answers saved and not sent yet."""
    row = sent(session, worker, patient)
    questionnaires.keep_answers(
        session, as_self(patient), row.id, answers(points), language="sl", now=NOW
    )
    return row
