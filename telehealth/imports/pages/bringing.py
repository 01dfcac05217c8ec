"""Pages of one import: choose a file, see what is in it, answer, say yes, take it back."""

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Response, flash, jsonify, redirect, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from devices import files
from devices.files import DateOrder, Format
from devices.glucose import Unit
from telehealth.core.clock import HOME_ZONE
from telehealth.core.errors import Conflict, FieldError, Invalid, Refusal
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.bodies import takes_files
from telehealth.core.web.pages import Form, acting
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from telehealth.core.web.words import locale
from telehealth.imports import service as imports
from telehealth.imports.gateways import FOLDER, Shelf, shelf_of
from telehealth.imports.models import State
from telehealth.imports.pages.door import door, for_both
from telehealth.imports.pages.tables import about_table, table_form, words_of

MAX_FILE_BYTES = 100 * 1024 * 1024
MAX_BODY_BYTES = MAX_FILE_BYTES + 64 * 1024
"""The file and the fields of its form around it."""
Shown = str | tuple[str, int] | AnyResponse


@for_both("/uvoz")
@access(Access.SIGNED_IN)
def start(patient_id: int | None = None) -> Shown:
    """Choose a file; below, the imports of the past."""
    return _start_page(patient_id, Form())


@for_both("/uvoz", methods=("POST",))
@takes_files(MAX_BODY_BYTES, FOLDER)
@access(Access.SIGNED_IN)
def bring(patient_id: int | None = None) -> Shown:
    """Take a file; the worker looks at it."""
    try:
        import_id = _receive(patient_id, request.files.get("file"))
    except (Invalid, Conflict) as refusal:
        return _start_page(patient_id, _refused(refusal), refusal.status)
    return redirect(door("show", patient_id, import_id=import_id), 303)


@for_both("/uvoz/<int:import_id>")
@access(Access.SIGNED_IN)
def show(import_id: int, patient_id: int | None = None) -> Shown:
    """One import in the state it is in."""
    return _import_page(import_id, patient_id, Form())


@for_both("/uvoz/<int:import_id>/stanje.json")
@access(Access.SIGNED_IN)
def progress(import_id: int, patient_id: int | None = None) -> Response:
    """How far the worker is; asked about once a second."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = imports.progress_of(session, actor, actor.subject_id or 0, import_id)
    answer = jsonify({"state": found.state.value, "done_pct": found.done_pct})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@for_both("/uvoz/<int:import_id>/odgovor", methods=("POST",))
@access(Access.SIGNED_IN)
def answer(import_id: int, patient_id: int | None = None) -> Shown:
    """Take what only a person can say about the file."""
    try:
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            whom = actor.subject_id or 0
            asked = imports.one(session, actor, whom, import_id, now=now()).sight
            imports.answer(session, actor, whom, import_id, _answer(asked), now=now())
    except Invalid as refusal:
        return _import_page(import_id, patient_id, Form.refused(refusal), refusal.status)
    return redirect(door("show", patient_id, import_id=import_id), 303)


@for_both("/uvoz/<int:import_id>/potrditev", methods=("POST",))
@access(Access.SIGNED_IN)
def confirm(import_id: int, patient_id: int | None = None) -> Shown:
    """Say yes: the worker adds the readings."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        imports.confirm(session, actor, actor.subject_id or 0, import_id, now=now())
    return redirect(door("show", patient_id, import_id=import_id), 303)


@for_both("/uvoz/<int:import_id>/zavrzi", methods=("POST",))
@access(Access.SIGNED_IN)
def discard(import_id: int, patient_id: int | None = None) -> Shown:
    """Throw the file away."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        row = imports.discard(session, actor, actor.subject_id or 0, import_id, now=now())
    _shelf().forget(row.token)
    flash(gettext("The file is deleted. Nothing was imported."), "success")
    return redirect(door("start", patient_id), 303)


@for_both("/uvoz/<int:import_id>/preklic", methods=("POST",))
@access(Access.SIGNED_IN)
def undo(import_id: int, patient_id: int | None = None) -> Shown:
    """Take out what this import added."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        imports.undo(session, actor, actor.subject_id or 0, import_id, now=now())
    return redirect(door("show", patient_id, import_id=import_id), 303)


def _receive(patient_id: int | None, file: FileStorage | None) -> int:
    if file is None or not file.filename:
        raise Invalid(errors=(FieldError("#/file", N_("Choose a file."), "missing"),))
    file.stream.flush()
    shelf = _shelf()
    token = shelf.keep(Path(str(getattr(file.stream, "name", ""))))
    try:
        sent = imports.Sent(token, shelf.size(token), request.form.get("zone", ""))
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            return imports.receive(session, actor, actor.subject_id or 0, sent, now=now()).id
    except Refusal:
        shelf.forget(token)
        raise


def _answer(asked: imports.Sight) -> imports.Answer:
    """Read the form: every question that is open has to be answered."""
    given = request.form
    if asked.asks("table") or given.get("about") == "table":
        return about_table(given)
    words, wrong = words_of(asked, given)
    order = {"dmy": DateOrder.DMY, "mdy": DateOrder.MDY}.get(given.get("date_order", ""))
    unit = {unit.value: unit for unit in Unit}.get(given.get("unit", ""))
    if asked.asks("date_order") and order is None:
        wrong.append(FieldError("#/date_order", N_("Say which number is the day."), "missing"))
    if asked.asks("unit") and unit is None:
        wrong.append(FieldError("#/unit", N_("Choose the unit."), "missing"))
    columns = given.get("columns") == "yes"
    if asked.asks("columns") and not columns:
        sentence = N_("Confirm where this file is from, or discard it.")
        wrong.append(FieldError("#/columns", sentence, "missing"))
    if wrong:
        raise Invalid(errors=tuple(wrong))
    return imports.Answer(given.get("zone"), order, unit, columns or None, words=words)


def _refused(refusal: Refusal) -> Form:
    if isinstance(refusal, Invalid):
        return Form.refused(refusal)
    return Form(request.form, {"": gettext(refusal.detail)})


def _start_page(patient_id: int | None, form: Form, status: int = 200) -> Shown:
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        name, past = imports.past(session, actor, actor.subject_id or 0, now=now())
    text = render_template(
        "imports/start.html",
        form=form,
        past=past,
        patient_name=name,
        max_mb=MAX_FILE_BYTES // 2**20,
        max_bytes=MAX_FILE_BYTES,
        zones=_zones(HOME_ZONE.key),
        **_frame(patient_id),
    )
    return text, status


def _import_page(import_id: int, patient_id: int | None, form: Form, status: int = 200) -> Shown:
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        whom = actor.subject_id or 0
        found = imports.one(session, actor, whom, import_id, now=now())
        before = imports.remembered(session, actor, whom, found.sight.table_key)
    name = _name_in(found)
    is_table = found.sight.format == Format.TABLE and found.state in (State.ASKING, State.READY)
    text = render_template(
        "imports/show.html",
        form=form,
        found=found,
        sight=found.sight,
        file_name=name,
        is_same_name=imports.is_same_name(name, found.patient_name),
        zones=_zones(found.zone),
        about=table_form(_shelf().sent(found.token), found, before) if is_table else None,
        wall=lambda at: _on_the_wall(at, found.zone),
        **_frame(patient_id),
    )
    return text, status


def _on_the_wall(at: datetime, zone: str) -> str:
    """A time as the file has it, so that a person can compare the two."""
    pattern = "d. M. y, H.mm" if locale() == "sl" else "d MMM y, HH:mm"
    return format_datetime(at, pattern, ZoneInfo(zone), locale())


def _name_in(found: imports.Import) -> str:
    """Whose name the file bears: looked up each time, shown, and neither kept nor logged."""
    if found.state not in (State.ASKING, State.READY):
        return ""
    try:
        with _shelf().sent(found.token).open("rb") as stream:
            return files.person_in(stream)
    except FileNotFoundError:
        return ""


def _frame(patient_id: int | None) -> dict[str, Any]:
    def address(name: str, **values: Any) -> str:
        return door(name, patient_id, **values)

    is_own = patient_id is None and acting() is None
    return {"patient_id": patient_id, "door": address, "is_own": is_own, "words": imports}


def _zones(first: str) -> list[tuple[str, str]]:
    others = (name for name in imports.zones() if name != first)
    return [(name, name.replace("_", " ")) for name in (first, *others)]


def _shelf() -> Shelf:
    return shelf_of(platform().settings)
