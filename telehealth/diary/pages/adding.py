"""Adding to the diary: a value in two taps, everything else below it; a call from a patient."""

from dataclasses import dataclass, replace

from flask import flash, redirect, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

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
from telehealth.diary.schemas import ReadingFormSchema, TypedForm
from telehealth.glycemia.bands import Band
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from telehealth.targets import service as targets

Answer = AnyResponse | str | tuple[str, int]
_LOW_WORDS = {
    readings.Advice.LOW: N_("Saved: the value is low. What to do stands here."),
    readings.Advice.VERY_LOW: N_("Saved: the value is very low. What to do stands here."),
}
_PAST_LOW_WORDS = {
    Band.LOW: N_("Saved. The value was low; it is not of now."),
    Band.VERY_LOW: N_("Saved. The value was very low; it is not of now."),
}


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
    band: Band = Band.IN_RANGE
    """Where the value lies in the patient's own ranges."""
    advice: readings.Advice | None = None
    """What to do about it now."""

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
    return redirect(_place_after(done, patient_id), 303)


def _place_after(done: _Done, patient_id: int | None) -> str:
    """Where it goes on: a low of now told on the phone is not finished when it is saved."""
    if patient_id is None:
        return url_for("diary.diary")
    if done.transcript_id is not None and done.advice:
        return url_for("diary.after_call", patient_id=patient_id, transcript_id=done.transcript_id)
    return url_for("diary.of_patient", patient_id=patient_id)


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
    return _low(opened, typed, _Done(reference, entry_id), patient_id)


def _low(opened: Session, typed: TypedForm, done: _Done, patient_id: int) -> _Done:
    if typed.value is None:
        return done
    ranges = targets.ranges_of(opened, patient_id)
    found = readings.band_as_entered(typed.value, typed.unit, ranges)
    return replace(done, band=found, advice=readings.advice_on(found, typed.at, now=now()))


def _copy(opened: Session, actor: Actor, typed: TypedForm) -> _Done:
    day = readings.local_day(typed.at)
    glucose, entries = _parts(typed)
    sheet = diary.Sheet(typed.key, TranscriptKind.PHONE, typed.source, day, day, glucose, entries)
    patient_id = actor.subject_id or 0
    copy = diary.copy(opened, actor, patient_id, sheet, now=now())
    if copy.rejected:
        raise refused_reading(copy.rejected[0])
    done = _Done(transcript_id=copy.transcript_id if copy.is_new else None)
    return _low(opened, typed, done, patient_id)


def _say(done: _Done, patient_id: int | None) -> None:
    if not done.is_new:
        flash(gettext("This was already saved."), "info")
        return
    if done.transcript_id is not None:
        undo = url_for("diary.undo_copy", patient_id=patient_id, transcript_id=done.transcript_id)
    elif done.reference:
        undo = url_for("diary.remove", reference=done.reference, zapis=done.entry_id)
    else:
        undo = url_for("diary.remove_entry", entry_id=done.entry_id)
    if done.transcript_id is not None and done.advice:
        return  # the page that follows says it
    if done.advice:
        flash_with_undo(gettext(_LOW_WORDS[done.advice]), undo, "warning")
    elif done.band in _PAST_LOW_WORDS:
        flash_with_undo(gettext(_PAST_LOW_WORDS[done.band]), undo, "warning")
    elif done.reference:
        flash_with_undo(gettext("The reading is saved."), undo)
    else:
        flash_with_undo(gettext("Saved in the diary."), undo)
