"""Questionnaires of the demonstration: some wait, some are answered, one by a parent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from surveys import entry
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.demo.people import Clinic
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.models import Assignment

_WHO_5 = "who-5"
_ITEMS = 5
_QUARTER = timedelta(days=91)
_COURSE = ((2, 3, 2, 2, 2), (3, 3, 2, 3, 3))
"""Answers of the patient half a year and a quarter ago, in points."""
_NEIGHBOURS = ((4, 4, 3, 3, 4), (2, 2, 1, 2, 2), (3, 4, 3, 3, 3), (5, 4, 4, 5, 4))


def fill_inbox(session: Session, clinic: Clinic, now: datetime) -> None:
    """The patient and the child have a questionnaire to answer and answered ones behind them."""
    for number, points in enumerate(_COURSE):
        then = now - _QUARTER * (len(_COURSE) - number)
        patient = Actor(clinic.patient_id, clinic.patient_id, Basis.SELF)
        _answer(session, patient, _send(session, clinic, clinic.patient_id, then), points, then)
    _send(session, clinic, clinic.patient_id, now - timedelta(hours=20), due_in_days=7)
    parent = Actor(
        clinic.parent_id,
        clinic.child_id,
        Basis.GUARDIAN,
        representation_id=clinic.guardianship_id,
    )
    last_week = now - timedelta(days=8)
    sent = _send(session, clinic, clinic.child_id, last_week)
    _answer(session, parent, sent, (4, 3, 4, 4, 3), last_week + timedelta(hours=5))
    for patient_id, points in zip(clinic.neighbour_ids, _NEIGHBOURS, strict=False):
        then = now - timedelta(days=12)
        sent = _send(session, clinic, patient_id, then)
        _answer(session, Actor(patient_id, patient_id, Basis.SELF), sent, points, then)
    for patient_id in clinic.neighbour_ids[len(_NEIGHBOURS) :][:3]:
        _send(session, clinic, patient_id, now - timedelta(days=3), due_in_days=4)


def _send(
    session: Session, clinic: Clinic, patient_id: int, now: datetime, due_in_days: int | None = None
) -> Assignment:
    team = Actor(clinic.doctor_id, patient_id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    due_on = None if due_in_days is None else local(now).date() + timedelta(days=due_in_days)
    wish = questionnaires.Sending(_WHO_5, due_on)
    return questionnaires.send(session, team, patient_id, wish, now=now)


def _answer(
    session: Session, actor: Actor, sent: Assignment, points: Sequence[int], now: datetime
) -> None:
    opened = questionnaires.open_form(session, actor, sent.id, language="sl", now=now)
    items = opened.definition.form.items
    answers = {}
    for number, wanted in zip(range(1, _ITEMS + 1), points, strict=True):
        item = items[f"who5-{number}"]
        answers[item.link_id] = tuple(
            option.value for option in item.options if option.weight == wanted
        )
    response = entry.respond(opened.definition.form, answers, language="sl")
    questionnaires.submit(session, actor, sent.id, response, now=now + timedelta(minutes=3))
