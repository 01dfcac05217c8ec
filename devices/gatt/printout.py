"""What `glucometer decode KIND HEX` prints: the fields of a value by name, ready for JSON."""

from collections.abc import Callable
from decimal import Decimal

from devices.gatt import cgm, clock, glucose, info, racp
from devices.gatt.sfloat import Sfloat, take_sfloat
from devices.gatt.wire import Fault, Wire, WireError

Plain = int | float | str | bool | list[int] | None
Fields = dict[str, Plain]


def _number(value: Decimal) -> int | float:
    """Give JSON a whole number where there is one."""
    return int(value) if value == value.to_integral_value() else float(value)


def _sfloat(value: Sfloat | None, shift: int = 0) -> int | float | str | None:
    if value is None:
        return None
    number = value.number(shift=shift)
    return str(value.special) if number is None else _number(number)


def _without_absent(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _measurement(raw: bytes) -> Fields:
    record = glucose.decode_measurement(raw)
    has_value = record.concentration is not None
    return _without_absent(
        {
            "seq": record.seq,
            "base": str(record.base),
            "offset_min": record.offset_min,
            "unit": record.unit.value if has_value else None,
            "value": _sfloat(record.concentration, glucose.SHIFT[record.unit]),
            "type": record.type,
            "location": record.location,
            "status": record.status,
            "context_follows": record.context_follows,
            "surplus": record.surplus or None,
        }
    )


def _context(raw: bytes) -> Fields:
    record = glucose.decode_context(raw)
    return _without_absent(
        {
            "seq": record.seq,
            "flags": record.flags,
            "ext": record.ext,
            "carb_id": record.carb_id,
            "carb_kg": _sfloat(record.carb),
            "meal": record.meal,
            "tester": record.tester,
            "health": record.health,
            "exercise_s": record.exercise_s,
            "exercise_pct": record.exercise_pct,
            "med_id": record.med_id,
            "med": _sfloat(record.med),
            "med_unit": record.med_unit,
            "hba1c_pct": _sfloat(record.hba1c_pct),
            "surplus": record.surplus or None,
        }
    )


def _racp_request(raw: bytes) -> Fields:
    request = racp.decode_request(raw)
    fields: Fields = {"opcode": request.opcode, "operator": request.operator}
    if request.filter is not None:
        fields["filter"] = request.filter
    if request.sequence:
        fields["sequence"] = list(request.sequence)
    elif request.operand:
        fields["operand"] = request.operand.hex()
    return fields


def _racp_response(raw: bytes) -> Fields:
    response = racp.decode_response(raw)
    if isinstance(response, racp.Count):
        return {"count": response.count}
    return {"request": response.request, "code": response.code}


def _cgm_measurement(raw: bytes) -> list[Fields]:
    return [
        _without_absent(
            {
                "flags": record.flags,
                "glucose_mgdl": _sfloat(record.glucose),
                "time_offset_min": record.time_offset_min,
                "annunciation": record.annunciation,
                "trend": _sfloat(record.trend),
                "quality": _sfloat(record.quality),
                "crc": record.has_crc,
            }
        )
        for record in cgm.decode_cgm_measurement(raw)
    ]


def _cgm_feature(raw: bytes) -> Fields:
    found = cgm.decode_cgm_feature(raw)
    return {
        "feature": found.feature,
        "type": found.type,
        "location": found.location,
        "crc": found.crc,
    }


def _cgm_status(raw: bytes) -> Fields:
    found = cgm.decode_cgm_status(raw)
    return _without_absent(
        {
            "time_offset_min": found.time_offset_min,
            "annunciation": found.annunciation,
            "crc": found.crc,
        }
    )


def _session_start(raw: bytes) -> Fields:
    found = cgm.decode_session_start(raw)
    return _without_absent(
        {
            "base": str(found.base),
            "tz_quarters": found.tz_quarters,
            "dst": found.dst,
            "crc": found.crc,
        }
    )


def _session_run(raw: bytes) -> Fields:
    found = cgm.decode_session_run(raw)
    return _without_absent({"hours": found.hours, "crc": found.crc})


def _operation(raw: bytes) -> Fields:
    found = cgm.decode_operation(raw)
    fields: Fields = {"op": found.op}
    if found.op == cgm.ANSWER:
        fields |= {"request": found.operand[0], "code": found.operand[1]}
    elif found.op in (1, cgm.INTERVAL_ANSWER):
        fields["interval_min"] = found.operand[0]
    elif found.level is not None:
        fields["level"] = _sfloat(found.level)
    elif found.operand:
        fields["operand"] = found.operand.hex()
    if found.crc is not None:
        fields["crc"] = found.crc
    return fields


def _one_sfloat(raw: bytes) -> Sfloat:
    wire = Wire(raw)
    value = take_sfloat(wire)
    if wire.left:
        raise WireError(Fault.INVALID)
    return value


def _current_time(raw: bytes) -> Fields:
    found = clock.decode_current_time(raw)
    return {
        "at": str(found.at_wall),
        "weekday": found.weekday,
        "fraction_256": found.fraction_256,
        "adjust_reason": found.adjust_reason,
    }


KINDS: dict[str, Callable[[bytes], Fields | list[Fields]]] = {
    "glucose_measurement": _measurement,
    "glucose_measurement_context": _context,
    "glucose_feature": lambda raw: {"feature": glucose.decode_feature(raw)},
    "racp_request": _racp_request,
    "racp_response": _racp_response,
    "cgm_measurement": _cgm_measurement,
    "cgm_feature": _cgm_feature,
    "cgm_status": _cgm_status,
    "cgm_session_start_time": _session_start,
    "cgm_session_run_time": _session_run,
    "cgm_socp": _operation,
    "sfloat": lambda raw: {"value": _sfloat(_one_sfloat(raw))},
    "sfloat_raw": lambda raw: {"value_kg_L": _sfloat(_one_sfloat(raw))},
    "date_time": lambda raw: {"at": str(clock.decode_date_time(raw))},
    "current_time": _current_time,
    "battery": lambda raw: {"percent": info.decode_battery(raw)},
    "text": lambda raw: {"text": info.decode_text(raw)},
}
"""Every kind of value the command can read, by the name given to it."""


def printed(kind: str, raw: bytes) -> Fields | list[Fields]:
    """Decode a value of a kind into plain named fields.

    Raises:
        WireError: the bytes are not such a value.
        KeyError: no such kind.
    """
    return KINDS[kind](raw)
