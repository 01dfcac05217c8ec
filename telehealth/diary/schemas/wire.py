"""Entries of the diary on the wire: what programs send and get."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from telehealth.core.i18n import N_
from telehealth.core.web.fields import FIRST_YEAR, LAST_YEAR, Instant
from telehealth.diary.models import DOSES
from telehealth.diary.schemas.forms import FILL_IN, KEY, ContentSchema, content_of
from telehealth.diary.service import Content, Written
from telehealth.readings import service as readings

MAX_PAGE = 1_000
_MAX_OFFSET_MIN = 18 * 60


class OffsetInstant(fields.AwareDateTime):
    """A moment with its offset kept: the wall clock of a traveller."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **more: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **more)
        offset = moment.utcoffset()
        if not FIRST_YEAR < moment.year < LAST_YEAR or (
            offset and abs(offset.total_seconds()) > _MAX_OFFSET_MIN * 60
        ):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return moment


class Base64(fields.Field[bytes]):
    """Bytes of a picture."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bytes:
        try:
            return base64.b64decode(str(value), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValidationError(N_("We cannot read this picture.")) from error


@dataclass(frozen=True, slots=True)
class Sent:
    """An entry as a program sent it; the picture is not kept yet."""

    key: str
    at: datetime
    offset_min: int
    content: Content
    picture: bytes | None
    version: int | None


class _SentSchema(ContentSchema):
    at = OffsetInstant(
        required=True,
        error_messages={
            "required": FILL_IN,
            "invalid": N_("Enter a date and a time."),
            "invalid_awareness": N_("The time needs an offset, for example +01:00."),
        },
    )
    photo = Base64(
        allow_none=True,
        metadata={
            "type": "string",
            "format": "byte",
            "description": "JPEG, PNG or WebP in base64; the whole body has at most 1 MiB",
        },
    )

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Sent:
        at: datetime = values["at"]
        offset = at.utcoffset()
        return Sent(
            key=values.get("key", ""),
            at=at.astimezone(UTC),
            offset_min=int(offset.total_seconds() // 60) if offset else 0,
            content=content_of(values),
            picture=values.get("photo"),
            version=values.get("version"),
        )


class NewEntrySchema(_SentSchema):
    """An entry; `key` is the sender's own, and sent again it is the same entry."""

    key = fields.String(required=True, validate=KEY)


class EntryChangeSchema(_SentSchema):
    """The whole new state of an entry. A picture that is not sent stays; null takes it away."""

    version = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "The version that was changed; another one is a conflict"},
    )

    @post_load(pass_original=True)
    def _mark_photo(self, sent: Sent, given: dict[str, Any], **_: object) -> "Changed":
        return Changed(sent, keeps_photo="photo" not in given)


@dataclass(frozen=True, slots=True)
class Changed:
    """A change as a program sent it."""

    sent: Sent
    keeps_photo: bool


class EntryQuerySchema(Schema):
    """A span of the diary, newest first."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    begins_at = Instant(load_default=None, data_key="from")
    ends_at = Instant(load_default=None, data_key="to")
    limit = fields.Integer(load_default=100, validate=validate.Range(1, MAX_PAGE))

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> "EntryQuery":
        return EntryQuery(**values)


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """Which entries; None: up to now, from thirty days before."""

    begins_at: datetime | None
    ends_at: datetime | None
    limit: int


class WriterSchema(Schema):
    """Who wrote it for the patient."""

    person_id = fields.Integer()
    name = fields.String()
    basis = fields.String()


class EntrySchema(ContentSchema):
    """An entry as it stands."""

    id = fields.Integer(required=True)
    key = fields.String(required=True)
    version = fields.Integer(required=True)
    at = fields.AwareDateTime(required=True)
    edited_at = fields.AwareDateTime(allow_none=True)
    has_photo = fields.Boolean()
    is_removed = fields.Boolean()
    writer = fields.Nested(WriterSchema, allow_none=True)


class EntriesSchema(Schema):
    """Entries, newest first."""

    entries = fields.List(fields.Nested(EntrySchema), required=True)


def entry_json(entry: Written) -> dict[str, Any]:
    """An entry as the API says it; what was not written is null."""
    content = entry.content
    doses = {f"{kind}_units": getattr(content, kind) for kind in DOSES}
    return {
        "id": entry.id,
        "key": entry.key,
        "version": entry.version,
        "at": entry.at,
        "edited_at": entry.edited_at,
        "carbs_g": content.carbs_g,
        **{name: None if units is None else str(units) for name, units in doses.items()},
        "activity": content.activity,
        "activity_min": content.activity_min,
        "illness": content.illness,
        "stress": content.stress,
        "note": content.note,
        "has_photo": content.photo_id is not None,
        "is_removed": entry.is_removed,
        "writer": _writer_json(entry.writer),
    }


def _writer_json(writer: readings.Writer | None) -> dict[str, Any] | None:
    if writer is None:
        return None
    return {"person_id": writer.person_id, "name": writer.name, "basis": writer.basis.value}
