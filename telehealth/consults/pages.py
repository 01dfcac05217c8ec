"""Pages of consultations: the patient's list and room, the clinician's day and call, the check."""

from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from telehealth.consults import service as consults
from telehealth.consults.schemas import signals
from telehealth.consults.schemas.records import NoteFormSchema
from telehealth.consults.service import Change, Visit
from telehealth.core.actor import Actor
from telehealth.core.errors import Conflict, Invalid, NotFound
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, Pages, read_form
from telehealth.core.web.platform import current_actor, now, platform, signed_in, unit_of_work
from telehealth.core.web.words import locale
from telehealth.readings import service as readings
from telehealth.readings.figures import Words, glucose_figure, shares

pages = Pages("consults", __name__)
CHART_DAYS = 14


@pages.for_patient("/posveti")
@access(Access.SIGNED_IN)
def mine() -> str:
    """Video consultations ahead, and what clinicians shared of past ones."""
    with unit_of_work() as session:
        visits = consults.visits_of(session, current_actor(session), now=now())
    ahead = [visit for visit in reversed(visits) if visit.is_ahead and not _is_missed(visit)]
    shared = [visit for visit in visits if visit.note is not None and visit not in ahead]
    return render_template("consults/mine.html", ahead=ahead, shared=shared)


@pages.for_patient("/posveti/<int:consultation>")
@access(Access.SIGNED_IN)
def room(consultation: int) -> str:
    """Waiting room and call; after the call, what the clinician shared."""
    with unit_of_work() as session:
        lobby = consults.lobby(session, current_actor(session), consultation, now=now())
    if lobby.visit.is_ended or not lobby.visit.is_joinable:
        return render_template("consults/closed.html", visit=lobby.visit)
    return render_template("consults/room.html", lobby=lobby, visit=lobby.visit)


@pages.for_patient("/posveti/<int:consultation>/vstop", methods=("POST",))
@access(Access.SIGNED_IN)
def enter(consultation: int) -> Response:
    """Come into the waiting room; the page does it by itself where JavaScript runs."""
    with unit_of_work() as session:
        actor = current_actor(session)
        if actor.subject_id != consults.patient_of(session, consultation):
            raise NotFound
        change = consults.arrive(session, actor, consultation, now=now())
    signals.tell(change)
    return redirect(url_for("consults.room", consultation=consultation), 303)


@pages.get("/posveti/preverjanje")
@access(Access.SIGNED_IN)
def check() -> str:
    """Test camera, microphone, speaker and network before a call."""
    return render_template("consults/check.html", has_node=bool(platform().settings.media_socket))


@pages.get("/klinika/posveti")
@access(Access.STAFF)
def today() -> str:
    """The clinician's video consultations of today, and who waits."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        visits = consults.today(session, actor, now=now())
    return render_template("consults/today.html", visits=visits)


@pages.get("/klinika/posveti/<int:consultation>")
@access(Access.STAFF)
def call(consultation: int) -> str:
    """The call with chart and note beside it; after the call, the note."""
    return _call_page(consultation, Form())


@pages.get("/klinika/posveti/<int:consultation>/graf.json")
@access(Access.STAFF)
def figure(consultation: int) -> FlaskResponse:
    """The patient's glucose beside the call, as a Plotly figure."""
    period = readings.period_of(CHART_DAYS, now())
    with unit_of_work() as session:
        actor = _team(session, consultation)
        patient_id = consults.patient_of(session, consultation)
        unit = readings.preferred_unit(session, patient_id)
        found = readings.columns(session, actor, patient_id, period.window, now=now())
    drawn = glucose_figure(found, period, unit, Words(gettext, locale()))
    return FlaskResponse(drawn, mimetype="application/json")


@pages.post("/klinika/posveti/<int:consultation>/sprejem")
@access(Access.STAFF)
def admit(consultation: int) -> Response:
    """Let a waiting person in and go to the call."""
    with unit_of_work() as session:
        actor = _team(session, consultation)
        guest = request.form.get("participant", "")
        change = consults.admit(session, actor, consultation, guest, now=now())
    return _told(change, url_for("consults.call", consultation=consultation))


@pages.post("/klinika/posveti/<int:consultation>/konec")
@access(Access.STAFF)
def end(consultation: int) -> Response:
    """End the call for everybody; the note stays open for the clinician."""
    with unit_of_work() as session:
        actor = _team(session, consultation)
        change = consults.end(session, actor, consultation, now=now())
    flash(gettext("The consultation has ended. You can still change the note."), "success")
    return _told(change, url_for("consults.call", consultation=consultation))


@pages.post("/klinika/posveti/<int:consultation>/zapis")
@access(Access.STAFF)
def save_note(consultation: int) -> Response | tuple[str, int]:
    """Keep the note; a refused one comes back as it was typed."""
    try:
        with unit_of_work() as session:
            actor = _team(session, consultation)
            new = read_form(NoteFormSchema())
            consults.write_note(session, actor, consultation, new, now=now())
    except (Invalid, Conflict) as refusal:
        return _refused_note(consultation, refusal)
    flash(gettext("The note is saved."), "success")
    return redirect(url_for("consults.call", consultation=consultation), 303)


def _refused_note(consultation: int, refusal: Invalid | Conflict) -> tuple[str, int]:
    shown = refusal if isinstance(refusal, Invalid) else Invalid(refusal.detail, code=refusal.code)
    return _call_page(consultation, Form.refused(shown)), refusal.status


def _call_page(consultation: int, form: Form) -> str:
    period = readings.period_of(CHART_DAYS, now())
    with unit_of_work() as session:
        actor = _team(session, consultation)
        visit = consults.hosted(session, actor, consultation, now=now())
        overview = readings.overview(
            session, actor, visit.appointment.patient_id, period, now=now()
        )
    return render_template(
        "consults/after.html" if visit.is_ended or not visit.is_joinable else "consults/call.html",
        visit=visit,
        form=form,
        shares=shares(overview.days),
        chart_days=CHART_DAYS,
    )


def _team(session: Session, consultation: int) -> Actor:
    return current_actor(session, consults.patient_of(session, consultation))


def _told(change: Change, target: str) -> Response:
    signals.tell(change)
    return redirect(target, 303)


def _is_missed(visit: Visit) -> bool:
    """Booked, but its time is over: nobody came, and the calendar does not say so yet."""
    return visit.appointment.ends_at < now() and not visit.is_joinable
