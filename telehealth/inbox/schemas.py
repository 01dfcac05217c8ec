"""What leaves the inbox by the API."""

from marshmallow import Schema, fields

from telehealth.inbox.models import ItemKind


class InboxItemSchema(Schema):
    """One thing that waits, or is done."""

    id = fields.Integer()
    kind = fields.Enum(ItemKind, by_value=True)
    ref = fields.String(metadata={"description": "Id of the thing in its own resource"})
    title = fields.String()
    sender_id = fields.Integer(allow_none=True)
    created_at = fields.AwareDateTime()
    due_at = fields.AwareDateTime(allow_none=True)
    read_at = fields.AwareDateTime(allow_none=True)
    done_at = fields.AwareDateTime(allow_none=True)


class InboxSchema(Schema):
    """A person's inbox: open things first."""

    items = fields.List(fields.Nested(InboxItemSchema))
