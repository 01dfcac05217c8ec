"""Thresholds of the worklist: the clinic's, and those of one patient."""

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.identity.models import Person
from telehealth.monitoring import figures
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Rule
from telehealth.monitoring.pages.door import pages
from telehealth.monitoring.service import DEFAULT, Level

OFF = "-"
"""What is written into a field to switch a rule off."""


@pages.route("/pacienti/pragovi", methods=["GET", "POST"])
@access(Access.STAFF)
def clinic_limits() -> str | Response | tuple[str, int]:
    """The thresholds of the worker's clinic."""
    if request.method == "GET":
        return _clinic_page(Form())
    try:
        wish = typed()
        with unit_of_work() as opened:
            actor = current_actor(opened, signed_in().person_id)
            monitoring.set_for_unit(opened, actor, wish, now=now())
    except Invalid as refusal:
        return _clinic_page(Form.refused(refusal)), 422
    flash(gettext("Saved. The list is being judged anew."), "success")
    return redirect(url_for("monitoring.clinic_limits"), 303)


@pages.route("/pacienti/<int:patient_id>/pragovi", methods=["GET", "POST"])
@access(Access.STAFF)
def patient_limits(patient_id: int) -> str | Response | tuple[str, int]:
    """The thresholds of one patient."""
    if request.method == "GET":
        return _patient_page(patient_id, Form())
    try:
        wish = typed()
        with unit_of_work() as opened:
            actor = current_actor(opened, patient_id)
            monitoring.set_for_patient(opened, actor, patient_id, wish, now=now())
    except Invalid as refusal:
        return _patient_page(patient_id, Form.refused(refusal)), 422
    flash(gettext("Saved. The list is being judged anew."), "success")
    return redirect(url_for("monitoring.patient_limits", patient_id=patient_id), 303)


def typed() -> dict[Rule, float | str | None]:
    """The thresholds of the posted form: empty is the usual one, a hyphen switches a rule off.

    Raises:
        Invalid: something is no number.
    """
    wish: dict[Rule, float | str | None] = {}
    errors = []
    for rule in Rule:
        text = request.form.get(rule.value, "").strip().replace(",", ".")
        if text == OFF:
            wish[rule] = None
        elif not text:
            wish[rule] = DEFAULT
        else:
            try:
                wish[rule] = float(text)
            except ValueError:
                words = N_("Write a number, a hyphen (off), or nothing.")
                errors.append(FieldError(f"#/{rule.value}", words, "number"))
    if errors:
        raise Invalid(errors=tuple(errors))
    return wish


def _clinic_page(form: Form) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        name, levels = monitoring.look_at_unit(opened, actor, now=now())
    return _page(levels, form, unit_name=name, person=None)


def _patient_page(patient_id: int, form: Form) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        levels = monitoring.look_at_patient(opened, actor, patient_id, now=now())
        person = opened.get_one(Person, patient_id)
    return _page(levels, form, unit_name="", person=person)


def _page(levels: Sequence[Level], form: Form, **values: Any) -> str:
    return render_template(
        "monitoring/limits.html",
        form=form,
        levels=levels,
        rule_words=figures.RULE_WORDS,
        off=OFF,
        **values,
    )
