"""Open, save and submit: from the first answer to the score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from surveys import engine, fhir, validation
from surveys.model import Response, Unsupported, Value
from surveys.model import ResponseStatus as FormStatus
from telehealth.audit import service as audit
from telehealth.core import outbox
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from telehealth.questionnaires import policy
from telehealth.questionnaires.models import (
    AssignmentStatus,
    Respondent,
    ResponseStatus,
    StoredResponse,
)
from telehealth.questionnaires.service.finding import Opened, assignment_of, merged, opened_of
from telehealth.questionnaires.service.scoring import score, watch_draft

_ROOT = "QuestionnaireResponse"


class AnswersRefused(Invalid):
    """Answers that do not fit their form; `problems` stand beside `errors`, in the same order."""

    def __init__(self, problems: Sequence[validation.Problem]) -> None:
        errors = tuple(FieldError(pointer(one.path), one.message, one.code) for one in problems)
        super().__init__(
            N_("Some answers are missing or do not fit."), code="answers", errors=errors
        )
        self.problems = tuple(problems)


def pointer(path: str) -> str:
    """A FHIR path as a JSON pointer: `QuestionnaireResponse.item[0]` is `#/item/0`."""
    plain = path.removeprefix(_ROOT).removeprefix("$").replace("[", ".").replace("]", "")
    return "#" + "".join(f"/{part}" for part in plain.split(".") if part)


def open_form(
    session: Session, actor: Actor, assignment_id: int, *, language: str, now: datetime
) -> Opened:
    """The questionnaire with the answers so far, for the one who answers.

    Raises:
        NotFound: not sent to the actor's subject.
        NotAllowed: the actor neither is nor represents the patient.
    """
    _, respondent = policy.require_answering(actor)
    row = assignment_of(session, actor, assignment_id)
    opened = opened_of(session, row, respondent, language)
    audit.record(session, actor, "questionnaires.open", "assignment", row.id, now=now)
    return opened


def keep_answers(
    session: Session,
    actor: Actor,
    assignment_id: int,
    answers: Mapping[str, Sequence[Value]],
    *,
    language: str,
    now: datetime,
) -> Opened:
    """The answers to these questions are saved; those to others stay as they were.

    Raises:
        NotFound, NotAllowed: as `open_form`.
        Conflict: completed or withdrawn.
        AnswersRefused: an answer of the wrong kind.
    """
    opened = _writable(session, actor, assignment_id, language)
    return _save(session, actor, opened, merged(opened, answers), now=now)


def save_draft(
    session: Session, actor: Actor, assignment_id: int, response: Response, *, now: datetime
) -> Opened:
    """The whole draft is replaced; answers to questions not asked now are kept in it.

    Raises:
        NotFound, NotAllowed, Conflict, AnswersRefused: as `keep_answers`.
    """
    opened = _writable(session, actor, assignment_id, response.language or "")
    return _save(session, actor, opened, response, now=now)


def submit(
    session: Session,
    actor: Actor,
    assignment_id: int,
    response: Response | None = None,
    *,
    language: str = "",
    now: datetime,
) -> Opened:
    """The questionnaire is answered and scored, and the care team sees the result.

    Sending it again changes nothing and gives the same answer.

    Args:
        session: the unit of work.
        actor: who answers, for whom.
        assignment_id: which questionnaire.
        response: the answers; None: the draft as it was saved.
        language: of the questions, where the response does not say.
        now: when.

    Raises:
        NotFound, NotAllowed: as `open_form`.
        Conflict: withdrawn.
        AnswersRefused: answers that are missing or do not fit.
    """
    person_id, respondent = policy.require_answering(actor)
    row = assignment_of(session, actor, assignment_id, for_update=True)
    opened = opened_of(session, row, respondent, language)
    if opened.is_completed:
        audit.record(session, actor, "questionnaires.open", "assignment", row.id, now=now)
        return opened
    _require_open(opened)
    final, stripped = _checked(opened, response or opened.response, now)
    stored = _stored(session, opened, actor, person_id, respondent, final, now)
    stored.stripped = list(stripped)
    stored.status = ResponseStatus.COMPLETED
    stored.completed_at = now
    row.status = AssignmentStatus.COMPLETED
    row.ended_at = now
    session.flush()
    done = Opened(row, opened.definition, stored, final, respondent)
    score(session, done, now=now)
    inbox.finish(session, row.patient_id, ItemKind.QUESTIONNAIRE, str(row.id), now=now)
    ids = {"assignment_id": row.id, "response_id": stored.id, "patient_id": row.patient_id}
    outbox.put(session, "questionnaires.completed", ids, now=now)
    detail = {"respondent": respondent.value, "stripped": len(stripped)}
    audit.record(
        session, actor, "questionnaires.submit", "response", stored.id, now=now, detail=detail
    )
    return done


def _writable(session: Session, actor: Actor, assignment_id: int, language: str) -> Opened:
    _, respondent = policy.require_answering(actor)
    row = assignment_of(session, actor, assignment_id, for_update=True)
    opened = opened_of(session, row, respondent, language)
    if opened.is_completed:
        raise Conflict(N_("This questionnaire is already answered."), code="completed")
    _require_open(opened)
    return opened


def _require_open(opened: Opened) -> None:
    if opened.is_withdrawn:
        raise Conflict(
            N_("Your care team no longer asks for this questionnaire."), code="withdrawn"
        )


def _save(
    session: Session, actor: Actor, opened: Opened, response: Response, *, now: datetime
) -> Opened:
    person_id, respondent = policy.require_answering(actor)
    form = opened.definition.form
    language = opened.definition.language(response.language or "")
    draft = replace(
        response,
        questionnaire=response.questionnaire or form.questionnaire.canonical,
        status=FormStatus.IN_PROGRESS,
        language=language,
        authored_at=now,
    )
    state = engine.evaluate(form, draft)
    _require_fitting((*_unreadable(state), *validation.validate(state)))
    stored = _stored(session, opened, actor, person_id, respondent, draft, now)
    opened.assignment.status = AssignmentStatus.STARTED
    session.flush()
    saved = Opened(opened.assignment, opened.definition, stored, draft, respondent)
    watch_draft(session, saved, now=now)
    audit.record(session, actor, "questionnaires.save", "response", stored.id, now=now)
    return saved


def _checked(opened: Opened, response: Response, now: datetime) -> tuple[Response, tuple[str, ...]]:
    """The response as it is kept, without answers to questions that are not asked."""
    form = opened.definition.form
    final = replace(
        response,
        questionnaire=response.questionnaire or form.questionnaire.canonical,
        status=FormStatus.COMPLETED,
        language=opened.definition.language(response.language or opened.response.language or ""),
        authored_at=now,
    )
    state = engine.evaluate(form, final)
    _require_fitting(validation.validate(state))
    return engine.strip_disabled(state)


def _unreadable(state: engine.State) -> tuple[validation.Problem, ...]:
    """Values that cannot be written back, under questions not asked now: a draft keeps those."""
    error = validation.Severity.ERROR
    return tuple(
        validation.Problem("invalidAnswerType", node.item.link_id, path, error)
        for node in state.nodes
        if not node.is_enabled and not node.of_answer
        for answer, path in zip(node.answers, node.paths, strict=True)
        if isinstance(answer.value, Unsupported)
    )


def _require_fitting(problems: tuple[validation.Problem, ...]) -> None:
    if validation.blocks(problems):
        raise AnswersRefused([one for one in problems if one.severity is validation.Severity.ERROR])


def _stored(
    session: Session,
    opened: Opened,
    actor: Actor,
    person_id: int,
    respondent: Respondent,
    response: Response,
    now: datetime,
) -> StoredResponse:
    stored = opened.stored
    if stored is None:
        stored = StoredResponse(
            assignment_id=opened.assignment.id,
            status=ResponseStatus.IN_PROGRESS,
            stripped=[],
            started_at=now,
        )
        session.add(stored)
    stored.answers = fhir.dumps(fhir.write_response(response))
    stored.language = response.language or ""
    stored.filled_by_id = person_id
    stored.respondent = respondent
    stored.representation_id = actor.representation_id
    stored.saved_at = now
    return stored
