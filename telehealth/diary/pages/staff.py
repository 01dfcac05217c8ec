"""Pages for the care team: a patient's diary, its pictures, taking a copy back."""

from flask import Response, flash, redirect, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core.errors import NotFound
from telehealth.core.web.access import Access, access
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.diary import service as diary
from telehealth.diary.pages.changing import picture_response
from telehealth.diary.pages.diary import chosen_view, list_values
from telehealth.diary.pages.door import pages, show
from telehealth.identity.models import Person


@pages.get("/pacienti/<int:patient_id>/dnevnik")
@access(Access.STAFF)
def of_patient(patient_id: int) -> str:
    """The diary of a patient, with the ways to write for the patient."""
    view = chosen_view()
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        shown = diary.show(opened, actor, patient_id, view, now=now())
        person = opened.get(Person, patient_id)
    if person is None:
        raise NotFound
    return show(
        "of_patient",
        person=person,
        owner=patient_id,
        has_sensor=False,
        undoable=_undoable(shown),
        **list_values(view, shown),
    )


def _undoable(shown: diary.Shown) -> list[diary.Copied]:
    """What the worker copied into this week and may take back, each copy once."""
    entries = (item for day in shown.days for item in day.items if isinstance(item, diary.Written))
    found = [*shown.copied.values(), *(item.copied for item in entries if item.copied)]
    return list({copied.id: copied for copied in found if copied.may_undo}.values())


@pages.get("/pacienti/<int:patient_id>/dnevnik/zapisi/<int:entry_id>/slika")
@access(Access.STAFF)
def photo_of_patient(patient_id: int, entry_id: int) -> Response:
    """The picture of a meal, for the care team."""
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        found = diary.photo(opened, actor, patient_id, entry_id, now=now())
    return picture_response(found)


@pages.post("/pacienti/<int:patient_id>/dnevnik/prepisi/<int:transcript_id>/razveljavi")
@access(Access.STAFF)
def undo_copy(patient_id: int, transcript_id: int) -> AnyResponse:
    """What was copied at once is out of the diary again."""
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        n = diary.undo_copy(opened, actor, patient_id, transcript_id, now=now())
    if n:
        text = ngettext("%(num)d entry is taken back.", "%(num)d entries are taken back.", n)
    else:
        text = gettext("This was already taken back.")
    flash(text, "success")
    return redirect(url_for("diary.of_patient", patient_id=patient_id), 303)
