"""Diaries beside glucose: meals, insulin, walks, an ill day, a changed entry, a copied week."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import HOME_ZONE, local
from telehealth.demo.people import Clinic
from telehealth.diary import service as diary
from telehealth.diary.models import Activity, Illness, Stress, TranscriptKind
from telehealth.diary.schemas import SLOTS, USUAL_TIMES
from telehealth.glycemia.entered import Digits
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind

_DAYS = 21
_MEALS = ((7, 35, 45), (12, 50, 70), (18, 45, 55))
"""Hour, minute, usual grams."""
_NOTES = ("kosilo pri hčerki", "praznovanje", "slabo spala", "dolg sprehod ob Savi")


def keep_diaries(session: Session, clinic: Clinic, now: datetime) -> None:
    """Some patients write about meals and insulin; one paper week is copied, one call noted."""
    _three_weeks(session, Actor(clinic.patient_id, clinic.patient_id, Basis.SELF), 1, now)
    parent = Actor(
        clinic.parent_id,
        clinic.child_id,
        Basis.GUARDIAN,
        representation_id=clinic.guardianship_id,
    )
    _three_weeks(session, parent, 2, now)
    for number, patient_id in enumerate(clinic.neighbour_ids[:4], start=3):
        _three_weeks(session, Actor(patient_id, patient_id, Basis.SELF), number, now)
    _changed_entry(session, clinic, now)
    _paper_week(session, clinic, now)
    _call(session, clinic, now)


def _three_weeks(session: Session, actor: Actor, number: int, now: datetime) -> None:
    draw = np.random.default_rng(500 + number)
    today = local(now).date()
    for back in range(_DAYS, -1, -1):
        on = today - timedelta(days=back)
        for hour, minute, grams in _MEALS:
            at = _wall(on, hour, minute + int(draw.integers(-15, 15)))
            carbs_g = int(grams + 5 * draw.integers(-3, 4))
            units = Decimal(round(carbs_g / 10 * 2)) / 2
            content = diary.Content(carbs_g=carbs_g, rapid=units)
            if draw.random() < 0.08:  # noqa: PLR2004 - now and then a word about it
                content = replace(content, note=str(draw.choice(_NOTES)))
            _write(session, actor, f"meal-{number}-{on}-{hour}", at, content, now)
        evening = diary.Content(long=Decimal(14))
        _write(session, actor, f"basal-{number}-{on}", _wall(on, 22, 5), evening, now)
        if back % 3 == number % 3:
            walk = diary.Content(activity=Activity.WALK, activity_min=int(draw.choice([30, 45])))
            _write(session, actor, f"walk-{number}-{on}", _wall(on, 16, 20), walk, now)
    ill = today - timedelta(days=9)
    content = diary.Content(illness=Illness.FEVER, stress=Stress.SOME, note="38,2 stopinje")
    _write(session, actor, f"ill-{number}", _wall(ill, 9, 0), content, now)


def _changed_entry(session: Session, clinic: Clinic, now: datetime) -> None:
    """An entry of two days ago that the proxy corrected yesterday."""
    own = Actor(clinic.patient_id, clinic.patient_id, Basis.SELF)
    at = _wall(local(now).date() - timedelta(days=2), 15, 30)
    new = diary.NewEntry("demo-changed", at, _offset(at), diary.Content(carbs_g=80))
    written = diary.write(session, own, clinic.patient_id, new, now=at).entry
    proxy = Actor(
        clinic.proxy_id, clinic.patient_id, Basis.MANDATE, representation_id=clinic.mandate_id
    )
    right = diary.Content(carbs_g=30, note="kos potice, ne tri")
    change = diary.Change(at, _offset(at), right, written.version)
    later = at + timedelta(hours=20)
    diary.amend(session, proxy, clinic.patient_id, written.id, change, now=later)


def _paper_week(session: Session, clinic: Clinic, now: datetime) -> None:
    """The nurse copied a week from the notebook of a neighbour."""
    patient_id = clinic.neighbour_ids[1]
    nurse = Actor(clinic.nurse_id, patient_id, Basis.CARE_TEAM)
    draw = np.random.default_rng(77)
    today = local(now).date()
    monday = today - timedelta(days=today.weekday() + 14)
    copied = []
    for number in range(7):
        for place, meal in enumerate(SLOTS):
            if draw.random() < 0.45:  # noqa: PLR2004 - nobody fills in every cell
                continue
            hour, minute = (int(part) for part in USUAL_TIMES[meal].split(":"))
            at = _wall(monday + timedelta(days=number), hour, minute)
            tenths = int(draw.normal(98 if place % 2 else 76, 18))
            copied.append(
                readings.NewReading(
                    row=place,
                    key=f"demo-paper-{number}{place}",
                    measured_at=at,
                    offset_min=_offset(at),
                    digits=Digits(max(tenths, 38), 1),
                    unit=Unit.MMOL_L,
                    kind=SourceKind.MANUAL,
                    meal=meal,
                )
            )
    sheet = diary.Sheet(
        "demo-paper",
        TranscriptKind.PAPER,
        "moder zvezek",
        monday,
        monday + timedelta(days=6),
        tuple(copied),
    )
    diary.copy(session, nurse, patient_id, sheet, now=now - timedelta(days=6))


def _call(session: Session, clinic: Clinic, now: datetime) -> None:
    """The patient called the nurse yesterday afternoon."""
    nurse = Actor(clinic.nurse_id, clinic.patient_id, Basis.CARE_TEAM)
    yesterday = local(now).date() - timedelta(days=1)
    at = _wall(yesterday, 14, 10)
    told = readings.NewReading(
        row=0,
        key="demo-call-1",
        measured_at=at,
        offset_min=_offset(at),
        digits=Digits(124, 1),
        unit=Unit.MMOL_L,
        kind=SourceKind.MANUAL,
        note="po kosilu, brez težav",
    )
    sheet = diary.Sheet(
        "demo-call", TranscriptKind.PHONE, "klicala sama", yesterday, yesterday, (told,)
    )
    diary.copy(session, nurse, clinic.patient_id, sheet, now=at + timedelta(minutes=20))


def _write(
    session: Session, actor: Actor, key: str, at: datetime, content: diary.Content, now: datetime
) -> None:
    if at > now:
        return
    new = diary.NewEntry(f"demo-{key}", at, _offset(at), content)
    diary.write(session, actor, actor.subject_id or 0, new, now=at + timedelta(minutes=3))


def _wall(on: date, hour: int, minute: int) -> datetime:
    """A time of day at home, as the instant it was."""
    begins = datetime.combine(on, time(hour), HOME_ZONE) + timedelta(minutes=minute)
    return begins.astimezone(HOME_ZONE)


def _offset(at: datetime) -> int:
    return int((local(at).utcoffset() or timedelta()).total_seconds() // 60)
