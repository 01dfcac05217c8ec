"""Telling the server how a meter does: battery, clock, records, and what waits here for a person.

Beside the readings and never before them. A server that knows no such door is no failure; what
could not be told is told after the next transfer.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from devices.queue import Queue
from devices.upload import TIMEOUT_S, Server

QUESTION = """
    SELECT meter.id, claim.patient, identity, name, meter.read_at, battery_percent, drift_s,
        clock_set_at, count, firmware
    FROM meter JOIN claim ON claim.id = (
        SELECT max(id) FROM claim WHERE claim.meter_id = meter.id
            AND (ended_at IS NULL OR ended_at >= meter.read_at)
    )
    WHERE meter.read_at IS NOT NULL AND meter.told_at IS NOT meter.read_at
    ORDER BY meter.id
"""

SET_ASIDE = """
    SELECT count(*), coalesce(sum(by_clock), 0), min(drift_s), max(drift_s)
    FROM (
        SELECT instr(reason, 'clock_off') > 0 AS by_clock,
            CASE WHEN instr(reason, 'clock_off') > 0 THEN record.drift_s END AS drift_s
        FROM record JOIN claim ON claim.id = record.claim_id
        WHERE record.meter_id = ? AND claim.patient = ? AND state = 'quarantined'
    )
"""
SAME_DRIFT_S = 1800
"""Drifts that differ by less are told as one."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What is to be told about one meter."""

    meter_id: int
    patient: str
    read_at: str
    row: dict[str, Any]


def untold(queue: Queue) -> list[Condition]:
    """List the meters read since the server last heard of them, with the patient they are for."""
    found = []
    for meter_id, patient, identity, name, read_at, *rest in queue.rows(QUESTION):
        battery, drift, set_at, count, firmware = rest
        row = {
            "identity": identity,
            "name": name,
            "read_at": read_at,
            "battery_percent": battery,
            "clock_drift_s": drift,
            "clock_set_at": set_at,
            "records": count,
            "firmware": firmware,
            "set_aside": _set_aside(queue, meter_id, patient),
        }
        found.append(Condition(meter_id, patient, read_at, row))
    return found


def _set_aside(queue: Queue, meter_id: int, patient: str) -> dict[str, int | None]:
    """Count the patient's records that wait here, and say how far the meter's clock was ahead."""
    ((records, by_clock, least, most),) = queue.rows(SET_ASIDE, meter_id, patient)
    is_one = least is not None and most - least <= SAME_DRIFT_S
    return {"records": records, "clock_off": by_clock, "clock_drift_s": most if is_one else None}


def tell(
    queue: Queue,
    server: Server,
    *,
    client: httpx.Client,
    at: datetime,
    patient: str | None = None,
) -> int:
    """Tell the server what it has not heard yet; returns of how many meters it took note.

    Args:
        queue: what is known here.
        server: who is told.
        client: carries the requests.
        at: the present, by which the meters were judged.
        patient: only this patient's meters.
    """
    told = 0
    for one in untold(queue):
        if patient is None or one.patient == patient:
            told += _tell(queue, server, client, one, at)
    return told


def _tell(queue: Queue, server: Server, client: httpx.Client, one: Condition, at: datetime) -> bool:
    url = f"{server.url.rstrip('/')}/api/v1/patients/{quote(one.patient, safe='')}/meters/status"
    try:
        answer = client.put(
            url,
            json={"meters": [one.row | {"sent_at": at.isoformat()}]},
            headers={"Authorization": f"Bearer {server.token}"},
            timeout=TIMEOUT_S,
        )
    except httpx.HTTPError:
        return False
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        return False
    with queue.writing() as db:
        db.execute("UPDATE meter SET told_at = ? WHERE id = ?", (one.read_at, one.meter_id))
    return True
