"""JSON doors of mandates, and `GET /me`: who I am and for whom I may act."""

from typing import Any

from telehealth.core.sockets import cut_after, representation_room
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.identity.schemas import MeSchema
from telehealth.mandates import service as mandates
from telehealth.mandates.models import Representation
from telehealth.mandates.schemas import GrantSchema, MandateSchema, MandatesSchema

api = api_blueprint("mandates", "Who may act for whom")


@api.get("/me")
@api.response(200, MeSchema)
@access(Access.SIGNED_IN)
def me() -> dict[str, Any]:
    """Who is signed in, as what, and for whom they may act now. Whoever is signed in."""
    who = signed_in()
    with unit_of_work() as session:
        rows = mandates.acting_for(session, who.person_id, now=now())
    return {
        "person": {"id": who.person_id, "name": who.person_name},
        "roles": sorted(who.roles),
        "acting_for": [
            {
                "representation": row.id,
                "kind": row.kind.value,
                "person": row.represented,
                "until": mandates.last_day(row),
            }
            for row in rows
        ],
    }


@api.get("/mandates")
@api.response(200, MandatesSchema)
@access(Access.SIGNED_IN)
def own() -> mandates.Overview:
    """Who acts for me, for whom I act, what is over. Whoever is signed in, for themself."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        return mandates.overview(session, actor, now=now())


@api.post("/patients/<int:patient>/mandates")
@api.arguments(GrantSchema)
@api.response(201, MandateSchema)
@access(Access.SIGNED_IN)
def grant(wish: mandates.Grant, patient: int) -> Representation:
    """Give somebody a mandate. Only the patient, with a password at most five minutes old."""
    with unit_of_work() as session:
        return mandates.grant(session, current_actor(session, patient), wish, now=now())


@api.delete("/mandates/<int:mandate>")
@api.response(204)
@access(Access.SIGNED_IN)
def end(mandate: int) -> None:
    """Revoke a mandate, or resign from one; takes effect at once. Either of its two people."""
    with unit_of_work() as session:
        actor = current_actor(session, signed_in().person_id)
        row = mandates.end(session, actor, mandate, now=now())
        cut_after(session, representation_room(row.id))
