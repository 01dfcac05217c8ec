"""What crosses the wire at the doors of identity."""

from dataclasses import dataclass, field
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load, validate

from telehealth.core.i18n import N_
from telehealth.core.web.fields import RowId

_REQUIRED: dict[str, str | list[Any] | dict[Any, Any]] = {"required": N_("Please fill this in.")}


@dataclass(frozen=True, slots=True)
class Login:
    """Name and password as typed."""

    login: str
    password: str = field(repr=False)


class LoginSchema(Schema):
    """`{login, password}`."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    login = fields.String(
        required=True,
        validate=validate.Length(1, 254, error=N_("Please fill this in.")),
        error_messages=_REQUIRED,
    )
    password = fields.String(
        required=True,
        validate=validate.Length(1, 200, error=N_("Please fill this in.")),
        error_messages=_REQUIRED,
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Login:
        return Login(**values)


class PersonSchema(Schema):
    """A person as others may see one."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)


class NewSessionSchema(Schema):
    """A sign-in that has just begun."""

    token = fields.String(required=True, metadata={"description": "Shown only here"})
    expires_at = fields.AwareDateTime(required=True)
    person = fields.Nested(PersonSchema, required=True)


class ActingForSchema(Schema):
    """A representation in effect."""

    representation = fields.Integer(required=True)
    kind = fields.String(required=True)
    person = fields.Nested(PersonSchema, required=True)
    until = fields.Date(
        required=True, allow_none=True, metadata={"description": "Last day, inclusive"}
    )


class MeSchema(Schema):
    """Who is signed in, as what, and for whom they may act."""

    person = fields.Nested(PersonSchema, required=True)
    roles = fields.List(fields.String(), required=True)
    acting_for = fields.List(fields.Nested(ActingForSchema), required=True)


@dataclass(frozen=True, slots=True)
class DeviceTokenWish:
    """A device token to be made."""

    patient: int
    name: str


class DeviceTokenWishSchema(Schema):
    """`{patient, name}`."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    patient = RowId(required=True, strict=True, metadata={"description": "Person id"})
    name = fields.String(required=True, validate=validate.Length(1, 80))

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> DeviceTokenWish:
        return DeviceTokenWish(**values)


class DeviceTokenSchema(Schema):
    """A device token; `token` only in the answer that makes it."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    patient_id = fields.Integer(required=True, data_key="patient")
    token = fields.String()
    scope = fields.Constant("readings:upload", dump_only=True)


class DeviceNameSchema(Schema):
    """The form that connects a meter."""

    name = fields.String(
        required=True,
        validate=validate.Length(
            1, 80, error=N_("Give the meter a name of at most 80 characters.")
        ),
        error_messages=_REQUIRED,
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> str:
        return str(values["name"]).strip()
