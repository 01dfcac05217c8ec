"""Doors of readings: the patient, the proxy, the care team; the device only uploads."""

from tests.access.matrix import (
    DEVICE,
    DOCTOR,
    NURSE,
    PATIENT,
    PROXY,
    door,
    event,
)

_READERS = dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200)
_READING = {
    "key": "matrix",
    "measured_at": "2026-11-23T07:40:00+01:00",
    "value": "7.2",
    "unit": "mmol/L",
    "source": "meter",
}
_API = "/api/v1/patients/{owner}/readings"

ROWS = (
    door(
        "readings_api.add",
        "POST",
        _API,
        json={"readings": [_READING]},
        allow=_READERS | {DEVICE: 200},
    ),
    door("readings_api.find", "GET", _API, allow=_READERS),
    event("readings:watch", {"patient": "{owner}"}, allow=(PATIENT, PROXY, DOCTOR, NURSE)),
)
