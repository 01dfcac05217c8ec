"""Doors of contacts: a proxy by mandate never sees or changes them."""

from sqlalchemy.orm import Session

from tests.access.matrix import PATIENT, PERSONS, PROXY, Row, World, door
from tests.make import contacts as make_contacts

_NEW = {"kind": "email", "value": "nova@posta.si"}


def _own(endpoint: str, path: str, status: int, form: object = None) -> tuple[Row, Row]:
    """A deed on the owner's contact: the owner's alone."""
    return (
        door(endpoint, "POST", path, form=form, allow={PATIENT: status}),
        door(endpoint, "POST", "/za/{mandate}" + path, form=form, allow={PROXY: 403}),
    )


ROWS = (
    door("contacts.overview", "GET", "/stiki", allow=dict.fromkeys(PERSONS, 200)),
    door("contacts.overview", "GET", "/za/{mandate}/stiki", allow={PROXY: 403}),
    door("contacts.add", "POST", "/stiki", form=_NEW, allow=dict.fromkeys(PERSONS, 303)),
    door("contacts.add", "POST", "/za/{mandate}/stiki", form=_NEW, allow={PROXY: 403}),
    *_own("contacts.send_code", "/stiki/{unconfirmed}/koda", 303),
    *_own("contacts.confirm", "/stiki/{unconfirmed}/potrditev", 422, {"code": "000000"}),
    *_own("contacts.activate", "/stiki/{confirmed}/izbira", 303),
    *_own("contacts.remove", "/stiki/{confirmed}/odstranitev", 303),
)


def furnish(session: Session, world: World) -> dict[str, object]:
    """Two addresses of the owner."""
    return {
        "confirmed": make_contacts.confirmed_email(session, world.owner, "ana@posta.si").id,
        "unconfirmed": make_contacts.unconfirmed_email(session, world.owner, "ana2@posta.si").id,
    }
