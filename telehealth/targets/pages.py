"""Staff pages of targets: the range and the goals of a patient, and when to measure."""

from typing import Any

from babel.dates import get_day_names
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from devices.glucose import Unit
from telehealth.core.errors import Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, Pages
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.words import locale
from telehealth.glycemia.presets import PRESETS
from telehealth.glycemia.slots import Slot
from telehealth.identity.models import Person
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from telehealth.targets.schemas import typed_plan, typed_targets

pages = Pages("targets", __name__)

POPULATION_WORDS = {
    Population.ADULT: (
        N_("Adults, type 1 or 2"),
        N_("in range more than 70 %, below less than 4 %"),
    ),
    Population.CHILD: (
        N_("Children and adolescents"),
        N_("as for adults; the nurse is told of a low within 30 minutes"),
    ),
    Population.OLDER: (
        N_("Older people, high risk"),
        N_("in range more than 50 %, below less than 1 %"),
    ),
    Population.PREGNANCY_TYPE1: (
        N_("Pregnancy, type 1"),
        N_("3.5 to 7.8 mmol/L, in range more than 70 %"),
    ),
    Population.PREGNANCY_TYPE2: (
        N_("Pregnancy, type 2 or gestational"),
        N_("3.5 to 7.8 mmol/L, no published goals: set your own"),
    ),
}
GOAL_WORDS = {
    "tir_pct": N_("In range, more than"),
    "below_target_pct": N_("Below range, less than"),
    "below_54_pct": N_("Of these below 3.0 mmol/L (54 mg/dL), less than"),
    "above_target_pct": N_("Above range, less than"),
    "above_250_pct": N_("Of these above 13.9 mmol/L (250 mg/dL), less than"),
}


@pages.route("/pacienti/<int:patient_id>/cilji", methods=["GET", "POST"])
@access(Access.STAFF)
def edit(patient_id: int) -> str | Response | tuple[str, int]:
    """The patient's targets: in force, earlier ones, and setting new ones."""
    if request.method == "GET":
        return _targets_page(patient_id, Form())
    try:
        new = typed_targets(request.form)
        with unit_of_work() as opened:
            actor = current_actor(opened, patient_id)
            targets.set_targets(opened, actor, patient_id, new, now=now())
    except Invalid as refusal:
        return _targets_page(patient_id, Form.refused(refusal)), 422
    flash(gettext("Targets saved. The sums of all days are being counted anew."), "success")
    return redirect(url_for("targets.edit", patient_id=patient_id), 303)


@pages.route("/pacienti/<int:patient_id>/nacrt", methods=["GET", "POST"])
@access(Access.STAFF)
def edit_plan(patient_id: int) -> str | Response | tuple[str, int]:
    """The patient's measurement plan: in force, earlier ones, and agreeing on a new one."""
    if request.method == "GET":
        return _plan_page(patient_id, Form())
    try:
        new = typed_plan(request.form)
        with unit_of_work() as opened:
            actor = current_actor(opened, patient_id)
            targets.set_plan(opened, actor, patient_id, new, now=now())
    except Invalid as refusal:
        return _plan_page(patient_id, Form.refused(refusal)), 422
    flash(gettext("Plan saved. It holds from today on."), "success")
    return redirect(url_for("targets.edit_plan", patient_id=patient_id), 303)


def _targets_page(patient_id: int, form: Form) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        current, earlier = targets.look(opened, actor, patient_id, now=now())
        offered = targets.OFFERS[0].lines(opened, actor, patient_id, now=now())
        person = opened.get_one(Person, patient_id)
    published = PRESETS[current.population]
    goals_are_own = {name: share for name, share in current.goals.items() if share is not None} != {
        name: goal.limit_pct for name, goal in published.goals.items()
    }
    return render_template(
        "targets/targets.html",
        form=form,
        person=person,
        current=current,
        earlier=earlier,
        goals_are_own=goals_are_own,
        populations=[
            (one.value, gettext(name), gettext(hint))
            for one, (name, hint) in POPULATION_WORDS.items()
        ],
        population_words=POPULATION_WORDS,
        offered=offered,
        takes_rules=form.value("rules") == "take" if form.values else True,
        goal_words=GOAL_WORDS,
        units=list(Unit),
        unit=current.unit or Unit.MMOL_L,
    )


def _plan_page(patient_id: int, form: Form) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        versions = targets.look_at_plan(opened, actor, patient_id, now=now())
        person = opened.get_one(Person, patient_id)
    current = versions[0] if versions else None
    return render_template(
        "targets/plan.html",
        form=form,
        person=person,
        current=current,
        earlier=versions[1:],
        lines=[_line(slot, current, form) for slot in Slot],
        day_names=_day_names(),
        slot_words=targets.SLOT_WORDS,
        tolerances=[(n, gettext("%(n)d minutes", n=n)) for n in targets.TOLERANCES],
        wall=wall,
    )


def _line(slot: Slot, current: targets.Plan | None, form: Form) -> dict[str, Any]:
    """One slot of the editor: as typed, else as agreed, else the usual times."""
    known = next((one for one in (current.slots if current else ()) if one.slot is slot), None)
    starts, ends = targets.USUAL_WINDOWS[slot]
    if known:
        starts, ends = known.starts_min, known.ends_min
    days = {day for day in range(7) if known and known.weekdays >> day & 1}
    if form.values:
        days = {int(day) for day in form.chosen(f"{slot}-day") if day in set("0123456")}
    return {
        "slot": slot,
        "days": days,
        "from": form.value(f"{slot}-from", wall(starts)),
        "until": form.value(f"{slot}-until", wall(ends)),
        "error": form.error(f"{slot}-from") or form.error(f"{slot}-until"),
    }


def wall(minutes: int) -> str:
    """Minutes since midnight as a time field writes them; the end of a day is its last minute."""
    minutes = min(minutes, 24 * 60 - 1)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _day_names() -> list[tuple[str, str]]:
    """Short and full names of the days, Monday first."""
    short, full = (get_day_names(width, locale=locale()) for width in ("abbreviated", "wide"))
    return [(short[day], full[day]) for day in range(7)]
