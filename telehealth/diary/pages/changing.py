"""Looking closer at one thing in the diary: its history, changing it, removing it, taking back."""

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core.actor import Actor
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.bodies import takes_files
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.diary import service as diary
from telehealth.diary.pages.door import (
    NO_QUESTION,
    PHOTO_ROOM,
    Question,
    again,
    at_time,
    flash_with_undo,
    form_page,
    kept_photo,
    pages,
    question,
    refused,
    typed_form,
    typed_value,
    values_of,
)
from telehealth.diary.schemas import EntryFormSchema, ReadingFormSchema
from telehealth.readings import service as readings

Answer = AnyResponse | str | tuple[str, int]


@pages.for_patient("/dnevnik/<reference>/uredi")
@access(Access.SIGNED_IN)
def reading(reference: str) -> str:
    """One reading with its history, ready to be changed."""
    return _reading_page(reference, None)


@pages.for_patient("/dnevnik/<reference>/uredi", methods=("POST",))
@access(Access.SIGNED_IN)
def change_reading(reference: str) -> Answer:
    """The reading says what was typed; what it said before is in its history."""
    try:
        typed = typed_form(ReadingFormSchema(), {})
        asked = question(typed)
        if asked.is_open(typed):
            return _reading_page(reference, again({}), asked), 422
        with unit_of_work() as opened:
            actor, place = current_actor(opened), readings.Reference.read(reference)
            found = readings.entry(opened, actor, actor.subject_id or 0, place, now=now())
            change = readings.Change(
                measured_at=typed.at,
                offset_min=typed.offset_min,
                digits=typed.value or found.digits,
                unit=typed.unit,
                meal=typed.meal,
                note=typed.content.note,
                version=typed.version,
            )
            # A form knows minutes; what a meter sent to the second stays as it came.
            if local(found.measured_at).strftime("%F %H:%M") == local(typed.at).strftime(
                "%F %H:%M"
            ):
                change = _same_moment(change, found)
            readings.amend(opened, actor, actor.subject_id or 0, place, change, now=now())
    except Invalid as refusal:
        return _reading_page(reference, refused(at_time(refusal), {})), refusal.status
    except Conflict as refusal:
        shown = Invalid(refusal.detail)
        return _reading_page(reference, refused(shown, {})), refusal.status
    undo = url_for("diary.revert_reading", reference=reference)
    flash_with_undo(gettext("The reading is changed."), undo)
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/<reference>/prejsnja", methods=("POST",))
@access(Access.SIGNED_IN)
def revert_reading(reference: str) -> AnyResponse:
    """The reading says again what it said before its last change."""
    with unit_of_work() as opened:
        actor, place = current_actor(opened), readings.Reference.read(reference)
        readings.revert(opened, actor, actor.subject_id or 0, place, now=now())
    flash(gettext("The reading is as it was before."), "success")
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/<reference>/odstrani", methods=("POST",))
@access(Access.SIGNED_IN)
def remove(reference: str) -> AnyResponse:
    """Take an entry written by hand out of the diary, with what was written beside it."""
    entry_id = request.args.get("zapis", type=int)
    with unit_of_work() as opened:
        actor, place = current_actor(opened), readings.Reference.read(reference)
        readings.remove(opened, actor, actor.subject_id or 0, place, now=now())
        if entry_id is not None:
            diary.remove(opened, actor, actor.subject_id or 0, entry_id, now=now())
    undo = url_for("diary.restore", reference=reference, zapis=entry_id)
    flash_with_undo(gettext("The reading is removed."), undo)
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/<reference>/vrni", methods=("POST",))
@access(Access.SIGNED_IN)
def restore(reference: str) -> AnyResponse:
    """Put a removed entry back."""
    entry_id = request.args.get("zapis", type=int)
    with unit_of_work() as opened:
        actor, place = current_actor(opened), readings.Reference.read(reference)
        readings.restore(opened, actor, actor.subject_id or 0, place, now=now())
        if entry_id is not None:
            diary.restore(opened, actor, actor.subject_id or 0, entry_id, now=now())
    flash(gettext("The reading is back in the diary."), "success")
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/zapisi/<int:entry_id>")
@access(Access.SIGNED_IN)
def entry(entry_id: int) -> str:
    """One entry with its history, ready to be changed."""
    return _entry_page(entry_id, None)


@pages.for_patient("/dnevnik/zapisi/<int:entry_id>", methods=("POST",))
@takes_files(PHOTO_ROOM, "arriving")
@access(Access.SIGNED_IN)
def change_entry(entry_id: int) -> Answer:
    """The entry says what was typed; what it said before is in its history."""
    kept: dict[str, str] = {}
    try:
        kept = {"photo_id": ""} if "drop_photo" in request.form else {}
        kept |= kept_photo(None)
        typed = typed_form(EntryFormSchema(), kept)
        asked = question(typed)
        if asked.is_open(typed):
            return _entry_page(entry_id, again(kept), asked), 422
        with unit_of_work() as opened:
            actor = current_actor(opened)
            change = diary.Change(typed.at, typed.offset_min, typed.content, typed.version)
            diary.amend(opened, actor, actor.subject_id or 0, entry_id, change, now=now())
    except Invalid as refusal:
        return _entry_page(entry_id, refused(at_time(refusal), kept)), refusal.status
    except Conflict as refusal:
        return _entry_page(entry_id, refused(Invalid(refusal.detail), kept)), refusal.status
    undo = url_for("diary.revert_entry", entry_id=entry_id, razlicica=typed.version)
    flash_with_undo(gettext("The entry is changed."), undo)
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/zapisi/<int:entry_id>/odstrani", methods=("POST",))
@access(Access.SIGNED_IN)
def remove_entry(entry_id: int) -> AnyResponse:
    """Take an entry out of the diary."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        diary.remove(opened, actor, actor.subject_id or 0, entry_id, now=now())
    undo = url_for("diary.restore_entry", entry_id=entry_id)
    flash_with_undo(gettext("The entry is removed."), undo)
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/zapisi/<int:entry_id>/vrni", methods=("POST",))
@access(Access.SIGNED_IN)
def restore_entry(entry_id: int) -> AnyResponse:
    """Put a removed entry back."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        diary.restore(opened, actor, actor.subject_id or 0, entry_id, now=now())
    flash(gettext("The entry is back in the diary."), "success")
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/zapisi/<int:entry_id>/prejsnja", methods=("POST",))
@access(Access.SIGNED_IN)
def revert_entry(entry_id: int) -> AnyResponse:
    """The entry says again what it said in the version that the address names."""
    number = request.args.get("razlicica", default=0, type=int)
    with unit_of_work() as opened:
        actor = current_actor(opened)
        diary.revert(opened, actor, actor.subject_id or 0, entry_id, number, now=now())
    flash(gettext("The entry is as it was before."), "success")
    return redirect(url_for("diary.diary"), 303)


@pages.for_patient("/dnevnik/zapisi/<int:entry_id>/slika")
@access(Access.SIGNED_IN)
def photo(entry_id: int) -> Response:
    """The picture of a meal."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        found = diary.photo(opened, actor, actor.subject_id or 0, entry_id, now=now())
    return picture_response(found)


def picture_response(found: diary.Picture) -> Response:
    """A picture that no cache keeps and no browser takes for anything else."""
    answer = Response(found.content, mimetype=found.media_type.value)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Content-Disposition"] = "inline"
    return answer


def _same_moment(change: readings.Change, found: readings.Entry) -> readings.Change:
    return readings.Change(
        found.measured_at,
        found.offset_min,
        change.digits,
        change.unit,
        change.meal,
        change.note,
        change.version,
    )


def _reading_page(reference: str, form: Form | None, asked: Question = NO_QUESTION) -> str:
    with unit_of_work() as opened:
        actor, place = current_actor(opened), readings.Reference.read(reference)
        patient_id = actor.subject_id or 0
        versions = readings.history(opened, actor, patient_id, place, now=now())
        found = readings.entry(opened, actor, patient_id, place, now=now())
    here = local(found.measured_at)
    values = values_of(
        (here.date().isoformat(), f"{here:%H:%M}"),
        diary.Content(note=found.note),
        found.version,
        value=typed_value(found.digits),
        unit=found.unit.value,
        meal=found.meal.value,
    )
    return form_page(
        "reading",
        form or Form(values=values),
        entry=found,
        versions=versions[::-1],
        asked=asked,
    )


def _entry_page(entry_id: int, form: Form | None, asked: Question = NO_QUESTION) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened)
        found, states = _history(opened, actor, entry_id)
    here = local(found.at)
    values = values_of((here.date().isoformat(), f"{here:%H:%M}"), found.content, found.version)
    return form_page(
        "entry",
        form or Form(values=values),
        entry=found,
        states=states[::-1],
        asked=asked,
    )


def _history(
    opened: Session, actor: Actor, entry_id: int
) -> tuple[diary.Written, list[diary.State]]:
    found, states = diary.history(opened, actor, actor.subject_id or 0, entry_id, now=now())
    return found, list(states)
