"""Sharing a report: the patient finds a copy that stays as it was, until it is taken back."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.errors import Invalid, NotAllowed, NotFound
from telehealth.identity.models import Person
from telehealth.inbox.models import InboxItem, ItemKind
from telehealth.readings.models import Meal
from telehealth.reports import service as reports
from tests import make
from tests.make.reports import LAST, pricked

DAYS = reports.days_ending(LAST, 14)


@pytest.fixture
def readings_of_ana(session: Session, ana: Person) -> None:
    pricked(session, ana, [(1, "07:00", "6.0 mmol/L", Meal.FASTING)])


@pytest.mark.usefixtures("readings_of_ana")
def test_a_shared_report_waits_in_the_inbox_and_stays_as_it_was(
    session: Session, ana: Person, as_doctor: Actor, as_ana: Actor
) -> None:
    row = reports.share(session, as_doctor, ana.id, DAYS, " See you. ", now=make.NOW)
    pricked(session, ana, [(2, "07:00", "2.2 mmol/L", Meal.FASTING)])

    found = reports.open_shared(session, as_ana, ana.id, row.id, now=make.NOW)

    assert found.sheet["sticks"] is not None
    assert (found.sheet["sticks"]["n"], found.words) == (1, "See you.")
    assert found.shared_by == "Miha Kovač"
    item = session.scalars(select(InboxItem).where(InboxItem.person_id == ana.id)).one()
    assert (item.kind, item.ref, item.sender_id) == (
        ItemKind.REPORT,
        str(row.id),
        as_doctor.person_id,
    )


@pytest.mark.usefixtures("readings_of_ana")
def test_a_report_taken_back_is_gone_for_the_patient_and_listed_for_the_team(
    session: Session, ana: Person, as_doctor: Actor, as_nurse: Actor, as_ana: Actor
) -> None:
    row = reports.share(session, as_doctor, ana.id, DAYS, "", now=make.NOW)
    later = make.NOW + timedelta(minutes=1)

    reports.withdraw(session, as_nurse, ana.id, row.id, now=later)
    reports.withdraw(session, as_nurse, ana.id, row.id, now=later)

    with pytest.raises(NotFound):
        reports.open_shared(session, as_ana, ana.id, row.id, now=later)
    assert reports.shared_with(session, as_ana, ana.id) == []
    assert [one.is_withdrawn for one in reports.shared_with(session, as_nurse, ana.id)] == [True]
    item = session.scalars(select(InboxItem).where(InboxItem.person_id == ana.id)).one()
    assert item.done_at == later


def test_nothing_is_shared_without_readings_or_with_too_many_words(
    session: Session, ana: Person, as_doctor: Actor
) -> None:
    with pytest.raises(Invalid):
        reports.share(session, as_doctor, ana.id, DAYS, "", now=make.NOW)
    pricked(session, ana, [(1, "07:00", "6.0 mmol/L", Meal.FASTING)])
    with pytest.raises(Invalid):
        reports.share(session, as_doctor, ana.id, DAYS, "x" * 1001, now=make.NOW)

    assert reports.shared_with(session, as_doctor, ana.id) == []


@pytest.mark.usefixtures("readings_of_ana")
def test_a_patient_cannot_share_and_a_stranger_finds_nothing(
    session: Session, ana: Person, as_doctor: Actor, as_ana: Actor
) -> None:
    row = reports.share(session, as_doctor, ana.id, DAYS, "", now=make.NOW)
    bor = make.patient(session, "Bor")
    as_bor = Actor(bor.id, bor.id, as_ana.basis)

    with pytest.raises(NotAllowed):
        reports.share(session, as_ana, ana.id, DAYS, "", now=make.NOW)
    with pytest.raises(NotFound):
        reports.open_shared(session, as_bor, bor.id, row.id, now=make.NOW)
    with pytest.raises(NotFound):
        reports.open_shared(session, as_bor, ana.id, row.id, now=make.NOW)
