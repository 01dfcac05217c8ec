"""JSON doors of alerts."""

from typing import Any

from telehealth.alerts import service as alerts
from telehealth.alerts.models import Action
from telehealth.alerts.schemas import (
    AlertSchema,
    AlertsSchema,
    AnswerSchema,
    SnoozeSchema,
    alert_json,
    alerts_json,
)
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work

api = api_blueprint("alerts", "Alerts of one patient: list, acknowledge, pause")

_ALERT = "/patients/<int:patient>/alerts/<int:alert>"


@api.get("/patients/<int:patient>/alerts")
@api.response(200, AlertsSchema)
@access(Access.SIGNED_IN)
def find(patient: int) -> dict[str, Any]:
    """Open alerts, the most severe first, the last 30 that are over, and the rules.

    The patient, who represents them, doctors and nurses of the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        found = alerts.of_patient(session, actor, patient, now=now())
        return alerts_json(found)


@api.put(_ALERT + "/acknowledgement")
@api.arguments(AnswerSchema)
@api.response(200, AlertSchema)
@access(Access.SIGNED_IN)
def acknowledge(action: Action, patient: int, alert: int) -> dict[str, Any]:
    """Take an alert on for a time: nobody else is told. Repeated while it counts: no change.

    It is void when a worse value comes, when its time passes and values are not back in range, and
    when the right by which it was given ends; then the alert rings again.

    The patient (not a child under 15), who represents them, doctors and nurses of the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        alerts.acknowledge(session, actor, patient, alert, action, now=now())
        return alert_json(alerts.one(session, actor, patient, alert, now=now()))


@api.delete(_ALERT + "/acknowledgement")
@api.response(200, AlertSchema)
@access(Access.SIGNED_IN)
def take_back(patient: int, alert: int) -> dict[str, Any]:
    """Take an acknowledgement back, within ten minutes, by who gave it."""
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        alerts.withdraw_acknowledgement(session, actor, patient, alert, now=now())
        return alert_json(alerts.one(session, actor, patient, alert, now=now()))


@api.put(_ALERT + "/snooze")
@api.arguments(SnoozeSchema)
@api.response(200, AlertSchema)
@access(Access.SIGNED_IN)
def snooze(minutes: int, patient: int, alert: int) -> dict[str, Any]:
    """Pause an alert; 409 `urgent_low`: a very low value is never paused.

    The patient (not a child under 15), who represents them, doctors and nurses of the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        alerts.snooze(session, actor, patient, alert, minutes, now=now())
        return alert_json(alerts.one(session, actor, patient, alert, now=now()))


@api.delete(_ALERT + "/snooze")
@api.response(200, AlertSchema)
@access(Access.SIGNED_IN)
def end_snooze(patient: int, alert: int) -> dict[str, Any]:
    """End a pause: what was held back is told now.

    The patient (not a child under 15), who represents them, doctors and nurses of the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        alerts.end_snooze(session, actor, patient, alert, now=now())
        return alert_json(alerts.one(session, actor, patient, alert, now=now()))
