"""Forms of contacts."""

from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from telehealth.contacts.models import ContactKind
from telehealth.contacts.service import NewContact
from telehealth.core.i18n import N_

_FILL_IN = N_("Please fill this in.")


class NewContactSchema(Schema):
    """`{kind, value}`."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    kind = fields.Enum(
        ContactKind,
        by_value=True,
        required=True,
        error_messages={
            "required": N_("Choose what it is."),
            "unknown": N_("Choose what it is."),
        },
    )
    value = fields.String(
        required=True,
        validate=validate.Length(1, 254, error=_FILL_IN),
        error_messages={"required": _FILL_IN},
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> NewContact:
        return NewContact(**values)
