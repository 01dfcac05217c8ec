"""Doors of the inbox: everybody has one; the owner's holds a notice."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from telehealth.inbox import service as inbox
from telehealth.inbox.models import ItemKind
from tests import make
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
)

ROWS = (
    door(
        "inbox_api.items",
        "GET",
        "/api/v1/patients/{owner}/inbox",
        allow={PATIENT: 200, PROXY: 200},
        denies={DOCTOR: 403, NURSE: 403},
    ),
    *patient_page("inbox.items", "GET", "/nabiralnik"),
    *patient_page(
        "inbox.open_item",
        "GET",
        "/nabiralnik/{notice}",
        own=dict.fromkeys(PERSONS, 404) | {PATIENT: 200},
    ),
)


def furnish(session: Session, world: World) -> Mapping[str, object]:
    """A notice to the owner."""
    notice = inbox.Delivery(world.owner.id, ItemKind.NOTICE, "n-1", "Done")
    return {"notice": inbox.deliver(session, notice, now=make.NOW).id}
