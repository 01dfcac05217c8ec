"""JSON doors of readings: batches in, rows or columns out."""

from typing import Any

from flask import Response

from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.readings import service as readings
from telehealth.readings.schemas import (
    BatchSchema,
    Query,
    QuerySchema,
    ReadingsSchema,
    UploadOutcomeSchema,
    columns_json,
    entry_json,
    outcome_json,
)

api = api_blueprint("readings", "Readings of one patient")

Rows = tuple[tuple[readings.NewReading, ...], tuple[readings.Rejection, ...]]


@api.post("/patients/<int:patient>/readings")
@api.arguments(BatchSchema)
@api.response(200, UploadOutcomeSchema)
@access(Access.DEVICE)
def add(rows: Rows, patient: int) -> dict[str, Any]:
    """Add up to 5,000 readings; repeats are counted, bad rows named, the others kept.

    The patient, who represents them, the care team, the patient's device token.
    """
    batch = readings.Batch(patient, *rows)
    with unit_of_work() as session:
        outcome = readings.record(session, current_actor(session, patient), batch, now=now())
    return outcome_json(outcome)


@api.get("/patients/<int:patient>/readings")
@api.arguments(QuerySchema, location="query")
@api.response(200, ReadingsSchema)
@access(Access.SIGNED_IN)
def find(query: Query, patient: int) -> dict[str, Any] | Response:
    """Readings, newest first: rows for people and exchange, columns for charts.

    The patient, who represents them, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient)
        if query.as_columns:
            columns = readings.columns(session, actor, patient, query.window, now=now())
            return Response(columns_json(columns), mimetype="application/json")
        page = readings.page(session, actor, patient, query.window, now=now())
    return {
        "readings": [entry_json(entry) for entry in page.items],
        "next_cursor": page.next_cursor,
    }
