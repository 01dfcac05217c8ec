"""Doors of meters. The owner has one with a record that was set aside."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from tests.access.matrix import (
    DEVICE,
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
)
from tests.make import meters as made

_API = "/api/v1/patients/{owner}/meters"
_TEAM = "/pacienti/{owner}/merilniki"
_KEEPERS = dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200)
_STATE = {"identity": "Roche | Accu-Chek Guide | 77", "read_at": "2026-11-23T07:40:00+01:00"}
_TRANSFER = {
    "meter": {"maker": "Roche", "model": "Accu-Chek Guide", "serial": "78"},
    "notifications": [],
    "has_ended": True,
    "is_full": True,
}
_NEW = {"kind": "meter", "model": "Contour"}
_STRAY = {"kind": "cgm", "device": "FreeStyle Libre 3"}


def _own(status: int) -> Mapping[str, int]:
    return dict.fromkeys(PERSONS, 404) | {PATIENT: status}


def _team(status: int) -> Mapping[str, int]:
    return {DOCTOR: status, NURSE: status}


ROWS = (
    door("meters_api.find", "GET", _API, allow=_KEEPERS),
    door(
        "meters_api.report",
        "PUT",
        _API + "/status",
        json={"meters": [_STATE]},
        allow=_KEEPERS | {DEVICE: 200},
    ),
    door(
        "meters_api.plan",
        "POST",
        _API + "/plan",
        json={"maker": "Roche", "model": "Accu-Chek Guide"},
        allow=_KEEPERS,
    ),
    door("meters_api.take_in", "POST", _API + "/transfers", json=_TRANSFER, allow=_KEEPERS),
    *patient_page("meters.mine", "GET", "/merilniki"),
    *patient_page("meters.connect", "GET", "/merilniki/povezi"),
    *patient_page("meters.add", "GET", "/merilniki/dodaj"),
    *patient_page("meters.add", "POST", "/merilniki/dodaj", form=_NEW, status=303),
    *patient_page("meters.adopt", "POST", "/merilniki/prevzem", form=_STRAY, status=303),
    *patient_page("meters.meter", "GET", "/merilniki/{meter}", own=_own(200)),
    *patient_page(
        "meters.rename", "POST", "/merilniki/{meter}/ime", form={"name": "x"},
        status=303, own=_own(303),
    ),
    *patient_page(
        "meters.unbind", "POST", "/merilniki/{meter}/odstrani", form={}, status=303, own=_own(303)
    ),
    *patient_page(
        "meters.bind_again", "POST", "/merilniki/{meter}/vrni", form={}, status=303, own=_own(303)
    ),
    *patient_page(
        "meters.decide", "POST", "/merilniki/zapisi/{meter_record}/ni-meritev", form={},
        status=303, own=_own(303),
    ),
    door("meters.patient_mine", "GET", _TEAM, allow=_team(200)),
    door("meters.patient_connect", "GET", _TEAM + "/povezi", allow=_team(200)),
    door("meters.patient_add", "GET", _TEAM + "/dodaj", allow=_team(200)),
    door("meters.patient_add", "POST", _TEAM + "/dodaj", form=_NEW, allow=_team(303)),
    door("meters.patient_adopt", "POST", _TEAM + "/prevzem", form=_STRAY, allow=_team(303)),
    door("meters.patient_meter", "GET", _TEAM + "/{meter}", allow=_team(200)),
    door(
        "meters.patient_rename", "POST", _TEAM + "/{meter}/ime", form={"name": "x"},
        allow=_team(303),
    ),
    door("meters.patient_unbind", "POST", _TEAM + "/{meter}/odstrani", form={}, allow=_team(303)),
    door("meters.patient_bind_again", "POST", _TEAM + "/{meter}/vrni", form={}, allow=_team(303)),
    door(
        "meters.patient_decide",
        "POST",
        _TEAM + "/zapisi/{meter_record}/ni-meritev",
        form={},
        allow=_team(303),
    ),
)  # fmt: skip


def furnish(session: Session, world: World) -> dict[str, int]:
    """The owner's meter, and a record of it that waits."""
    meter_id = made.meter(session, world.owner)
    return {"meter": meter_id, "meter_record": made.set_aside(session, world.owner, meter_id)}
