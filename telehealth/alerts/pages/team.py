"""The care team's pages: open alerts of own patients, one patient's rules, the clinic's rules."""

from collections.abc import Callable

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from telehealth.alerts import policy
from telehealth.alerts import service as alerts
from telehealth.alerts.pages.door import flash_with_undo, pages, words
from telehealth.alerts.schemas import AnswerSchema, RuleFormSchema, SnoozeSchema, kind_of
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, Invalid, TooMany
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, read_form
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.notifications import service as notifications

_PATIENT = "/pacienti/<int:patient_id>/opozorila"
_ALERT = _PATIENT + "/<int:alert_id>"


@pages.get("/klinika/opozorila")
@access(Access.STAFF)
def open_alerts() -> str:
    """Open alerts of the worker's own patients, the most severe first."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        n_untold = alerts.untold_of_worker(session, actor, now=now())  # before it has been seen
        rows = alerts.of_worker(session, actor, now=now())
        to_close, to_close_n = alerts.to_close_of_worker(session, actor, now=now())
        mail = notifications.mail_state(session, now=now())
    return render_template(
        "alerts/open.html",
        rows=rows,
        to_close=to_close,
        to_close_n=to_close_n,
        mail=mail,
        n_untold=n_untold,
        **words(),
    )


@pages.get("/klinika/opozorila/brez-dosega")
@access(Access.STAFF)
def unreached() -> str:
    """People whose alerts reach nobody: own patients, and people without a team."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        found = alerts.unreached(session, actor, now=now())
    return render_template(
        "alerts/unreached.html",
        found=found,
        is_caring=bool(actor.roles & policy.CARING),
        no_step=alerts.Gap.NO_STEP,
    )


@pages.get(_PATIENT)
@access(Access.STAFF)
def of_patient(patient_id: int) -> str:
    """One patient's alerts and rules."""
    return _shown(patient_id)


@pages.post(_ALERT + "/potrdi")
@access(Access.STAFF)
def team_acknowledge(patient_id: int, alert_id: int) -> Response:
    """Take an alert of a patient on for a time."""
    action = read_form(AnswerSchema(unknown=EXCLUDE))

    def deed(session: Session, actor: Actor) -> None:
        alerts.acknowledge(session, actor, patient_id, alert_id, action, now=now())

    if _done(patient_id, deed):
        undo = url_for("alerts.team_take_back", patient_id=patient_id, alert_id=alert_id)
        flash_with_undo(gettext("Noted. Nobody else is told for now."), undo)
    return _back(patient_id)


@pages.post(_PATIENT + "/zakljuci")
@access(Access.STAFF)
def close(patient_id: int) -> Response:
    """Close what has ended and waited for a person of the team."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.review(session, actor, patient_id, now=now())

    if _done(patient_id, deed):
        flash(gettext("Closed. The trail says who closed it and when."), "success")
    return _back(patient_id)


@pages.post(_ALERT + "/preklici-potrditev")
@access(Access.STAFF)
def team_take_back(patient_id: int, alert_id: int) -> Response:
    """It was a mistake: the alert is open again."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.withdraw_acknowledgement(session, actor, patient_id, alert_id, now=now())

    if _done(patient_id, deed):
        flash(gettext("The alert is open again."), "info")
    return _back(patient_id)


@pages.post(_ALERT + "/premor")
@access(Access.STAFF)
def team_snooze(patient_id: int, alert_id: int) -> Response:
    """Nobody is told again for a while."""
    minutes = read_form(SnoozeSchema())

    def deed(session: Session, actor: Actor) -> None:
        alerts.snooze(session, actor, patient_id, alert_id, minutes, now=now())

    if _done(patient_id, deed):
        undo = url_for("alerts.team_end_snooze", patient_id=patient_id, alert_id=alert_id)
        flash_with_undo(gettext("Paused. The alert stays open."), undo)
    return _back(patient_id)


@pages.post(_ALERT + "/konec-premora")
@access(Access.STAFF)
def team_end_snooze(patient_id: int, alert_id: int) -> Response:
    """The pause is over."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.end_snooze(session, actor, patient_id, alert_id, now=now())

    if _done(patient_id, deed):
        flash(gettext("The pause is over."), "info")
    return _back(patient_id)


@pages.post(_PATIENT + "/pravila/<kind>")
@access(Access.STAFF)
def set_rule(patient_id: int, kind: str) -> Response | tuple[str, int]:
    """Give the patient a rule of their own."""
    wanted = kind_of(kind)
    try:
        rule = read_form(RuleFormSchema(wanted))
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            alerts.set_rule(session, actor, patient_id, rule, now=now())
    except Invalid as refused:
        return _shown(patient_id, kind, Form.refused(refused)), refused.status
    flash(gettext("The rule is saved."), "success")
    return _back(patient_id, anchor=f"rule-{kind}")


@pages.post(_PATIENT + "/pravila/<kind>/privzeto")
@access(Access.STAFF)
def reset_rule(patient_id: int, kind: str) -> Response:
    """The clinic's rule counts for the patient again."""
    wanted = kind_of(kind)
    try:
        with unit_of_work() as session:
            actor = current_actor(session, patient_id)
            alerts.reset_rule(session, actor, patient_id, wanted, now=now())
    except Invalid as refused:
        flash(gettext(refused.detail), "warning")
    else:
        flash(gettext("The clinic's rule counts again."), "success")
    return _back(patient_id, anchor=f"rule-{kind}")


@pages.post(_PATIENT + "/preizkus")
@access(Access.STAFF)
def team_try_out(patient_id: int) -> Response:
    """Send a marked test to everybody who would be told."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.try_out(session, actor, patient_id, now=now())

    if _done(patient_id, deed):
        flash(gettext("The test is on its way. Its outcome appears on this page."), "success")
    return _back(patient_id, anchor="test")


@pages.get("/klinika/opozorila/pravila")
@access(Access.STAFF)
def defaults() -> str:
    """The unit's rules, for every patient of it without one of their own."""
    return _shown_defaults()


@pages.post("/klinika/opozorila/pravila/<kind>")
@access(Access.STAFF)
def set_default(kind: str) -> Response | tuple[str, int]:
    """Change a rule of one's own unit. Its doctors."""
    wanted = kind_of(kind)
    try:
        rule = read_form(RuleFormSchema(wanted))
        with unit_of_work() as session:
            actor = current_actor(session, signed_in().person_id)
            alerts.set_default(session, actor, rule, now=now())
    except Invalid as refused:
        return _shown_defaults(kind, Form.refused(refused)), refused.status
    flash(gettext("The clinic's rule is saved."), "success")
    return redirect(url_for("alerts.defaults", _anchor=f"rule-{kind}"), 303)


def _shown(patient_id: int, kind: str = "", form: Form | None = None) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        found = alerts.of_patient(session, actor, patient_id, now=now())
    return render_template(
        "alerts/of_patient.html",
        found=found,
        may_set=policy.is_team(actor),
        patient_page=_patient_page(patient_id),
        set_url=lambda name: url_for("alerts.set_rule", patient_id=patient_id, kind=name),
        reset_url=lambda name: url_for("alerts.reset_rule", patient_id=patient_id, kind=name),
        **_form(kind, form),
        **words(),
    )


def _shown_defaults(kind: str = "", form: Form | None = None) -> str:
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        found = alerts.unit_rules(session, actor, now=now())
    return render_template(
        "alerts/defaults.html",
        found=found,
        may_set=policy.may_set_defaults(actor),
        set_url=lambda name: url_for("alerts.set_default", kind=name),
        **_form(kind, form),
        **words(),
    )


def _form(kind: str, form: Form | None) -> dict[str, object]:
    """The form that was refused, and its errors by the ids of its fields."""
    refused = form or Form()
    return {
        "form": refused,
        "form_kind": kind,
        "form_errors": {f"{kind}-{name}": text for name, text in refused.errors.items()},
        "empty_form": Form(),
    }


def _done(patient_id: int, deed: Callable[[Session, Actor], object]) -> bool:
    """Carry a deed out; what came too late or too soon is said on the page."""
    try:
        with unit_of_work() as session:
            deed(session, current_actor(session, patient_id))
    except (Conflict, TooMany) as refusal:
        flash(gettext(refusal.detail), "warning")
        return False
    return True


def _back(patient_id: int, anchor: str | None = None) -> Response:
    """To the list when the deed was done there."""
    if request.form.get("back") == "list":
        return redirect(url_for("alerts.open_alerts"), 303)
    return redirect(url_for("alerts.of_patient", patient_id=patient_id, _anchor=anchor), 303)


def _patient_page(patient_id: int) -> str:
    """The patient's page of the room above, where the application has it."""
    endpoint = "monitoring.patient"
    has_page = endpoint in current_app.view_functions
    return url_for(endpoint, patient_id=patient_id) if has_page else ""
