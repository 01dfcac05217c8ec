"""What may be asked of a diary, and the shapes of the answers."""

import re
from dataclasses import dataclass
from typing import Any

import orjson
from marshmallow import Schema, fields, post_load, pre_load, validate

from telehealth.core.web.fields import Instant
from telehealth.readings.service import Columns, Window

_SPACE_FOR_PLUS = re.compile(r" (\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Query:
    """Which readings, in which shape."""

    window: Window
    as_columns: bool


class QuerySchema(Schema):
    """`?from&to&format=rows|columns&cursor&limit`."""

    from_ = Instant(data_key="from", metadata={"description": "Inclusive"})
    to = Instant(metadata={"description": "Exclusive"})
    format = fields.String(load_default="rows", validate=validate.OneOf(["rows", "columns"]))
    cursor = fields.String(metadata={"description": "`next_cursor` of the page before"})
    limit = fields.Integer(
        strict=False,
        validate=validate.Range(1, 50_000),
        metadata={"description": "At most 1,000 rows (default 100) or 50,000 columns (default)"},
    )

    @pre_load
    def _plus(self, given: dict[str, Any], **_: object) -> dict[str, Any]:
        """A `+` that was not escaped arrives as a space: 2026-11-23T10:00:00 01:00."""
        return {
            name: _SPACE_FOR_PLUS.sub(r"+\1", value) if name in ("from", "to") else value
            for name, value in given.items()
        }

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Query:
        as_columns = values["format"] == "columns"
        return Query(
            Window(
                begins_at=values.get("from_"),
                ends_at=values.get("to"),
                cursor=values.get("cursor"),
                limit=values.get("limit", 50_000 if as_columns else 100),
            ),
            as_columns,
        )


class RejectedReadingSchema(Schema):
    """A row that was not taken."""

    index = fields.Integer(required=True, metadata={"description": "Place in the request, from 0"})
    field = fields.String(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class UploadOutcomeSchema(Schema):
    """What became of a batch."""

    accepted = fields.Integer(required=True)
    duplicate = fields.Integer(required=True)
    rejected = fields.List(fields.Nested(RejectedReadingSchema), required=True)


class EnteredBySchema(Schema):
    """Who entered a reading for the patient."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    basis = fields.String(required=True)


class AlsoFromSchema(Schema):
    """Another source that sent the same measurement."""

    source = fields.String(required=True)
    device = fields.String(required=True, allow_none=True)
    via = fields.String(required=True)


class StoredReadingSchema(Schema):
    """One stored reading."""

    id = fields.String(required=True)
    measured_at = fields.String(required=True, metadata={"format": "date-time"})
    value = fields.String(required=True, metadata={"description": "As it was entered; HI, LO"})
    unit = fields.String(required=True)
    band = fields.String(required=True, metadata={"description": "In the patient's own ranges"})
    record = fields.String(required=True, metadata={"enum": ["glucose", "scan"]})
    counts = fields.Boolean(required=True, metadata={"description": "Part of sums and metrics"})
    conflict = fields.Boolean(
        required=True,
        metadata={"description": "Another reading stands at the same moment; the lowest counts"},
    )
    source = fields.String(required=True)
    device = fields.String(allow_none=True)
    via = fields.String(required=True, metadata={"enum": ["direct", "file"]})
    also_from = fields.List(fields.Nested(AlsoFromSchema), required=True)
    version = fields.Integer(required=True, metadata={"description": "1: never changed"})
    meal = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    entered_by = fields.Nested(EnteredBySchema, allow_none=True)


class ReadingsSchema(Schema):
    """A page of readings, newest first. `format=columns` answers arrays instead (see the docs)."""

    readings = fields.List(fields.Nested(StoredReadingSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


def columns_json(found: Columns) -> bytes:
    """Columns as the database wrote them, with what their codes mean."""
    meaning = {
        "units": [
            {"unit": "mg/dL", "decimals": 0},
            {"unit": "mmol/L", "decimals": 1},
        ],
        "sources": [
            {
                "id": source.id,
                "kind": source.kind.value,
                "device": source.device or None,
                "via": source.via.value,
                "interval_min": source.interval_min,
            }
            for source in found.sources
        ],
        "next_cursor": found.next_cursor,
    }
    return b'{"columns":' + found.json.encode() + b"," + orjson.dumps(meaning)[1:]
