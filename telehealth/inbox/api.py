"""JSON door of the inbox."""

from collections.abc import Sequence

from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.inbox import service as inbox
from telehealth.inbox.models import InboxItem
from telehealth.inbox.schemas import InboxSchema

api = api_blueprint("inbox", "What waits for a person to read, fill in or sign")


@api.get("/patients/<int:patient>/inbox")
@api.response(200, InboxSchema)
@access(Access.SIGNED_IN)
def items(patient: int) -> dict[str, Sequence[InboxItem]]:
    """The inbox, open things first. For its owner and who represents the owner."""
    with unit_of_work() as session:
        return {"items": inbox.list_items(session, current_actor(session, patient), now=now())}
