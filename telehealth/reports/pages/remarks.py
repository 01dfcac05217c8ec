"""Remarks of the care team on a patient's day: write, change, remove, bring back."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from telehealth.core.errors import Conflict, Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.identity import service as identity
from telehealth.reports import service as reports
from telehealth.reports.models import Audience
from telehealth.reports.pages.door import flash_with_undo, pages
from telehealth.reports.pages.staff import page_of
from telehealth.reports.schemas import RemarkFormSchema


@pages.post("/pacienti/<int:patient_id>/porocilo/opombe")
@access(Access.STAFF)
def add_remark(patient_id: int) -> AnyResponse | tuple[str, int]:
    """Write a remark on a day or a moment."""
    try:
        typed = read_form(RemarkFormSchema())
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            reports.add_remark(session, actor, patient_id, typed.remark, now=now())
    except Invalid as refusal:
        return page_of(patient_id, Form.refused(refusal), Form()), 422
    flash(gettext("The remark is saved."), "success")
    length, last = request.args.get("dni"), request.args.get("do")
    back = url_for("reports.patient", patient_id=patient_id, dni=length, do=last)
    return redirect(back + "#remarks", 303)


@pages.get("/pacienti/<int:patient_id>/porocilo/opombe/<int:remark_id>")
@access(Access.STAFF)
def remark(patient_id: int, remark_id: int) -> str:
    """A remark to change, with how it stood before."""
    return _shown(patient_id, remark_id, None)


@pages.post("/pacienti/<int:patient_id>/porocilo/opombe/<int:remark_id>")
@access(Access.STAFF)
def change_remark(patient_id: int, remark_id: int) -> AnyResponse | tuple[str, int]:
    """Change a remark; what was typed is kept when it cannot be."""
    try:
        typed = read_form(RemarkFormSchema())
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            reports.change_remark(
                session,
                actor,
                patient_id,
                remark_id,
                typed.remark,
                version=typed.version,
                now=now(),
            )
    except Invalid as refusal:
        return _shown(patient_id, remark_id, Form.refused(refusal)), 422
    except Conflict as refusal:
        said = Form(request.form, {"": gettext(refusal.detail)})
        return _shown(patient_id, remark_id, said), 409
    flash(gettext("The remark is saved."), "success")
    return redirect(url_for("reports.patient", patient_id=patient_id) + "#remarks", 303)


@pages.post("/pacienti/<int:patient_id>/porocilo/opombe/<int:remark_id>/odstrani")
@access(Access.STAFF)
def remove_remark(patient_id: int, remark_id: int) -> AnyResponse:
    """Remove a remark."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        reports.remove_remark(session, actor, patient_id, remark_id, now=now())
    undo = url_for("reports.restore_remark", patient_id=patient_id, remark_id=remark_id)
    said = gettext("The remark is removed.")
    flash_with_undo(said, undo)
    return redirect(url_for("reports.patient", patient_id=patient_id) + "#remarks", 303)


@pages.post("/pacienti/<int:patient_id>/porocilo/opombe/<int:remark_id>/vrni")
@access(Access.STAFF)
def restore_remark(patient_id: int, remark_id: int) -> AnyResponse:
    """Bring a removed remark back."""
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        reports.restore_remark(session, actor, patient_id, remark_id, now=now())
    flash(gettext("The remark is back."), "success")
    return redirect(url_for("reports.patient", patient_id=patient_id) + "#remarks", 303)


def _shown(patient_id: int, remark_id: int, form: Form | None) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found, past = reports.remark_history(session, actor, patient_id, remark_id, now=now())
        person = identity.person(session, patient_id)
    fresh = Form(
        values={
            "day": found.day.isoformat(),
            "time": found.clock,
            "text": found.text,
            "audience": found.audience.value,
        }
    )
    return render_template(
        "reports/remark.html",
        person=person,
        found=found,
        past=past,
        form=form or fresh,
        Audience=Audience,
    )
