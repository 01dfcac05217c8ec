"""Pages of meters: the patient's own, and the same for the care team."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.clock import local
from telehealth.core.errors import Invalid, NotFound
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, Pages, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.identity.models import Person
from telehealth.meters import service as meters
from telehealth.meters.figures import (
    battery_words,
    clock_words,
    interval_words,
    reader_words,
    waiting_words,
)
from telehealth.meters.schemas import NameSchema, NewMeterSchema, StraySchema
from telehealth.readings import service as readings

pages = Pages("meters", __name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose meters a page shows: the patient's own pages, or the care team's of a patient."""

    patient_id: int | None = None

    @property
    def is_staff(self) -> bool:
        """Whether the care team reads it."""
        return self.patient_id is not None

    def url(self, endpoint: str, **values: Any) -> str:
        """The same page on this side: `url("meter", meter_id=1)`."""
        if self.patient_id is None:
            return url_for(f"meters.{endpoint}", **values)
        return url_for(f"meters.patient_{endpoint}", patient_id=self.patient_id, **values)

    def said(self, text: str, undo: str = "", **values: Any) -> None:
        """Say what has just happened, with a way back where there is one."""
        message: Any = {"text": text, "undo": self.url(undo, **values)} if undo else text
        flash(message, "success")

    def show(self, template: str, **more: Any) -> str:
        """Render a page with the words both sides need."""
        return render_template(
            f"meters/{template}.html",
            place=self,
            frame="core/staff.html" if self.is_staff else "core/page.html",
            section="monitoring.patients" if self.is_staff else "home.more",
            clock_words=clock_words,
            battery_words=battery_words,
            interval_words=interval_words,
            kind_words=meters.KIND_WORDS,
            how_words=meters.HOW_WORDS,
            **more,
        )


@pages.for_patient("/merilniki")
@access(Access.SIGNED_IN)
def mine() -> str:
    """Meters and sensors, how they do, and ways to add one."""
    return _list(Place())


@pages.get("/pacienti/<int:patient_id>/merilniki")
@access(Access.STAFF)
def patient_mine(patient_id: int) -> str:
    """The same for the care team."""
    return _list(Place(patient_id))


@pages.for_patient("/merilniki/<int:meter_id>")
@access(Access.SIGNED_IN)
def meter(meter_id: int) -> str:
    """One meter: state, history, what was set aside."""
    return _meter(Place(), meter_id)


@pages.get("/pacienti/<int:patient_id>/merilniki/<int:meter_id>")
@access(Access.STAFF)
def patient_meter(patient_id: int, meter_id: int) -> str:
    """The same for the care team."""
    return _meter(Place(patient_id), meter_id)


@pages.for_patient("/merilniki/dodaj", methods=("GET", "POST"))
@access(Access.SIGNED_IN)
def add() -> Response | str | tuple[str, int]:
    """Add a meter by hand."""
    return _add(Place())


@pages.route("/pacienti/<int:patient_id>/merilniki/dodaj", methods=("GET", "POST"))
@access(Access.STAFF)
def patient_add(patient_id: int) -> Response | str | tuple[str, int]:
    """The same for the care team: a meter is handed out."""
    return _add(Place(patient_id))


@pages.for_patient("/merilniki/prevzem", methods=("POST",))
@access(Access.SIGNED_IN)
def adopt() -> Response:
    """Register a device that readings name already."""
    return _adopt(Place())


@pages.post("/pacienti/<int:patient_id>/merilniki/prevzem")
@access(Access.STAFF)
def patient_adopt(patient_id: int) -> Response:
    """The same for the care team."""
    return _adopt(Place(patient_id))


@pages.for_patient("/merilniki/<int:meter_id>/ime", methods=("POST",))
@access(Access.SIGNED_IN)
def rename(meter_id: int) -> Response | tuple[str, int]:
    """Give a meter a name."""
    return _rename(Place(), meter_id)


@pages.post("/pacienti/<int:patient_id>/merilniki/<int:meter_id>/ime")
@access(Access.STAFF)
def patient_rename(patient_id: int, meter_id: int) -> Response | tuple[str, int]:
    """The same for the care team."""
    return _rename(Place(patient_id), meter_id)


@pages.for_patient("/merilniki/<int:meter_id>/odstrani", methods=("POST",))
@access(Access.SIGNED_IN)
def unbind(meter_id: int) -> Response:
    """Release a meter; its readings stay."""
    return _unbind(Place(), meter_id)


@pages.post("/pacienti/<int:patient_id>/merilniki/<int:meter_id>/odstrani")
@access(Access.STAFF)
def patient_unbind(patient_id: int, meter_id: int) -> Response:
    """The same for the care team."""
    return _unbind(Place(patient_id), meter_id)


@pages.for_patient("/merilniki/<int:meter_id>/vrni", methods=("POST",))
@access(Access.SIGNED_IN)
def bind_again(meter_id: int) -> Response:
    """Take a released meter back."""
    return _bind_again(Place(), meter_id)


@pages.post("/pacienti/<int:patient_id>/merilniki/<int:meter_id>/vrni")
@access(Access.STAFF)
def patient_bind_again(patient_id: int, meter_id: int) -> Response:
    """The same for the care team."""
    return _bind_again(Place(patient_id), meter_id)


@pages.for_patient("/merilniki/zapisi/<int:record_id>/<deed>", methods=("POST",))
@access(Access.SIGNED_IN)
def decide(record_id: int, deed: str) -> Response:
    """Decide about a record that was set aside."""
    return _decide(Place(), record_id, deed)


@pages.post("/pacienti/<int:patient_id>/merilniki/zapisi/<int:record_id>/<deed>")
@access(Access.STAFF)
def patient_decide(patient_id: int, record_id: int, deed: str) -> Response:
    """The same for the care team."""
    return _decide(Place(patient_id), record_id, deed)


@pages.for_patient("/merilniki/povezi")
@access(Access.SIGNED_IN)
def connect() -> str:
    """Read a meter in the browser, or find another way."""
    return _connect(Place())


@pages.get("/pacienti/<int:patient_id>/merilniki/povezi")
@access(Access.STAFF)
def patient_connect(patient_id: int) -> str:
    """The same in the clinic, with the patient's meter on the table."""
    return _connect(Place(patient_id))


def _list(place: Place) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        found = meters.of_patient(session, actor, actor.subject_id or 0, now=now())
        person = session.get_one(Person, actor.subject_id)
        waiting = waiting_words(meters.waiting_of(session, person.id))
    return place.show("list", found=found, person=person, waiting=waiting)


def _meter(place: Place, meter_id: int, form: Form | None = None) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        patient_id = actor.subject_id or 0
        known = meters.one(session, actor, patient_id, meter_id, now=now())
        aside = meters.set_aside(session, actor, patient_id, meter_id, now=now())
        person = session.get_one(Person, actor.subject_id)
        waiting = waiting_words(meters.waiting_of(session, person.id))
    return place.show(
        "meter",
        known=known,
        waiting=waiting,
        aside=aside,
        person=person,
        form=form or Form(),
        doubt_words=meters.DOUBT_WORDS,
        record_words=meters.RECORD_WORDS,
        state_words=meters.STATE_WORDS,
    )


def _add(place: Place) -> Response | str | tuple[str, int]:
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        person = session.get_one(Person, actor.subject_id)
        meters.of_patient(session, actor, actor.subject_id or 0, now=now())
    if request.method == "GET":
        return place.show("add", form=Form(), person=person)
    try:
        wish = read_form(NewMeterSchema())
        with unit_of_work() as session:
            actor = current_actor(session, place.patient_id)
            made = meters.bind(session, actor, actor.subject_id or 0, wish, now=now())
            meter_id = made.id
    except Invalid as refusal:
        return place.show("add", form=Form.refused(refusal), person=person), 422
    except meters.BoundElsewhere as refusal:
        form = Form(request.form, {"serial": gettext(refusal.detail)})
        return place.show("add", form=form, person=person), 409
    place.said(gettext("The meter is added."), undo="unbind", meter_id=meter_id)
    return redirect(place.url("meter", meter_id=meter_id), 303)


def _adopt(place: Place) -> Response:
    wish = read_form(StraySchema())
    try:
        with unit_of_work() as session:
            actor = current_actor(session, place.patient_id)
            made = meters.bind(session, actor, actor.subject_id or 0, wish, now=now())
            meter_id = made.id
    except meters.BoundElsewhere as refusal:
        flash(gettext(refusal.detail), "error")
        return redirect(place.url("mine"), 303)
    place.said(gettext("The meter is added."), undo="unbind", meter_id=meter_id)
    return redirect(place.url("mine"), 303)


def _rename(place: Place, meter_id: int) -> Response | tuple[str, int]:
    try:
        name = read_form(NameSchema())
    except Invalid as refusal:
        return _meter(place, meter_id, Form.refused(refusal)), 422
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        meters.rename(session, actor, actor.subject_id or 0, meter_id, name, now=now())
    place.said(gettext("The name is saved."))
    return redirect(place.url("meter", meter_id=meter_id), 303)


def _unbind(place: Place, meter_id: int) -> Response:
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        meters.unbind(session, actor, actor.subject_id or 0, meter_id, now=now())
    said = gettext("The meter is removed. Its readings stay in the diary.")
    place.said(said, undo="bind_again", meter_id=meter_id)
    return redirect(place.url("mine"), 303)


def _bind_again(place: Place, meter_id: int) -> Response:
    try:
        with unit_of_work() as session:
            actor = current_actor(session, place.patient_id)
            meters.bind_again(session, actor, actor.subject_id or 0, meter_id, now=now())
    except meters.BoundElsewhere as refusal:
        flash(gettext(refusal.detail), "error")
    else:
        place.said(gettext("The meter is registered again."))
    return redirect(place.url("mine"), 303)


def _decide(place: Place, record_id: int, deed: str) -> Response:
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        whose = actor.subject_id or 0
        match deed:
            case "vzemi" | "popravi":
                is_corrected = deed == "popravi"
                meter_id = meters.take(
                    session, actor, whose, record_id, corrected=is_corrected, now=now()
                )
            case "ni-meritev":
                meter_id = meters.dismiss(session, actor, whose, record_id, now=now())
            case "vrni":
                meter_id = meters.wait_again(session, actor, whose, record_id, now=now())
            case _:
                raise NotFound
    match deed:
        case "ni-meritev":
            said = gettext("It stays out of the diary.")
            place.said(said, undo="decide", record_id=record_id, deed="vrni")
        case "vrni":
            place.said(gettext("It waits for your decision again."))
        case _:
            place.said(gettext("The reading is in the diary."))
    return redirect(place.url("meter", meter_id=meter_id), 303)


def _connect(place: Place) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, place.patient_id)
        found = meters.of_patient(session, actor, actor.subject_id or 0, now=now())
        person = session.get_one(Person, actor.subject_id)
        unit = readings.preferred_unit(session, person.id)
    wall = local(now()).replace(tzinfo=None)
    return place.show(
        "connect", found=found, person=person, reader_words=reader_words(), wall=wall, unit=unit
    )
