"""A week of a paper diary, copied by a worker: days by slots, one keystroke from cell to cell."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, time, timedelta
from uuid import uuid4

from flask import flash, redirect, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response as AnyResponse

from devices.glucose import Unit
from telehealth.core.clock import local
from telehealth.core.errors import FieldError, Invalid, NotFound
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.diary import service as diary
from telehealth.diary.models import TranscriptKind
from telehealth.diary.pages.door import flash_with_undo, pages, show
from telehealth.diary.schemas import (
    DAYS,
    SLOTS,
    USUAL_TIMES,
    TypedSheet,
    cell_name,
    in_words,
    instant,
    perhaps_meant,
    read_sheet,
    time_name,
)
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.schemas import sentence

_WEEK = timedelta(days=DAYS)
_MOST_KNOWN = 500


@pages.get("/pacienti/<int:patient_id>/dnevnik/papir")
@access(Access.STAFF)
def paper(patient_id: int) -> str:
    """The empty grid of a week, with what stands in the diary already."""
    return _page(patient_id, _monday(request.args.get("teden", "")), None)


@pages.post("/pacienti/<int:patient_id>/dnevnik/papir")
@access(Access.STAFF)
def copy_paper(patient_id: int) -> AnyResponse | tuple[str, int]:
    """The week is in the diary, marked as copied; or every wrong cell says what is wrong."""
    monday = _monday(request.form.get("teden", ""))
    try:
        typed = read_sheet(request.form, monday)
        if typed.question and typed.question != typed.sure:
            return _page(patient_id, monday, Form(request.form), typed), 422
        days = [cell.day for cell in typed.cells]
        sheet = diary.Sheet(
            typed.key,
            TranscriptKind.PAPER,
            typed.source,
            min(days),
            max(days),
            tuple(cell.reading for cell in typed.cells),
        )
        with unit_of_work() as opened:
            actor = current_actor(opened, patient_id)
            copy = diary.copy(opened, actor, patient_id, sheet, now=now())
            if copy.rejected:
                raise _refused(copy.rejected, typed)
    except Invalid as refusal:
        return _page(patient_id, monday, Form.refused(refusal)), refusal.status
    _say(copy, patient_id)
    after = (monday + _WEEK).isoformat()
    return redirect(url_for("diary.of_patient", patient_id=patient_id, pred=after), 303)


def _page(patient_id: int, monday: date, form: Form | None, asked: TypedSheet | None = None) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        diary.open_sheet(actor, patient_id)
        begins_at, ends_at = (instant(day, time(0))[0] for day in (monday, monday + _WEEK))
        week = readings.Window(begins_at, ends_at, limit=_MOST_KNOWN, with_sensor=False)
        known = readings.page(opened, actor, patient_id, week, now=now())
        person = opened.get(Person, patient_id)
        unit = readings.preferred_unit(opened, patient_id)
    if person is None:
        raise NotFound
    return show(
        "paper",
        person=person,
        form=form or Form(values=_fresh(unit)),
        days=[monday + timedelta(days=number) for number in range(DAYS)],
        slots=SLOTS,
        known=_known(known.items, monday, unit),
        cell_name=cell_name,
        time_name=time_name,
        units=[(one.value, one.value) for one in Unit],
        earlier=(monday - _WEEK).isoformat(),
        later=(monday + _WEEK).isoformat() if monday + _WEEK <= local(now()).date() else None,
        sure=asked.question if asked else "",
        asked=[
            (
                cell.day,
                cell.meal,
                in_words(cell.value, asked.unit),
                perhaps_meant(cell.value, asked.unit),
            )
            for cell in asked.doubtful
        ]
        if asked
        else [],
    )


def _fresh(unit: Unit) -> dict[str, str]:
    times = {time_name(meal): at for meal, at in USUAL_TIMES.items()}
    return times | {"key": uuid4().hex, "unit": unit.value}


def _monday(text: str) -> date:
    """The Monday of the week of a day; of the last whole week for any other word."""
    today = local(now()).date()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today - _WEEK
    if not date(1900, 1, 8) < day <= today:
        day = today - _WEEK
    return day - timedelta(days=day.weekday())


def _known(found: Iterable[readings.Entry], monday: date, unit: Unit) -> dict[str, list[str]]:
    """What stands in the diary already, by cell; the unit only where it is another."""
    known: dict[str, list[str]] = defaultdict(list)
    for entry in found:
        number = (readings.local_day(entry.measured_at) - monday).days
        if 0 <= number < DAYS and entry.meal in SLOTS:
            said = in_words(entry.digits, entry.unit).removesuffix(f" {unit.value}")
            known[cell_name(number, entry.meal)].append(said)
    return known


def _refused(rejected: Sequence[readings.Rejection], typed: TypedSheet) -> Invalid:
    """What the service did not take, beside its cell."""
    names = {cell.reading.row: cell.name for cell in typed.cells}
    return Invalid(
        errors=tuple(
            FieldError(f"#/{names[one.row]}", sentence(one), str(one.code)) for one in rejected
        )
    )


def _say(copy: diary.Copy, patient_id: int) -> None:
    if not copy.is_new:
        flash(gettext("This was already saved."), "info")
        return
    text = ngettext("%(num)d value is copied.", "%(num)d values are copied.", copy.n)
    undo = url_for("diary.undo_copy", patient_id=patient_id, transcript_id=copy.transcript_id)
    flash_with_undo(text, undo)
