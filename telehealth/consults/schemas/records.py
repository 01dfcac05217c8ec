"""Consultations and notes as JSON, and the note as a form."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from telehealth.consults.models import ConsultNote
from telehealth.consults.service import MAX_NOTE_CHARS, NewNote, Visit
from telehealth.core.i18n import N_

_TEXT = validate.Length(max=MAX_NOTE_CHARS, error=N_("A note has at most 20,000 characters."))
_VERSION = validate.Range(min=0, max=2**31 - 1)


class NoteWishSchema(Schema):
    """A note to be kept; `version` is the one it was written upon (0: none yet)."""

    text = fields.String(required=True, validate=_TEXT)
    is_shared = fields.Boolean(load_default=False)
    version = fields.Integer(required=True, strict=True, validate=_VERSION)

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> NewNote:
        return NewNote(**given)


class NoteFormSchema(Schema):
    """The same from a form: numbers are text, an unticked box is absent, lines end in CRLF."""

    text = fields.String(required=True, validate=_TEXT)
    is_shared = fields.Boolean(load_default=False)
    version = fields.Integer(required=True, validate=_VERSION)

    @post_load
    def _make(self, given: dict[str, Any], **_: object) -> NewNote:
        return NewNote(given["text"].replace("\r\n", "\n"), given["is_shared"], given["version"])


class ConsultNoteSchema(Schema):
    """The newest version of a note; version 0 and empty text while nothing was written."""

    text = fields.String(required=True)
    is_shared = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    written_at = fields.AwareDateTime(required=True, allow_none=True)
    written_by = fields.Integer(required=True, allow_none=True)


class ClinicianSchema(Schema):
    """Who, by id and name."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)


class ConsultationSchema(Schema):
    """One video consultation of a patient."""

    id = fields.Integer(required=True)
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    clinician = fields.Nested(ClinicianSchema, required=True)
    appointment_status = fields.String(required=True)
    state = fields.String(
        required=True, metadata={"description": "not_opened, open or ended: of the call"}
    )
    is_joinable = fields.Boolean(required=True)
    note = fields.Nested(ConsultNoteSchema, required=True, allow_none=True)


class ConsultationsSchema(Schema):
    """A patient's consultations, the latest first."""

    consultations = fields.List(fields.Nested(ConsultationSchema), required=True)


def note_out(note: ConsultNote | None) -> dict[str, Any]:
    """A note as `ConsultNoteSchema` dumps it."""
    if note is None:
        return {
            "text": "",
            "is_shared": False,
            "version": 0,
            "written_at": None,
            "written_by": None,
        }
    return {
        "text": note.text,
        "is_shared": note.is_shared,
        "version": note.version,
        "written_at": note.at,
        "written_by": note.by_id,
    }


def visit_out(visit: Visit) -> dict[str, Any]:
    """A visit as `ConsultationSchema` dumps it."""
    row = visit.appointment
    return {
        "id": row.id,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "clinician": {"id": row.worker_id, "name": visit.worker_name},
        "appointment_status": row.status.value,
        "state": visit.consultation.state.value if visit.consultation else "not_opened",
        "is_joinable": visit.is_joinable,
        "note": note_out(visit.note) if visit.note else None,
    }
