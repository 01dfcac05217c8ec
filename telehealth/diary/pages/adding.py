"""Adding to the diary: a value in two taps, everything else below it; a call from a patient."""

from dataclasses import dataclass, replace

from flask import flash, redirect, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from devices.glucose import Unit
from telehealth.core.actor import Actor
from telehealth.core.errors import Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.bodies import takes_files
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.diary import service as diary
from telehealth.diary.models import TranscriptKind
from telehealth.diary.pages.door import (
    NO_QUESTION,
    PHOTO_ROOM,
    Question,
    again,
    at_time,
    flash_with_undo,
    form_page,
    fresh_moment,
    kept_photo,
    must_answer,
    pages,
    question,
    refused,
    refused_reading,
    typed_form,
)
from telehealth.diary.schemas import ReadingFormSchema, TypedForm, Value
from telehealth.glycemia.bands import Band, band
from telehealth.glycemia.entered import Digits, tick
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, SourceKind

Answer = AnyResponse | str | tuple[str, int]
_VERY_LOW = N_(
    "This is very low. Do now what you have agreed with your care team. In danger of life call 112."
)


@pages.for_patient("/dnevnik/nova")
@access(Access.SIGNED_IN)
def new_entry() -> str:
    """The form of a new entry: now, the unit written last, the meal of this time of day."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        values = _usual(opened, actor, actor.subject_id or 0)
    return _page(Form(values=values), None)


@pages.for_patient("/dnevnik/nova", methods=("POST",))
@takes_files(PHOTO_ROOM, "arriving")
@access(Access.SIGNED_IN)
def add_entry() -> Answer:
    """Write what was typed into the diary; nothing typed is lost when it cannot be."""
    return _add(None)


@pages.get("/pacienti/<int:patient_id>/dnevnik/klic")
@access(Access.STAFF)
def by_phone(patient_id: int) -> str:
    """The same form for what a patient says in a call."""
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        diary.open_sheet(actor, patient_id)
        values = _usual(opened, actor, patient_id)
    return _page(Form(values=values), patient_id)


@pages.post("/pacienti/<int:patient_id>/dnevnik/klic")
@takes_files(PHOTO_ROOM, "arriving")
@access(Access.STAFF)
def write_by_phone(patient_id: int) -> Answer:
    """What a patient said in a call is in the diary, marked so."""
    return _add(patient_id)


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a form."""

    reference: str = ""
    entry_id: int | None = None
    transcript_id: int | None = None
    is_very_low: bool = False

    @property
    def is_new(self) -> bool:
        return bool(self.reference or self.entry_id or self.transcript_id)


def _usual(opened: Session, actor: Actor, patient_id: int) -> dict[str, str]:
    unit = readings.open_form(opened, actor, patient_id)
    meal = diary.usual_meal(opened, patient_id, now=now())
    return fresh_moment() | {"unit": unit.value, "meal": meal.value}


def _page(form: Form, patient_id: int | None, asked: Question = NO_QUESTION) -> str:
    return form_page("new_entry", form, owner=patient_id, asked=asked)


def _add(patient_id: int | None) -> Answer:
    kept: dict[str, str] = {}
    try:
        kept = kept_photo(patient_id)
        typed = typed_form(ReadingFormSchema(), kept)
        asked = question(typed)
        if must_answer(asked, typed):
            return _page(again(kept), patient_id, asked), 422
        with unit_of_work() as opened:
            actor = current_actor(opened, patient_id)
            done = (_write if patient_id is None else _copy)(opened, actor, typed)
    except Invalid as refusal:
        return _page(refused(at_time(refusal), kept), patient_id), refusal.status
    _say(done, patient_id)
    if patient_id is None:
        return redirect(url_for("diary.diary"), 303)
    return redirect(url_for("diary.of_patient", patient_id=patient_id), 303)


def _parts(typed: TypedForm) -> tuple[tuple[readings.NewReading, ...], tuple[diary.NewEntry, ...]]:
    """The reading and the entry of a form; the note stands with the reading where there is one."""
    if typed.value is None:
        entry = diary.NewEntry(typed.key, typed.at, typed.offset_min, typed.content)
        return (), (entry,)
    reading = readings.NewReading(
        row=0,
        key=typed.key,
        measured_at=typed.at,
        offset_min=typed.offset_min,
        digits=typed.value,
        unit=typed.unit,
        kind=SourceKind.MANUAL,
        meal=typed.meal,
        note=typed.content.note,
    )
    content = replace(typed.content, note="")
    if content.is_empty:
        return (reading,), ()
    return (reading,), (diary.NewEntry(typed.key, typed.at, typed.offset_min, content),)


def _write(opened: Session, actor: Actor, typed: TypedForm) -> _Done:
    patient_id = actor.subject_id or 0
    reference, entry_id = "", None
    glucose, entries = _parts(typed)
    if glucose:
        outcome = readings.record(opened, actor, readings.Batch(patient_id, glucose), now=now())
        if outcome.rejected:
            raise refused_reading(outcome.rejected[0])
        reference = str(outcome.new[0]) if outcome.new else ""
    for entry in entries:
        written = diary.write(opened, actor, patient_id, entry, now=now())
        entry_id = written.entry.id if written.is_new else None
    is_very_low = bool(reference) and _is_very_low(typed.value, typed.unit)
    return _Done(reference, entry_id, is_very_low=is_very_low)


def _is_very_low(value: Value | None, unit: Unit) -> bool:
    if isinstance(value, Digits):
        return band(tick(value, unit), unit) is Band.VERY_LOW
    return value is Beyond.LO


def _copy(opened: Session, actor: Actor, typed: TypedForm) -> _Done:
    day = readings.local_day(typed.at)
    glucose, entries = _parts(typed)
    sheet = diary.Sheet(typed.key, TranscriptKind.PHONE, typed.source, day, day, glucose, entries)
    copy = diary.copy(opened, actor, actor.subject_id or 0, sheet, now=now())
    if copy.rejected:
        raise refused_reading(copy.rejected[0])
    return _Done(transcript_id=copy.transcript_id if copy.is_new else None)


def _say(done: _Done, patient_id: int | None) -> None:
    if not done.is_new:
        flash(gettext("This was already saved."), "info")
        return
    if done.is_very_low and patient_id is None:
        flash(gettext(_VERY_LOW), "warning")
    text = gettext("The reading is saved.") if done.reference else gettext("Saved in the diary.")
    if done.transcript_id is not None:
        undo = url_for("diary.undo_copy", patient_id=patient_id, transcript_id=done.transcript_id)
    elif done.reference:
        undo = url_for("diary.remove", reference=done.reference, zapis=done.entry_id)
    else:
        undo = url_for("diary.remove_entry", entry_id=done.entry_id)
    flash_with_undo(text, undo)
