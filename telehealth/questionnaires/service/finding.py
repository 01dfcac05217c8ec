"""Find what was sent and what is answered so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys import engine, entry, fhir
from surveys.model import Response, Value
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.questionnaires.models import (
    Assignment,
    AssignmentStatus,
    QuestionnaireVersion,
    Respondent,
    StoredResponse,
)
from telehealth.questionnaires.service.versions import Definition, definition


@dataclass(frozen=True, slots=True)
class Opened:
    """A questionnaire somebody has opened, with the answers so far."""

    assignment: Assignment
    definition: Definition
    stored: StoredResponse | None
    response: Response
    respondent: Respondent | None = None
    """As whom the reader answers; None: the care team."""

    @property
    def is_completed(self) -> bool:
        """Whether it has been answered and sent."""
        return self.assignment.status is AssignmentStatus.COMPLETED

    @property
    def is_withdrawn(self) -> bool:
        """Whether the care team has taken it back."""
        return self.assignment.status is AssignmentStatus.WITHDRAWN

    @property
    def state(self) -> engine.State:
        """What is asked, given the answers so far."""
        return engine.evaluate(self.definition.form, self.response)

    @property
    def answers(self) -> Mapping[str, tuple[Value, ...]]:
        """The answers so far by linkId."""
        return entry.answers_of(self.response)


def merged(opened: Opened, answers: Mapping[str, Sequence[Value]]) -> Response:
    """The answers so far, some replaced; for forms without repeating groups."""
    all_answers = {**opened.answers, **answers}
    return entry.respond(opened.definition.form, all_answers, language=opened.response.language)


def assignment_of(
    session: Session, actor: Actor, assignment_id: int, *, for_update: bool = False
) -> Assignment:
    """The assignment of the actor's subject; locked, so that two deeds on it take turns.

    Raises:
        NotFound: there is none of this id for this person.
    """
    query = select(Assignment).where(
        Assignment.id == assignment_id, Assignment.patient_id == actor.subject_id
    )
    if for_update:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        raise NotFound
    return row


def opened_of(
    session: Session, row: Assignment, respondent: Respondent | None, language: str
) -> Opened:
    """The assignment with its form and the answers so far."""
    version = session.get_one(QuestionnaireVersion, row.version_id)
    found = definition(version)
    stored = session.scalar(
        select(StoredResponse)
        .where(StoredResponse.assignment_id == row.id)
        .execution_options(populate_existing=True)
    )
    if stored is None:
        response = entry.respond(found.form, {}, language=found.language(language))
    else:
        response = fhir.read_response(fhir.loads(stored.answers))
    if stored is not None and row.status is not AssignmentStatus.COMPLETED:
        response = replace(response, language=found.language(language))
    return Opened(row, found, stored, response, respondent)
