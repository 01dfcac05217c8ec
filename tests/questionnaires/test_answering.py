"""From sending to the score, through the services, on both databases."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from surveys import fhir
from surveys.model import Answer, Response, ResponseItem, Unsupported
from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor, Basis
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from telehealth.inbox.models import InboxItem, ItemKind
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import (
    Assignment,
    AssignmentStatus,
    Flag,
    NoScore,
    Respondent,
    StoredResponse,
    StoredScore,
)
from telehealth.questionnaires.service import AnswersRefused, Sending
from tests import make
from tests.make import questionnaires as made
from tests.make.questionnaires import as_self, as_team

NOW = make.NOW
VECTORS = [
    # points, raw, index, flags
    ((0, 0, 0, 0, 0), "0", "0", {"raw_below_13", "item_0_or_1"}),
    ((5, 5, 5, 5, 5), "25", "100", set()),
    ((3, 3, 2, 2, 2), "12", "48", {"raw_below_13"}),
    ((3, 3, 3, 2, 2), "13", "52", set()),
    ((5, 5, 5, 5, 1), "21", "84", {"item_0_or_1"}),
]


@pytest.fixture
def ana(session: Session) -> Person:
    return make.patient(session)


@pytest.fixture
def doctor(session: Session, ana: Person) -> Person:
    return make.doctor(session, [ana])


def scores(session: Session) -> dict[str, Decimal | None]:
    return {row.name: row.value for row in session.scalars(select(StoredScore))}


def flags(session: Session) -> set[str]:
    return set(session.scalars(select(Flag.rule)))


def actions(session: Session, person: Person) -> list[str]:
    query = select(AuditEvent.action).where(AuditEvent.subject_id == person.id)
    return list(session.scalars(query.order_by(AuditEvent.seq)))


def test_what_a_doctor_sends_waits_in_the_inbox(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.sent(session, doctor, ana, date(2026, 11, 30))

    item = session.scalars(select(InboxItem)).one()
    assert (item.person_id, item.kind, item.ref) == (ana.id, ItemKind.QUESTIONNAIRE, str(row.id))
    assert item.sender_id == doctor.id
    assert item.due_at is not None
    assert item.due_at.isoformat() == "2026-11-30T22:59:00+00:00"
    assert actions(session, ana) == ["questionnaires.send"]


@pytest.mark.parametrize(("points", "raw", "index", "raised"), VECTORS)
def test_answers_are_scored_as_published(
    session: Session,
    ana: Person,
    doctor: Person,
    points: tuple[int, ...],
    raw: str,
    index: str,
    raised: set[str],
) -> None:
    made.completed(session, doctor, ana, points)

    assert scores(session) == {"raw": Decimal(raw), "index": Decimal(index)}
    assert flags(session) == raised


def test_a_fall_since_the_last_time_is_an_alert(
    session: Session, ana: Person, doctor: Person
) -> None:
    made.completed(session, doctor, ana, (3, 3, 3, 3, 3), now=NOW - timedelta(days=90))

    made.completed(session, doctor, ana, (3, 3, 2, 2, 2))

    alert = session.scalars(select(Flag).where(Flag.raises == "alert")).one()
    assert (alert.rule, alert.patient_id) == ("change_down_10", ana.id)


def test_another_patients_score_is_no_former_score(
    session: Session, ana: Person, doctor: Person
) -> None:
    made.completed(session, doctor, make.patient(session, "Eva"), (5, 5, 5, 5, 5))

    made.completed(session, doctor, ana, (3, 3, 3, 3, 3))

    assert flags(session) == set()


def test_submitting_closes_everything_in_one_go(
    session: Session, ana: Person, doctor: Person
) -> None:
    done = made.completed(session, doctor, ana)

    assert done.assignment.status is AssignmentStatus.COMPLETED
    assert session.scalars(select(InboxItem)).one().done_at == NOW
    event = session.scalars(
        select(OutboxEvent).where(OutboxEvent.topic == "questionnaires.completed")
    ).one()
    assert event.payload["assignment_id"] == done.assignment.id
    assert actions(session, ana) == ["questionnaires.send", "questionnaires.submit"]
    trail = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert trail.detail == {"respondent": "patient", "stripped": 0}


def test_sending_the_answers_twice_is_sending_them_once(
    session: Session, ana: Person, doctor: Person
) -> None:
    first = made.completed(session, doctor, ana, (3, 3, 3, 2, 2))

    again = questionnaires.submit(
        session, as_self(ana), first.assignment.id, made.response((0, 0, 0, 0, 0)), now=NOW
    )

    assert again.stored is not None
    assert first.stored is not None
    assert again.stored.id == first.stored.id
    assert again.answers == first.answers
    assert session.scalar(select(func.count()).select_from(StoredScore)) == 2
    assert scores(session)["index"] == 52


def test_a_draft_is_kept_question_by_question(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.sent(session, doctor, ana)
    actor = as_self(ana)
    for link_id, answer in made.answers((3, 3, 3, 2, 2)).items():
        questionnaires.keep_answers(
            session, actor, row.id, {link_id: answer}, language="sl", now=NOW
        )
        session.expire_all()

    opened = questionnaires.open_form(session, actor, row.id, language="sl", now=NOW)

    assert opened.answers == made.answers((3, 3, 3, 2, 2))
    assert opened.assignment.status is AssignmentStatus.STARTED
    questionnaires.submit(session, actor, row.id, language="sl", now=NOW)
    assert scores(session)["index"] == 52


def test_a_missing_answer_is_named_and_nothing_is_stored(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.sent(session, doctor, ana)

    with pytest.raises(AnswersRefused) as refused:
        questionnaires.submit(
            session, as_self(ana), row.id, made.response((3, None, 3, 2, None)), now=NOW
        )

    assert [(one.code, one.link_id) for one in refused.value.problems] == [
        ("required", "who5-2"),
        ("required", "who5-5"),
    ]
    assert row.status is AssignmentStatus.SENT
    assert scores(session) == {}


def test_nobody_else_finds_the_questionnaire(session: Session, ana: Person, doctor: Person) -> None:
    row = made.sent(session, doctor, ana)
    eva = make.patient(session, "Eva")

    with pytest.raises(NotFound):
        questionnaires.open_form(session, as_self(eva), row.id, language="sl", now=NOW)
    with pytest.raises(NotAllowed):
        questionnaires.open_form(session, as_team(doctor, ana), row.id, language="sl", now=NOW)
    with pytest.raises(NotAllowed):
        questionnaires.results(session, as_self(ana), ana.id, now=NOW)


@pytest.mark.parametrize(
    ("basis", "role"),
    [
        (Basis.GUARDIAN, Respondent.OBSERVER),
        (Basis.MANDATE, Respondent.PROXY),
        (Basis.HEALTH_CARE_PROXY, Respondent.PROXY),
    ],
)
def test_the_team_sees_who_answered_for_the_patient(
    session: Session, ana: Person, doctor: Person, basis: Basis, role: Respondent
) -> None:
    luka = make.patient(session, "Luka", "Mrak")
    mandate = make.mandate(session, ana, luka)
    other = Actor(luka.id, ana.id, basis, representation_id=mandate.id)
    made.completed(session, doctor, ana, actor=other)

    found = questionnaires.results(session, as_team(doctor, ana), ana.id, now=NOW)

    (result,) = found.results
    assert result.stored is not None
    assert (result.stored.respondent, result.filled_by) == (role, "Luka Mrak")
    assert result.stored.representation_id == mandate.id
    assert result.primary is not None
    assert result.primary.value == 52


def test_the_team_sees_no_draft(session: Session, ana: Person, doctor: Person) -> None:
    row = made.sent(session, doctor, ana)
    questionnaires.keep_answers(
        session, as_self(ana), row.id, made.answers((0,) * 5), language="sl", now=NOW
    )

    found = questionnaires.results(session, as_team(doctor, ana), ana.id, now=NOW)

    assert [(one.stored, one.scores) for one in found.results] == [(None, {})]
    assert found.courses == []


def test_a_course_has_every_score_in_time(session: Session, ana: Person, doctor: Person) -> None:
    for days, points in ((0, 3), (180, 2), (90, 4)):
        then = NOW - timedelta(days=days)
        made.completed(session, doctor, ana, (points,) * 5, now=then)

    (course,) = questionnaires.results(session, as_team(doctor, ana), ana.id, now=NOW).courses

    assert [point.value for point in course.points] == [40, 80, 60]


def test_a_questionnaire_taken_back_cannot_be_answered(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.sent(session, doctor, ana)
    team = as_team(doctor, ana)

    questionnaires.withdraw(session, team, row.id, now=NOW)
    questionnaires.withdraw(session, team, row.id, now=NOW)

    assert session.scalars(select(InboxItem)).one().done_at == NOW
    for response in (made.response((3,) * 5), None):
        with pytest.raises(Conflict):
            questionnaires.submit(session, as_self(ana), row.id, response, now=NOW)
    with pytest.raises(Conflict):
        questionnaires.save_draft(session, as_self(ana), row.id, made.response((3,) * 5), now=NOW)
    assert actions(session, ana).count("questionnaires.withdraw") == 1


def test_what_is_answered_cannot_be_taken_back_or_changed(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.completed(session, doctor, ana).assignment

    with pytest.raises(Conflict):
        questionnaires.withdraw(session, as_team(doctor, ana), row.id, now=NOW)
    with pytest.raises(Conflict):
        questionnaires.save_draft(session, as_self(ana), row.id, made.response((0,) * 5), now=NOW)


@pytest.mark.parametrize(
    ("wish", "codes"),
    [
        (Sending("phq-99"), ["unknown_instrument"]),
        (Sending("who-5", date(2026, 11, 22)), ["past"]),
        (Sending("who-5", date(2027, 11, 25)), ["too_far"]),
        (Sending("phq-99", date(2026, 11, 22)), ["unknown_instrument", "past"]),
    ],
)
def test_a_wish_that_cannot_be_is_refused_field_by_field(
    session: Session, ana: Person, doctor: Person, wish: Sending, codes: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        questionnaires.send(session, as_team(doctor, ana), ana.id, wish, now=NOW)

    assert [error.code for error in refused.value.errors] == codes
    assert session.scalar(select(func.count()).select_from(Assignment)) == 0


SMOKER = {"linkId": "smoker", "type": "boolean", "text": "Do you smoke?", "required": True}
HOW_MANY = {
    "linkId": "how-many",
    "type": "integer",
    "text": "How many a day?",
    "required": True,
    "enableWhen": [{"question": "smoker", "operator": "=", "answerBoolean": True}],
}
TOTAL = {"scores": [{"id": "total", "kind": "sum", "items": ["how-many"]}]}


def test_an_answer_no_longer_asked_for_stays_in_the_draft_and_leaves_the_response(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.own_form(session, doctor, ana, [SMOKER, HOW_MANY], TOTAL)
    actor = as_self(ana)
    for answers in ({"smoker": (True,), "how-many": (20,)}, {"smoker": (False,)}):
        questionnaires.keep_answers(session, actor, row.id, answers, language="en", now=NOW)
    draft = questionnaires.open_form(session, actor, row.id, language="en", now=NOW)

    done = questionnaires.submit(session, actor, row.id, language="en", now=NOW)

    assert draft.answers == {"smoker": (False,), "how-many": (20,)}
    assert done.answers == {"smoker": (False,)}
    assert done.stored is not None
    assert done.stored.stripped == ["how-many"]
    (score,) = session.scalars(select(StoredScore))
    assert (score.value, score.no_score) == (None, NoScore.MISSING_ANSWERS)


def test_a_question_that_an_answer_opens_must_be_answered(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.own_form(session, doctor, ana, [SMOKER, HOW_MANY], TOTAL)
    yes = {"smoker": (True,)}
    actor = as_self(ana)
    questionnaires.keep_answers(session, actor, row.id, yes, language="en", now=NOW)

    with pytest.raises(AnswersRefused) as refused:
        questionnaires.submit(session, actor, row.id, language="en", now=NOW)

    assert [one.link_id for one in refused.value.problems] == ["how-many"]


def test_an_urgent_answer_is_flagged_before_the_form_is_sent(
    session: Session, ana: Person, doctor: Person
) -> None:
    rule = {"id": "at-once", "items": ["worst"], "at_least": 1, "urgent": True}
    item = {"linkId": "worst", "type": "integer", "text": "How often?", "required": True}
    scoring = {"scores": [{"id": "total", "kind": "sum", "items": ["worst"]}], "rules": [rule]}
    row = made.own_form(session, doctor, ana, [item], scoring)
    actor = as_self(ana)
    for _ in range(2):
        questionnaires.keep_answers(session, actor, row.id, {"worst": (2,)}, language="en", now=NOW)

    found = questionnaires.results(session, as_team(doctor, ana), ana.id, now=NOW)

    assert [(one.rule, one.is_urgent) for one in found.results[0].flags] == [("at-once", True)]
    questionnaires.submit(session, actor, row.id, language="en", now=NOW)
    assert flags(session) == {"at-once"}


def test_a_decimal_keeps_its_digits_in_answers_and_score(
    session: Session, ana: Person, doctor: Person
) -> None:
    item = {"linkId": "weight", "type": "decimal", "text": "Weight (kg)"}
    scoring = {"scores": [{"id": "total", "kind": "sum", "items": ["weight"], "scale": "0.1"}]}
    row = made.own_form(session, doctor, ana, [item], scoring)
    given = {"weight": (Decimal("80.10"),)}
    questionnaires.keep_answers(session, as_self(ana), row.id, given, language="en", now=NOW)
    questionnaires.submit(session, as_self(ana), row.id, language="en", now=NOW)
    session.expire_all()

    stored = session.scalars(select(StoredResponse)).one()
    assert "80.10" in stored.answers
    assert session.scalars(select(StoredScore)).one().value == Decimal("8.010")


def test_a_value_we_cannot_keep_is_refused_even_where_it_is_not_asked(
    session: Session, ana: Person, doctor: Person
) -> None:
    row = made.own_form(session, doctor, ana, [SMOKER, HOW_MANY], TOTAL)
    odd = ResponseItem("how-many", (Answer(Unsupported("Quantity")),))

    with pytest.raises(AnswersRefused) as refused:
        questionnaires.save_draft(session, as_self(ana), row.id, Response((odd,)), now=NOW)

    assert [one.code for one in refused.value.problems] == ["invalidAnswerType"]


def test_a_published_version_is_found_again_and_never_replaced(session: Session) -> None:
    text = questionnaires.shipped("who-5")
    first = questionnaires.publish(session, text, now=NOW)

    assert questionnaires.publish(session, text, now=NOW).id == first.id
    changed = fhir.dumps(dict(fhir.loads(text)) | {"source": "somewhere else"})
    with pytest.raises(Conflict):
        questionnaires.publish(session, changed, now=NOW)


def test_the_stored_form_is_the_shipped_one(session: Session) -> None:
    row = questionnaires.publish(session, questionnaires.shipped("who-5"), now=NOW)

    found = questionnaires.definition(row)

    from surveys import instruments

    shipped = instruments.load("who-5")
    assert found.form.questionnaire == shipped.questionnaire
    assert found.scoring == shipped.scoring
    assert found.not_validated == shipped.not_validated
