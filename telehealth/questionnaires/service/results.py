"""What the care team sees: everything sent to a patient, with scores, flags and their course."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.identity import service as identity
from telehealth.identity.models import Person
from telehealth.questionnaires import policy
from telehealth.questionnaires.models import (
    Assignment,
    AssignmentStatus,
    Flag,
    QuestionnaireVersion,
    StoredResponse,
    StoredScore,
)
from telehealth.questionnaires.service.finding import Opened, assignment_of, opened_of
from telehealth.questionnaires.service.urgent import unclosed
from telehealth.questionnaires.service.versions import Definition, definition

SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Result:
    """One questionnaire sent, and what came of it."""

    assignment: Assignment
    definition: Definition
    stored: StoredResponse | None
    """Only a completed response: a draft is the patient's own."""
    scores: Mapping[str, StoredScore]
    flags: Sequence[Flag]
    sent_by: str
    filled_by: str

    @property
    def primary(self) -> StoredScore | None:
        """The score that stands for the whole."""
        return self.scores.get(self.definition.primary_score)


@dataclass(frozen=True, slots=True)
class Point:
    """One value in the course of a score."""

    at: datetime
    value: Decimal
    is_prorated: bool


@dataclass(frozen=True, slots=True)
class Course:
    """The primary score of one version over time, oldest first; versions are never joined."""

    definition: Definition
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the care team sees of one patient's questionnaires."""

    person: Person
    results: Sequence[Result]
    """Newest first."""
    courses: Sequence[Course]
    urgent: Sequence[Result]
    """With an urgent answer that nobody of the team has closed; also of a form not sent yet."""


def results(session: Session, actor: Actor, patient_id: int, *, now: datetime) -> Results:
    """The patient's questionnaires, newest first.

    Raises:
        NotFound, NotAllowed: the actor is no doctor or nurse of the care team.
    """
    policy.require_team(actor, patient_id)
    rows = session.scalars(
        select(Assignment)
        .where(Assignment.patient_id == patient_id)
        .order_by(Assignment.sent_at.desc(), Assignment.id.desc())
        .limit(SHOWN_MAX)
    ).all()
    shown = _results(session, rows)
    audit.record(
        session,
        actor,
        "questionnaires.results",
        "patient",
        patient_id,
        now=now,
        detail={"rows": len(shown)},
    )
    waiting = set(unclosed(session, patient_id))
    urgent = [one for one in shown if any(flag.id in waiting for flag in one.flags)]
    return Results(identity.person(session, patient_id), shown, _courses(shown), urgent)


@dataclass(frozen=True, slots=True)
class Found:
    """One questionnaire as an actor may see it."""

    opened: Opened
    result: Result


def find(
    session: Session, actor: Actor, assignment_id: int, *, language: str, now: datetime
) -> Found:
    """One questionnaire: the patient's side with its draft, the care team once it is completed.

    Raises:
        NotFound: not sent to the actor's subject.
        NotAllowed: neither the patient's side nor the care team.
    """
    policy.require_seeing(actor)
    row = assignment_of(session, actor, assignment_id)
    respondent = None if policy.is_team(actor) else policy.require_answering(actor)[1]
    found = Found(
        opened_of(session, row, respondent, language),
        _results(session, [row])[0],
    )
    audit.record(session, actor, "questionnaires.open", "assignment", row.id, now=now)
    return found


def _results(session: Session, rows: Sequence[Assignment]) -> list[Result]:
    ids = [row.id for row in rows]
    query = select(StoredResponse).where(StoredResponse.assignment_id.in_(ids))
    responses = {row.assignment_id: row for row in session.scalars(query)}
    response_ids = [row.id for row in responses.values()]
    scores, flags = _scores(session, response_ids), _flags(session, response_ids)
    definitions = _definitions(session, rows)
    people = {row.sent_by_id for row in rows} | {row.filled_by_id for row in responses.values()}
    names = identity.names(session, people)
    found = []
    for row in rows:
        response = responses.get(row.id)
        stored = response if row.status is AssignmentStatus.COMPLETED else None
        response_id = response.id if response else 0
        found.append(
            Result(
                assignment=row,
                definition=definitions[row.version_id],
                stored=stored,
                scores=scores.get(response_id, {}),
                flags=flags.get(response_id, []),
                sent_by=names.get(row.sent_by_id, ""),
                filled_by=names.get(stored.filled_by_id, "") if stored else "",
            )
        )
    return found


def _scores(session: Session, response_ids: list[int]) -> dict[int, dict[str, StoredScore]]:
    found: dict[int, dict[str, StoredScore]] = {}
    query = select(StoredScore).where(StoredScore.response_id.in_(response_ids))
    for score in session.scalars(query.order_by(StoredScore.id)):
        found.setdefault(score.response_id, {})[score.name] = score  # the newest row counts
    return found


def _flags(session: Session, response_ids: list[int]) -> dict[int, list[Flag]]:
    """Flags of completed responses, and urgent ones of drafts."""
    found: dict[int, list[Flag]] = {}
    query = select(Flag).where(Flag.response_id.in_(response_ids))
    for flag in session.scalars(query.order_by(Flag.id)):
        found.setdefault(flag.response_id, []).append(flag)
    return found


def _definitions(session: Session, rows: Sequence[Assignment]) -> dict[int, Definition]:
    version_ids = {row.version_id for row in rows}
    query = select(QuestionnaireVersion).where(QuestionnaireVersion.id.in_(version_ids))
    return {row.id: definition(row) for row in session.scalars(query)}


def _courses(found: Sequence[Result]) -> list[Course]:
    points: dict[int, list[Point]] = {}
    definitions: dict[int, Definition] = {}
    for one in found:
        at, score = one.assignment.ended_at, one.primary
        if at is None or score is None or score.value is None:
            continue
        definitions[one.assignment.version_id] = one.definition
        point = Point(at, score.value, score.is_prorated)
        points.setdefault(one.assignment.version_id, []).append(point)
    return [
        Course(definitions[version_id], sorted(course, key=lambda point: point.at))
        for version_id, course in points.items()
    ]
