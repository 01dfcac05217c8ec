"""JSON doors of targets and plans."""

from collections.abc import Mapping
from typing import Any

from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.targets import service as targets
from telehealth.targets.schemas import (
    MeasurementPlanHistorySchema,
    MeasurementPlanSchema,
    NewMeasurementPlanSchema,
    NewTargetsSchema,
    PatientTargetsHistorySchema,
    PatientTargetsSchema,
    plan_json,
)
from telehealth.targets.service import NewPlan, NewTargets, Plan, Targets

api = api_blueprint("targets", "Targets and measurement plan of a patient")


@api.get("/patients/<int:patient>/targets")
@api.response(200, PatientTargetsHistorySchema)
@access(Access.SIGNED_IN)
def find(patient: int) -> Mapping[str, Any]:
    """The targets in force and all earlier ones.

    The patient, who represents the patient, and the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        current, earlier = targets.look(session, actor, patient, now=now())
        offered = targets.OFFERS[0].json(session, actor, patient, now=now())
    return {"current": current, "earlier": earlier, "alert_rules": offered}


@api.put("/patients/<int:patient>/targets")
@api.arguments(NewTargetsSchema)
@api.response(200, PatientTargetsSchema)
@access(Access.SIGNED_IN)
def set_targets(new: NewTargets, patient: int) -> Targets:
    """Set targets; the same again changes nothing. For the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return targets.set_targets(session, actor, patient, new, now=now())


@api.get("/patients/<int:patient>/plan")
@api.response(200, MeasurementPlanHistorySchema)
@access(Access.SIGNED_IN)
def find_plan(patient: int) -> Mapping[str, Any]:
    """The measurement plan in force and all earlier ones.

    The patient, who represents the patient, and the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        versions = targets.look_at_plan(session, actor, patient, now=now())
    return plan_json(list(versions))


@api.put("/patients/<int:patient>/plan")
@api.arguments(NewMeasurementPlanSchema)
@api.response(200, MeasurementPlanSchema)
@access(Access.SIGNED_IN)
def set_plan(new: NewPlan, patient: int) -> Plan:
    """Agree on a plan from today on; the same again changes nothing. For the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return targets.set_plan(session, actor, patient, new, now=now())
