"""Remarks on days: written by the team, changed by their author, never lost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, Invalid, NotAllowed, NotFound
from telehealth.identity.models import Person
from telehealth.reports import service as reports
from telehealth.reports.models import Audience, RemarkVersion
from tests import make
from tests.make.reports import LAST

NEW = reports.NewRemark(LAST, 7 * 60 + 40, "High after breakfast.", Audience.TEAM)
DAYS = reports.days_ending(LAST, 14)


def texts(session: Session, actor: Actor, patient: Person) -> list[str]:
    return [one.text for one in reports.remarks_of(session, actor, patient.id, DAYS)]


def test_a_remark_for_the_team_is_not_shown_to_the_patient(
    session: Session, ana: Person, as_nurse: Actor, as_doctor: Actor, as_ana: Actor
) -> None:
    reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)
    for_both = replace(NEW, text="Well done.", audience=Audience.PATIENT)
    reports.add_remark(session, as_nurse, ana.id, for_both, now=make.NOW)

    assert texts(session, as_doctor, ana) == ["Well done.", "High after breakfast."]
    assert texts(session, as_ana, ana) == ["Well done."]


def test_every_state_of_a_remark_is_kept(
    session: Session, ana: Person, as_nurse: Actor, as_doctor: Actor
) -> None:
    row = reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)
    later = make.NOW + timedelta(hours=1)
    better = replace(NEW, text="High after breakfast on three days.")
    reports.change_remark(session, as_nurse, ana.id, row.id, better, version=1, now=later)
    reports.remove_remark(session, as_nurse, ana.id, row.id, now=later)
    reports.remove_remark(session, as_nurse, ana.id, row.id, now=later)
    gone = texts(session, as_nurse, ana)
    reports.restore_remark(session, as_nurse, ana.id, row.id, now=later)

    shown, past = reports.remark_history(session, as_doctor, ana.id, row.id, now=later)

    assert gone == []
    assert (shown.text, shown.clock, shown.may_change) == (better.text, "07:40", False)
    assert [(one.version, one.text, one.is_removed) for one in past] == [
        (4, better.text, False),
        (3, better.text, True),
        (2, better.text, False),
        (1, NEW.text, False),
    ]


@pytest.mark.parametrize(
    "deed", ["UPDATE report_remark_version SET text = 'x'", "DELETE FROM report_remark_version"]
)
def test_the_history_cannot_be_rewritten(
    session: Session, ana: Person, as_nurse: Actor, deed: str
) -> None:
    reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)

    with pytest.raises(DatabaseError, match="kept as written"), session.begin_nested():
        session.execute(text(deed))

    assert session.scalars(select(RemarkVersion.text)).all() == [NEW.text]


def test_only_the_author_changes_a_remark(
    session: Session, ana: Person, as_nurse: Actor, as_doctor: Actor
) -> None:
    row = reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)

    with pytest.raises(NotAllowed):
        reports.change_remark(session, as_doctor, ana.id, row.id, NEW, version=1, now=make.NOW)
    with pytest.raises(NotAllowed):
        reports.remove_remark(session, as_doctor, ana.id, row.id, now=make.NOW)

    assert texts(session, as_doctor, ana) == [NEW.text]


def test_two_windows_cannot_overwrite_each_other(
    session: Session, ana: Person, as_nurse: Actor
) -> None:
    row = reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)
    first, second = replace(NEW, text="First."), replace(NEW, text="Second.")
    reports.change_remark(session, as_nurse, ana.id, row.id, first, version=1, now=make.NOW)

    with pytest.raises(Conflict):
        reports.change_remark(session, as_nurse, ana.id, row.id, second, version=1, now=make.NOW)

    assert texts(session, as_nurse, ana) == ["First."]


def test_a_remark_of_another_patient_is_not_there(
    session: Session, ana: Person, as_nurse: Actor
) -> None:
    bor = make.patient(session, "Bor")
    row = reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)
    for_bor = replace(as_nurse, subject_id=bor.id)

    with pytest.raises(NotFound):
        reports.remark_history(session, for_bor, bor.id, row.id, now=make.NOW)
    with pytest.raises(NotFound):
        reports.remove_remark(session, for_bor, ana.id, row.id, now=make.NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (replace(NEW, text="  "), "#/text"),
        (replace(NEW, text="x" * 1001), "#/text"),
        (replace(NEW, day=LAST + timedelta(days=1)), "#/day"),
    ],
)
def test_a_remark_without_sense_is_refused(
    session: Session, ana: Person, as_nurse: Actor, wrong: reports.NewRemark, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        reports.add_remark(session, as_nurse, ana.id, wrong, now=make.NOW)

    assert [error.pointer for error in refused.value.errors] == [field]


def test_the_trail_says_who_wrote_and_never_what(
    session: Session, ana: Person, as_nurse: Actor
) -> None:
    row = reports.add_remark(session, as_nurse, ana.id, NEW, now=make.NOW)

    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "reports.remark")).one()

    assert (event.subject_id, event.actor_person_id) == (ana.id, as_nurse.person_id)
    assert event.resource_id == str(row.id)
    assert NEW.text not in str(event.detail)
