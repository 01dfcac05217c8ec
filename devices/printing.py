"""How records and meters are printed: as lines for people, as plain data for `--json`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from devices.glucose import Glucose, Unit
from devices.meaning import Reading
from devices.queue import state_of
from devices.rows import Claim, MeterRow, RecordRow
from devices.words import KINDS, pick, reasons, say

SECONDS_PER_MINUTE = 60
SHOWN_AT_ONCE = 20
KEY_DIGITS = 8


def shown_value(value: Decimal | None, unit: str | None, kind: str, lang: str) -> str:
    """Print a value as sent, with mmol/L beside mg/dL; a kind without a number by its name."""
    if kind != "glucose" or value is None or unit is None:
        number = "" if value is None else f" {value:f} {unit}"
        return _comma(f"{pick(KINDS[kind], lang)}{number}", lang)
    text = f"{value:f} {unit}"
    if unit == Unit.MG_DL:
        text += f" ({Glucose(value, Unit.MG_DL).shown_in(Unit.MMOL_L)} {Unit.MMOL_L})"
    return _comma(text, lang)


def _comma(text: str, lang: str) -> str:
    return text.replace(".", ",") if lang == "sl" else text


def record_of(reading: Reading) -> RecordRow:
    """See a reading that was just read the way the queue lists it."""
    at = reading.measured_at
    return RecordRow(
        id=0,
        key=reading.key,
        meter="",
        kind=reading.kind,
        state=state_of(reading),
        reason=",".join(reading.doubts),
        value=None if reading.value is None else f"{reading.value:f}",
        unit=reading.unit,
        measured_at=None if at is None else at.isoformat(),
        base=reading.base,
        meal=reading.meal,
    )


def record_line(row: RecordRow, lang: str) -> str:
    """Print one record in a line."""
    told = row.corrected_at or row.measured_at
    at = datetime.fromisoformat(told) if told else None
    when = at.strftime("%Y-%m-%d %H:%M") if at else row.base or "?"
    value = None if row.value is None else Decimal(row.value)
    parts = [when, shown_value(value, row.unit, row.kind, lang), reasons(row.reason, lang)]
    return "  ".join(part for part in parts if part)


def record_json(row: RecordRow) -> dict[str, Any]:
    """Return one record as data."""
    return {
        "key": row.key,
        "kind": row.kind,
        "state": row.state,
        "reasons": [reason for reason in row.reason.split(",") if reason],
        "value": row.value,
        "unit": row.unit,
        "measured_at": row.measured_at,
        "corrected_at": row.corrected_at,
        "base": row.base,
        "meal": row.meal,
    }


def record_lines(rows: Iterable[RecordRow], lang: str, *, with_keys: bool = False) -> list[str]:
    """Print the newest records, a screenful at most; keys where somebody is to name one."""
    newest = sorted(rows, key=lambda row: row.measured_at or row.base, reverse=True)
    return [
        f"  {row.key[:KEY_DIGITS] + '  ' if with_keys else ''}{record_line(row, lang)}"
        for row in newest[:SHOWN_AT_ONCE]
    ]


def meter_json(meter: MeterRow, claim: Claim | None) -> dict[str, Any]:
    """Return a meter as data."""
    return {
        "identity": meter.identity,
        "name": meter.name,
        "address": meter.address,
        "patient": claim.patient if claim else None,
        "read_at": meter.read_at,
        "records": meter.count,
        "battery_percent": meter.battery_percent,
        "drift_s": meter.drift_s,
        "clock_set_at": meter.clock_set_at,
        "firmware": meter.firmware,
    }


def meter_line(meter: MeterRow, claim: Claim | None) -> str:
    """Print a meter in a line."""
    parts = [meter.name, meter.identity, f"-> {claim.patient}" if claim else "-> ?"]
    if meter.battery_percent is not None:
        parts.append(f"{meter.battery_percent} %")
    if meter.read_at:
        parts.append(meter.read_at[:16].replace("T", " ") + " UTC")
    return "  ".join(parts)


UNITS = (
    (timedelta(days=2), timedelta(days=1), ("day", "days"), ("dan", "dneva", "dni", "dni")),
    (timedelta(hours=2), timedelta(hours=1), ("hour", "hours"), ("uro", "uri", "ure", "ur")),
    (
        *(timedelta(0), timedelta(minutes=1)),
        *(("minute", "minutes"), ("minuto", "minuti", "minute", "minut")),
    ),
)
"""From how much on a unit is used, what one is, and its name by number in English, Slovenian."""


def duration(length: timedelta, lang: str) -> str:
    """Print how long, in the largest unit that leaves at least two: `90 minutes`, `6 hours`."""
    length = abs(length)
    _, one, english, slovenian = next(unit for unit in UNITS if length >= unit[0])
    number = round(length / one)
    if lang == "sl":
        form = {1: 0, 2: 1, 3: 2, 4: 2}.get(number % 100, 3)
        return f"{number} {slovenian[form]}"
    return f"{number} {english[number != 1]}"


def drift_line(drift_s: int, lang: str) -> str:
    """Print how far a meter's clock is ahead or behind."""
    name = "drift_ahead" if drift_s > 0 else "drift_behind"
    return say(name, lang, off=duration(timedelta(seconds=drift_s), lang))


def drift_minutes(drift_s: int | None) -> int:
    """Return how far a meter's clock is off, in whole minutes without sign."""
    return round(abs(drift_s or 0) / SECONDS_PER_MINUTE)
