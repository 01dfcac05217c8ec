"""JSON doors of meters: gateways report, the Web Bluetooth page asks and sends."""

from typing import Any

from flask_babel import gettext

from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.meters import service as meters
from telehealth.meters.figures import told
from telehealth.meters.schemas import (
    HarvestedSchema,
    MetersSchema,
    PlanSchema,
    ReportedSchema,
    SaidSchema,
    StatesSchema,
    TransferSchema,
    harvested_json,
    plan_json,
)
from telehealth.meters.service.rows import BOUND_ELSEWHERE

api = api_blueprint("meters", "Meters and sensors of a patient")


@api.get("/patients/<int:patient>/meters")
@api.response(200, MetersSchema)
@access(Access.SIGNED_IN)
def find(patient: int) -> dict[str, Any]:
    """Meters and sensors of the patient, with how they do.

    For: the patient, representatives, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        found = meters.of_patient(session, actor, patient, now=now())
    return {"meters": found.all}


@api.put("/patients/<int:patient>/meters/status")
@api.arguments(StatesSchema)
@api.response(200, ReportedSchema)
@access(Access.DEVICE)
def report(body: dict[str, Any], patient: int) -> dict[str, Any]:
    """Say how meters do: battery, clock, firmware, when they were read. Sending it again is safe.

    A meter that was nobody's becomes the patient's; one that belongs to somebody else is named
    in `refused`, and nothing is stored of it. A state older than the known one changes nothing.

    For: the patient's gateway, the patient, representatives, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        outcome = meters.report(session, actor, patient, body["meters"], now=now())
    refused = [
        {"index": place, "code": "bound_elsewhere", "detail": gettext(BOUND_ELSEWHERE)}
        for place in outcome.elsewhere
    ]
    return {"meters": outcome.taken, "refused": refused}


@api.post("/patients/<int:patient>/meters/plan")
@api.arguments(SaidSchema)
@api.response(200, PlanSchema)
@access(Access.SIGNED_IN)
def plan(said: meters.Said, patient: int) -> dict[str, Any]:
    """Before a browser reads a meter: which of the patient's meters it may be, what to ask it.

    For: the patient, representatives, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return plan_json(meters.plan(session, actor, patient, said, now=now()))


@api.post("/patients/<int:patient>/meters/transfers")
@api.arguments(TransferSchema)
@api.response(200, HarvestedSchema)
@access(Access.SIGNED_IN)
def take_in(transfer: meters.Transfer, patient: int) -> dict[str, Any]:
    """Take in what a browser read: raw notifications; repeats change nothing.

    What is certain is in the diary; the rest is set aside with the reason, its bytes kept.

    For: the patient, representatives, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        harvested = meters.take_in(session, actor, patient, transfer, now=now())
    return harvested_json(harvested, told(harvested))
