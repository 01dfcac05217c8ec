"""Alerts that another room raises: an urgent answer, a low value said on the phone."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.alerts import service as alerts
from telehealth.alerts.models import (
    Action,
    Alert,
    AlertAcknowledgement,
    AlertNotice,
    AlertStep,
    EndReason,
    Kind,
    Ring,
    State,
    StepState,
)
from telehealth.alerts.service import Hearing
from telehealth.audit.models import AuditEvent
from telehealth.core.errors import NotFound
from telehealth.directory.models import CareTeamMember
from telehealth.identity.models import Person
from telehealth.readings.models import Beyond, SourceKind
from tests import make
from tests.make import alerts as made
from tests.make import contacts as make_contacts
from tests.make.readings import diary, reading
from tests.stand_ins.mail import MailServer

At = Callable[[datetime], None]
MIN = timedelta(minutes=1)
NOW = make.NOW


def answers(
    session: Session, patient: Person, ref: str = "questionnaire:1", at: datetime = NOW
) -> Alert:
    alerts.raise_for_answer(session, patient.id, ref, now=at)
    return made.live(session, patient)[-1]


def mailed(mail_server: MailServer) -> list[str]:
    """Who was written to about an alert."""
    found = [mail for mail in mail_server.mails if "pozornost" in str(mail["Subject"])]
    return [str(mail["To"]) for mail in found]


def told(session: Session) -> list[tuple[Ring, int]]:
    rows = session.execute(
        select(AlertNotice.ring, AlertNotice.recipient_id).order_by(AlertNotice.id)
    )
    return [(row.ring, row.recipient_id) for row in rows]


def said_by_phone(
    session: Session, family: made.Family, words: str, at: datetime, *, now: datetime | None = None
) -> bool:
    moment = now or at
    value = reading("2.0 mmol/L" if words == "LO" else words, at, kind=SourceKind.MANUAL)
    value = value._replace(digits=Beyond.LO) if words == "LO" else value
    diary(session, family.patient, [value], now=moment)
    actor = made.as_team(family.nurse, family.patient)
    return alerts.look_on_the_phone(session, actor, family.patient.id, since=at, now=moment)


def test_an_urgent_answer_tells_the_nurse_at_once_and_nobody_of_the_patients_side(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    row = answers(session, family.patient)

    assert (row.kind, row.state, row.ref) == (Kind.ANSWER, State.ESCALATED, "questionnaire:1")
    at(NOW)
    assert mailed(mail_server) == ["maja@posta.si"]
    at(NOW + 59 * MIN)
    assert len(mailed(mail_server)) == 1
    at(NOW + 60 * MIN)
    assert set(mailed(mail_server)) == {"maja@posta.si", "miha@posta.si"}


def test_it_is_told_again_every_hour_until_somebody_takes_it_on(
    session: Session, family: made.Family, at: At
) -> None:
    answers(session, family.patient)

    for minutes in range(0, 125, 5):
        at(NOW + minutes * MIN)

    rings = [ring for ring, _ in told(session)]
    assert rings.count(Ring.NURSE) == 3
    assert Ring.PATIENT not in rings
    assert Ring.PROXY not in rings


def test_a_second_answer_rings_again_although_the_first_was_taken_on(
    session: Session, family: made.Family
) -> None:
    row = answers(session, family.patient)
    nurse = made.as_team(family.nurse, family.patient)
    alerts.acknowledge(session, nurse, family.patient.id, row.id, now=NOW + 5 * MIN)

    again = answers(session, family.patient, "questionnaire:2", NOW + 10 * MIN)

    assert again.id == row.id
    assert (again.state, again.ref) == (State.ESCALATED, "questionnaire:2")
    assert told(session) == [(Ring.NURSE, family.nurse.id)] * 2
    refs = session.scalars(select(AuditEvent).where(AuditEvent.action == "alerts.raise"))
    assert [one.detail for one in refs] == [{"ref": "questionnaire:1"}, {"ref": "questionnaire:2"}]
    doctor = session.get_one(AlertStep, (row.id, Ring.DOCTOR))
    assert (doctor.state, doctor.due_at) == (StepState.WAITING, NOW + 60 * MIN)


def test_an_answer_taken_on_and_not_closed_rings_again_for_the_team(
    session: Session, family: made.Family, at: At
) -> None:
    row = answers(session, family.patient)
    nurse = made.as_team(family.nurse, family.patient)
    alerts.acknowledge(session, nurse, family.patient.id, row.id, now=NOW + MIN)

    at(NOW + 3 * 60 * MIN)
    assert told(session) == [(Ring.NURSE, family.nurse.id)]
    at(NOW + 4 * 60 * MIN + 2 * MIN)

    assert made.live(session, family.patient)[0].state is State.ESCALATED
    assert {ring for ring, _ in told(session)} == {Ring.NURSE, Ring.DOCTOR}


def test_only_the_team_ends_it(session: Session, family: made.Family, at: At) -> None:
    row = answers(session, family.patient)
    nurse = made.as_team(family.nurse, family.patient)
    made.arrives(session, family.patient, "6.0 mmol/L", NOW + 30 * MIN)
    assert row.state is State.ESCALATED

    alerts.acknowledge(session, nurse, family.patient.id, row.id, now=NOW + 31 * MIN)
    alerts.review(session, nurse, family.patient.id, now=NOW + 40 * MIN)

    assert (row.state, row.end_reason) == (State.RESOLVED, EndReason.REVIEWED)
    assert row.reviewed_by_id == family.nurse.id


@pytest.mark.parametrize("who", ["patient", "proxy"])
def test_the_patients_side_neither_sees_nor_answers_it(
    session: Session, family: made.Family, who: str
) -> None:
    row = answers(session, family.patient)
    actor = made.as_self(family.patient)
    if who == "proxy":
        actor = made.as_proxy(family.proxy, family.patient, family.mandate)

    overview = alerts.of_patient(session, actor, family.patient.id, now=NOW)

    assert (overview.open, overview.past) == ([], [])
    with pytest.raises(NotFound):
        alerts.acknowledge(session, actor, family.patient.id, row.id, now=NOW)
    assert alerts.acknowledge_all(session, actor, family.patient.id, now=NOW) == 0
    assert row.state is State.ESCALATED


def test_what_the_patient_may_be_told(session: Session, family: made.Family, at: At) -> None:
    patient_id = family.patient.id
    nurse = made.as_team(family.nurse, family.patient)
    row = answers(session, family.patient)
    at(NOW)

    assert alerts.hearing_of_answers(session, patient_id, now=NOW) is Hearing.TOLD

    row = made.live(session, family.patient)[0]
    alerts.acknowledge(session, nurse, patient_id, row.id, now=NOW + MIN)
    assert alerts.hearing_of_answers(session, patient_id, now=NOW + MIN) is Hearing.SEEN
    alerts.review(session, nurse, patient_id, now=NOW + MIN)
    assert alerts.hearing_of_answers(session, patient_id, now=NOW + MIN) is Hearing.SEEN


def test_nobody_is_said_to_be_told_where_nobody_can_be_written_to(session: Session) -> None:
    ana = make.patient(session)
    make_contacts.confirmed_email(session, ana, "ana@posta.si")

    alerts.raise_for_answer(session, ana.id, "questionnaire:1", now=NOW)

    assert made.live(session, ana)[0].kind is Kind.ANSWER
    assert alerts.hearing_of_answers(session, ana.id, now=NOW) is Hearing.UNREACHED
    make.nurse(session, [ana])  # without an address
    assert alerts.hearing_of_answers(session, ana.id, now=NOW) is Hearing.UNREACHED


def test_nobody_is_said_to_be_told_while_the_mail_server_is_away(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    mail_server.answers = {"maja@posta.si": "451 later", "miha@posta.si": "451 later"}
    answers(session, family.patient)
    for minutes in (0, 1, 3, 6, 10):
        at(NOW + minutes * MIN)

    found = alerts.hearing_of_answers(session, family.patient.id, now=NOW + 10 * MIN)

    assert found is Hearing.UNREACHED


def test_a_low_said_on_the_phone_is_the_nurses_first(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    assert said_by_phone(session, family, "2.4 mmol/L", NOW)

    row = made.live(session, family.patient)[0]
    assert (row.kind, row.state) == (Kind.URGENT_LOW, State.ACKNOWLEDGED)
    assert row.acknowledged_by_id == family.nurse.id
    assert row.acknowledged_until == NOW + 20 * MIN
    assert (row.told_at, row.rounds) == (None, 0)
    given = session.scalars(select(AlertAcknowledgement)).one()
    assert (given.action, given.by_id) == (Action.SPOKEN, family.nurse.id)
    at(NOW)
    at(NOW + 19 * MIN)
    assert mailed(mail_server) == []


def test_after_the_time_of_the_nurse_it_rings_as_always_and_once(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    said_by_phone(session, family, "2.4 mmol/L", NOW)

    at(NOW + 20 * MIN)
    at(NOW + 20 * MIN)

    assert sorted(mailed(mail_server)) == ["ana@posta.si", "luka@posta.si", "maja@posta.si"]
    at(NOW + 30 * MIN)
    assert "miha@posta.si" in mailed(mail_server)


def test_a_value_in_range_after_the_call_ends_it_without_a_mail(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    said_by_phone(session, family, "2.4 mmol/L", NOW)

    made.arrives(session, family.patient, "5.1 mmol/L", NOW + 16 * MIN, kind=SourceKind.MANUAL)
    for minutes in (17, 25, 35, 50):
        at(NOW + minutes * MIN)

    row = session.scalars(select(Alert).where(Alert.kind == Kind.URGENT_LOW)).one()
    assert (row.state, row.end_reason) == (State.RESOLVED, EndReason.RECOVERED)
    assert row.needs_review
    assert mailed(mail_server) == []


def test_a_worse_value_in_the_same_call_stays_with_the_nurse(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    said_by_phone(session, family, "2.8 mmol/L", NOW)

    assert said_by_phone(session, family, "LO", NOW + 5 * MIN)

    row = made.live(session, family.patient)[0]
    assert (row.state, row.acknowledged_until) == (State.ACKNOWLEDGED, NOW + 25 * MIN)
    at(NOW + 24 * MIN)
    assert mailed(mail_server) == []


def test_a_worse_value_after_the_call_rings_at_once(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    said_by_phone(session, family, "2.8 mmol/L", NOW)

    made.arrives(session, family.patient, "2.1 mmol/L", NOW + 5 * MIN, kind=SourceKind.MANUAL)
    at(NOW + 5 * MIN)

    assert made.live(session, family.patient)[0].state is not State.ACKNOWLEDGED
    assert "ana@posta.si" in mailed(mail_server)


def test_what_rings_already_goes_on_until_the_nurse_answers_it(
    session: Session, family: made.Family
) -> None:
    made.open_alert(session, family.patient, "2.4 mmol/L", NOW, kind=SourceKind.MANUAL)

    assert not said_by_phone(session, family, "2.6 mmol/L", NOW + 4 * MIN)

    assert made.live(session, family.patient)[0].state is State.OPEN


def test_a_low_of_hours_ago_told_by_phone_is_seen_late_and_not_acknowledged(
    session: Session, family: made.Family
) -> None:
    assert not said_by_phone(session, family, "2.4 mmol/L", NOW - 180 * MIN, now=NOW)

    row = session.scalars(select(Alert).where(Alert.kind == Kind.URGENT_LOW)).one()
    assert (row.end_reason, row.needs_review) == (EndReason.SEEN_LATE, True)
    assert session.scalars(select(AlertAcknowledgement)).all() == []


def test_a_nurse_who_leaves_the_team_has_it_no_longer(
    session: Session, family: made.Family, at: At, mail_server: MailServer
) -> None:
    said_by_phone(session, family, "2.4 mmol/L", NOW)
    membership = session.scalars(
        select(CareTeamMember).where(CareTeamMember.patient_id == family.patient.id)
    ).all()
    for row in membership:
        row.ended_on = NOW.date() - timedelta(days=1)
        row.started_on = min(row.started_on, row.ended_on)

    alerts.look(session, family.patient.id, cause="readings.recorded", now=NOW + 5 * MIN)
    at(NOW + 5 * MIN)

    assert "ana@posta.si" in mailed(mail_server)
