"""The patient's page: open alerts, whom they reach, one's own notices, the self-test."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from marshmallow import EXCLUDE
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from telehealth.alerts import service as alerts
from telehealth.alerts.pages.door import flash_with_undo, pages, words
from telehealth.alerts.schemas import AnswerSchema, NoticesFormSchema, SnoozeSchema
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, NotFound, TooMany
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import read_form
from telehealth.core.web.platform import current_actor, now, unit_of_work


@pages.for_patient("/opozorila")
@access(Access.SIGNED_IN)
def mine() -> str:
    """Open alerts, who has been told, one's own notices, what was, the self-test."""
    with unit_of_work() as session:
        actor = current_actor(session)
        found = alerts.of_patient(session, actor, _subject(actor), now=now())
    return render_template("alerts/mine.html", found=found, **words())


@pages.for_patient("/opozorila/<int:alert_id>/potrdi", methods=("POST",))
@access(Access.SIGNED_IN)
def acknowledge(alert_id: int) -> Response:
    """Take an alert on for a time: nobody else is told."""
    action = read_form(AnswerSchema(unknown=EXCLUDE))

    def deed(session: Session, actor: Actor) -> None:
        alerts.acknowledge(session, actor, _subject(actor), alert_id, action, now=now())

    if _done(deed):
        undo = url_for("alerts.take_back", alert_id=alert_id)
        flash_with_undo(gettext("Noted. Nobody else is told for now."), undo)
    if request.form.get("back") == "today":
        return redirect(url_for("home.today"), 303)
    return _back()


@pages.for_patient("/opozorila/<int:alert_id>/preklici-potrditev", methods=("POST",))
@access(Access.SIGNED_IN)
def take_back(alert_id: int) -> Response:
    """It was a mistake: the alert is open again."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.withdraw_acknowledgement(session, actor, _subject(actor), alert_id, now=now())

    if _done(deed):
        flash(gettext("The alert is open again."), "info")
    return _back()


@pages.for_patient("/opozorila/<int:alert_id>/premor", methods=("POST",))
@access(Access.SIGNED_IN)
def snooze(alert_id: int) -> Response:
    """Nobody is told again for a while."""
    minutes = read_form(SnoozeSchema())

    def deed(session: Session, actor: Actor) -> None:
        alerts.snooze(session, actor, _subject(actor), alert_id, minutes, now=now())

    if _done(deed):
        undo = url_for("alerts.end_snooze", alert_id=alert_id)
        flash_with_undo(gettext("Paused. The alert stays open."), undo)
    return _back()


@pages.for_patient("/opozorila/<int:alert_id>/konec-premora", methods=("POST",))
@access(Access.SIGNED_IN)
def end_snooze(alert_id: int) -> Response:
    """The pause is over."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.end_snooze(session, actor, _subject(actor), alert_id, now=now())

    if _done(deed):
        flash(gettext("The pause is over."), "info")
    return _back()


@pages.for_patient("/opozorila/obvestila", methods=("POST",))
@access(Access.SIGNED_IN)
def choose_notices() -> Response:
    """Which notices one gets oneself."""
    kinds_off = read_form(NoticesFormSchema())
    with unit_of_work() as session:
        actor = current_actor(session)
        alerts.choose_notices(session, actor, _subject(actor), kinds_off, now=now())
    flash(gettext("Your notices are saved."), "success")
    return _back()


@pages.for_patient("/opozorila/preizkus", methods=("POST",))
@access(Access.SIGNED_IN)
def try_out() -> Response:
    """Send a marked test the way a notice would go."""

    def deed(session: Session, actor: Actor) -> None:
        alerts.try_out(session, actor, _subject(actor), now=now())

    if _done(deed):
        flash(gettext("The test is on its way. Its outcome appears on this page."), "success")
    return redirect(url_for("alerts.mine", _anchor="test"), 303)


def _done(deed: Callable[[Session, Actor], object]) -> bool:
    """Carry a deed out; what came too late or too soon is said on the page."""
    try:
        with unit_of_work() as session:
            deed(session, current_actor(session))
    except (Conflict, TooMany) as refusal:
        flash(gettext(refusal.detail), "warning")
        return False
    return True


def _back() -> Response:
    return redirect(url_for("alerts.mine"), 303)


def _subject(actor: Actor) -> int:
    if actor.subject_id is None:
        raise NotFound
    return actor.subject_id
