"""JSON doors of the diary: entries beside glucose, one at a time, each with its own key."""

from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.diary import service as diary
from telehealth.diary.schemas import (
    Changed,
    EntriesSchema,
    EntryChangeSchema,
    EntryQuery,
    EntryQuerySchema,
    EntrySchema,
    NewEntrySchema,
    Sent,
    entry_json,
)

api = api_blueprint("diary", "What a patient writes beside glucose")

_USUAL_SPAN = timedelta(days=30)


@api.post("/patients/<int:patient_id>/diary")
@api.arguments(NewEntrySchema)
@api.response(201, EntrySchema)
@access(Access.SIGNED_IN)
def add(sent: Sent, patient_id: int) -> tuple[dict[str, Any], int]:
    """Write an entry; 200 and the same entry where its key is stored already.

    The patient, who represents them, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        content = _with_picture(session, actor, patient_id, sent)
        new = diary.NewEntry(sent.key, sent.at, sent.offset_min, content)
        outcome = diary.write(session, actor, patient_id, new, now=now())
    return entry_json(outcome.entry), 201 if outcome.is_new else 200


@api.get("/patients/<int:patient_id>/diary")
@api.arguments(EntryQuerySchema, location="query")
@api.response(200, EntriesSchema)
@access(Access.SIGNED_IN)
def find(query: EntryQuery, patient_id: int) -> dict[str, Any]:
    """Entries of a span, newest first; the last thirty days where no span is given.

    The patient, who represents them, the care team.
    """
    ends_at = query.ends_at or now() + timedelta(hours=1)
    begins_at = query.begins_at or ends_at - _USUAL_SPAN
    with unit_of_work() as session:
        found = diary.entries_between(
            session,
            current_actor(session, patient_id),
            patient_id,
            begins_at,
            ends_at,
            now=now(),
            limit=query.limit,
        )
    return {"entries": [entry_json(entry) for entry in found]}


@api.put("/patients/<int:patient_id>/diary/<int:entry_id>")
@api.arguments(EntryChangeSchema)
@api.response(200, EntrySchema)
@access(Access.SIGNED_IN)
def amend(changed: Changed, patient_id: int, entry_id: int) -> dict[str, Any]:
    """Change an entry; 409 where somebody changed it since `version`.

    The patient, who represents them; of the care team who wrote it.
    """
    sent = changed.sent
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        content = _with_picture(session, actor, patient_id, sent)
        change = diary.Change(
            sent.at, sent.offset_min, content, sent.version, keeps_photo=changed.keeps_photo
        )
        entry = diary.amend(session, actor, patient_id, entry_id, change, now=now())
    return entry_json(entry)


@api.delete("/patients/<int:patient_id>/diary/<int:entry_id>")
@api.response(204)
@access(Access.SIGNED_IN)
def remove(patient_id: int, entry_id: int) -> Response:
    """Take an entry out of the diary; repeating changes nothing.

    The patient, who represents them; of the care team who wrote it.
    """
    with unit_of_work() as session:
        diary.remove(session, current_actor(session, patient_id), patient_id, entry_id, now=now())
    return Response(status=204)


@api.post("/patients/<int:patient_id>/diary/<int:entry_id>/restored")
@api.response(200, EntrySchema)
@access(Access.SIGNED_IN)
def restore(patient_id: int, entry_id: int) -> dict[str, Any]:
    """Put a removed entry back; repeating changes nothing.

    The patient, who represents them; of the care team who wrote it.
    """
    with unit_of_work() as session:
        actor = current_actor(session, patient_id)
        return entry_json(diary.restore(session, actor, patient_id, entry_id, now=now()))


def _with_picture(session: Session, actor: Actor, patient_id: int, sent: Sent) -> diary.Content:
    if sent.picture is None:
        return sent.content
    photo_id = diary.keep_photo(session, actor, patient_id, sent.picture, now=now())
    return sent.content.with_photo(photo_id)
