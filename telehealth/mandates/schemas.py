"""What crosses the wire at the doors of mandates."""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, pre_load, validate

from telehealth.core.i18n import N_
from telehealth.core.web.fields import Day
from telehealth.identity.schemas import PersonSchema
from telehealth.mandates.service import Grant, last_day

_FILL_IN = N_("Please fill this in.")
_NO_DATE = N_("Enter a date, or leave this empty.")


class GrantSchema(Schema):
    """`{representative_login, valid_to?}`; a form sends an empty day for "until I revoke it"."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    representative_login = fields.String(
        required=True,
        validate=validate.Length(1, 254, error=_FILL_IN),
        error_messages={"required": _FILL_IN},
        metadata={"description": "Sign-in name of the proxy"},
    )
    valid_to = Day(
        load_default=None,
        allow_none=True,
        error_messages={"invalid": _NO_DATE},
        metadata={"description": "Last day, inclusive; null: until revoked"},
    )

    @pre_load
    def _empty_is_open(self, given: Mapping[str, Any], **_: object) -> Mapping[str, Any]:
        if not isinstance(given, Mapping):  # said so by the schema itself, which looks later
            return given
        return {**given, "valid_to": given.get("valid_to") or None}

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Grant:
        return Grant(**values)


class MandateSchema(Schema):
    """A representation as its two people see it."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    status = fields.String(required=True)
    represented = fields.Nested(PersonSchema, required=True)
    representative = fields.Nested(PersonSchema, required=True)
    valid_from = fields.Date(required=True)
    until = fields.Function(
        lambda row: day.isoformat() if (day := last_day(row)) else None,
        metadata={"type": ["string", "null"], "format": "date", "description": "Last day"},
    )


class MandatesSchema(Schema):
    """Own representations, both ways."""

    given = fields.List(fields.Nested(MandateSchema), required=True)
    held = fields.List(fields.Nested(MandateSchema), required=True)
    past = fields.List(fields.Nested(MandateSchema), required=True)
