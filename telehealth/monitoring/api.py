"""JSON doors of monitoring: the worklist, deeds, thresholds, the patient's plan of today."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.identity.models import Person
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Rule, WorklistEntry
from telehealth.monitoring.schemas import (
    TodaysPlanSchema,
    TriageLevelsSchema,
    TriageThresholdsSchema,
    WorklistDeedSchema,
    WorklistEntrySchema,
    WorklistFilterSchema,
    WorklistSchema,
    WorklistVersionSchema,
)
from telehealth.monitoring.service import Act, Code, Filter, Listed, TodaysPlan

api = api_blueprint("monitoring", "The care team's worklist")


@api.get("/worklist")
@api.arguments(WorklistFilterSchema, location="query")
@api.response(200, WorklistSchema)
@access(Access.SIGNED_IN)
def worklist(wanted: Filter) -> Mapping[str, Any]:
    """Own patients that match, the most urgent first. For doctors and nurses."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        found = monitoring.worklist(session, actor, wanted, now=now())
    return {
        "total": found.counts.total,
        "version": found.version,
        "entries": [_row(listed) for listed in found.page.items],
        "next_cursor": found.page.next_cursor,
    }


@api.get("/worklist/version")
@api.response(200, WorklistVersionSchema)
@access(Access.SIGNED_IN)
def version() -> Mapping[str, str]:
    """A word that changes when the list does, to look again. For doctors and nurses."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        return {"version": monitoring.version_of(session, actor, now=now())}


@api.post("/patients/<int:patient>/worklist")
@api.arguments(WorklistDeedSchema)
@api.response(200, WorklistEntrySchema)
@access(Access.SIGNED_IN)
def act(wish: Act, patient: int) -> Mapping[str, Any]:
    """Acknowledge, close, reopen, take, give back, note, set a review. For the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        entry = monitoring.act(session, actor, patient, wish, now=now())
        person = session.get_one(Person, patient)
        owner = session.get(Person, entry.owner_id) if entry.owner_id else None
        listed = monitoring.listed(entry, person, owner, now=now())
    return _row(listed)


@api.get("/patients/<int:patient>/thresholds")
@api.response(200, TriageLevelsSchema)
@access(Access.SIGNED_IN)
def limits(patient: int) -> Mapping[str, Any]:
    """The thresholds of one patient. For the care team."""
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return {"thresholds": monitoring.look_at_patient(session, actor, patient, now=now())}


@api.put("/patients/<int:patient>/thresholds")
@api.arguments(TriageThresholdsSchema)
@api.response(200, TriageLevelsSchema)
@access(Access.SIGNED_IN)
def set_limits(wish: Mapping[Rule, float | str | None], patient: int) -> Mapping[str, Any]:
    """Set thresholds of one patient. For the care team."""
    try:
        with unit_of_work() as session:
            actor = current_actor(session, patient)
            monitoring.set_for_patient(session, actor, patient, wish, now=now())
            return {"thresholds": monitoring.look_at_patient(session, actor, patient, now=now())}
    except Invalid as refusal:
        inside = (replace(one, pointer=f"#/thresholds{one.pointer[1:]}") for one in refusal.errors)
        raise Invalid(errors=tuple(inside)) from refusal


@api.get("/patients/<int:patient>/plan/today")
@api.response(200, TodaysPlanSchema)
@access(Access.SIGNED_IN)
def todays_plan(patient: int) -> TodaysPlan:
    """What is planned today and how the last 14 days went.

    The patient, who represents the patient, and the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        return monitoring.todays_plan(session, actor, patient, now=now())


def _row(listed: Listed) -> Mapping[str, Any]:
    entry: WorklistEntry = listed.entry
    return {
        "patient_id": entry.patient_id,
        "name": listed.name,
        "age_years": listed.age_years,
        "kind": entry.kind,
        "severity": entry.severity,
        "reasons": [{"code": Code(code), "numbers": numbers} for code, numbers in entry.reasons],
        "in_range_pct": entry.in_range_pct,
        "in_range_before_pct": entry.in_range_before_pct,
        "newest_at": entry.newest_at,
        "stage": entry.stage,
        "owner": listed.owner,
        "review_on": entry.review_on,
        "version": entry.version,
    }
