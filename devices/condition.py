"""Telling the server how a meter does: battery, clock drift, how many records, when it was read.

Beside the readings and never before them. A server that knows no such door is no failure; what
could not be told is told after the next transfer.
"""

from dataclasses import dataclass
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
        }
        found.append(Condition(meter_id, patient, read_at, row))
    return found


def tell(queue: Queue, server: Server, *, client: httpx.Client, patient: str | None = None) -> int:
    """Tell the server what it has not heard yet; returns of how many meters it took note."""
    told = 0
    for one in untold(queue):
        if patient is None or one.patient == patient:
            told += _tell(queue, server, client, one)
    return told


def _tell(queue: Queue, server: Server, client: httpx.Client, one: Condition) -> bool:
    url = f"{server.url.rstrip('/')}/api/v1/patients/{quote(one.patient, safe='')}/meters/status"
    try:
        answer = client.put(
            url,
            json={"meters": [one.row]},
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
