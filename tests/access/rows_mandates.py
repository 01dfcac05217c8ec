"""Doors of mandates: one's own, never managed while acting for another."""

from sqlalchemy.orm import Session

from tests import make
from tests.access.matrix import CHILD, DOCTOR, NURSE, PATIENT, PERSONS, PROXY, World, door

_GRANT = {"representative_login": "{friend}", "valid_to": "2026-12-31"}
_EVERYBODY = dict.fromkeys(PERSONS, 200)

ROWS = (
    door("mandates_api.me", "GET", "/api/v1/me", allow=_EVERYBODY, is_audited=False),
    door("mandates_api.own", "GET", "/api/v1/mandates", allow=_EVERYBODY),
    door(
        "mandates_api.grant",
        "POST",
        "/api/v1/patients/{owner}/mandates",
        json=_GRANT,
        allow={PATIENT: 201, PROXY: 403, DOCTOR: 403, NURSE: 403},
    ),
    door(
        "mandates_api.end",
        "DELETE",
        "/api/v1/mandates/{mandate}",
        allow={PATIENT: 204, PROXY: 204},
    ),
    door("mandates.overview", "GET", "/pooblastila", allow=_EVERYBODY),
    door("mandates.overview", "GET", "/za/{mandate}/pooblastila", allow={PROXY: 403}),
    door(
        "mandates.grant",
        "POST",
        "/pooblastila",
        form=_GRANT,
        allow=dict.fromkeys(PERSONS, 303) | {CHILD: 403},
    ),
    door("mandates.grant", "POST", "/za/{mandate}/pooblastila", form=_GRANT, allow={PROXY: 403}),
    door(
        "mandates.end",
        "POST",
        "/pooblastila/{mandate}/konec",
        allow={PATIENT: 303, PROXY: 303},
    ),
    door(
        "mandates.end",
        "POST",
        "/za/{mandate}/pooblastila/{mandate}/konec",
        allow={PROXY: 403},
    ),
)


def furnish(session: Session, _world: World) -> dict[str, object]:
    """Somebody with an account to whom a mandate can be given."""
    return {"friend": make.account(session, make.person(session, "Vid", "Rus")).login}
