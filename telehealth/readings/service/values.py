"""A stored value as people and bands know it: a number, or HI or LO."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, Integer, literal_column

from devices.glucose import Unit
from telehealth.glycemia.bands import HI, LO, Band, Ranges, band
from telehealth.glycemia.entered import MAX_SCALE, TICK_SCALE, Digits, tick
from telehealth.readings.models import BEYOND_OF_CODE, UNIT_CODES, Beyond


def digits_of(mantissa: int | None, scale: int | None, beyond: int) -> Digits | Beyond:
    """The literal as it was entered, or what the meter showed instead."""
    if mantissa is None or scale is None:
        return BEYOND_OF_CODE[beyond]
    return Digits(mantissa, scale)


def band_of(value: Digits | Beyond, unit: Unit, ranges: Ranges) -> Band:
    """Where a stored value lies; LO and HI in the outermost bands of these ranges.

    The literal is compared, not the stored tick: 7.95 lies below a limit of 8.0, and 5.38 above one
    of 5.3.
    """
    if isinstance(value, Beyond):
        return band(LO if value is Beyond.LO else HI, unit, ranges)
    return band(tick(value, unit, ranges.target(unit)[0]), unit, ranges)


def classified_tick(table: str, middles: Mapping[Unit, object]) -> str:
    """SQL of the tick that is compared with limits, as `band_of` compares; NULL: LO or HI.

    Args:
        table: name of the table or subquery with the columns of a reading.
        middles: for each unit the lowest tick in range, as a number or a parameter.
    """
    whens = []
    for unit, code in UNIT_CODES.items():
        for scale in range(TICK_SCALE[unit] + 1, MAX_SCALE + 1):
            step = 10 ** (scale - TICK_SCALE[unit])
            down = f"{table}.mantissa / {step}"
            whens.append(
                f"WHEN {table}.unit = {code} AND {table}.scale = {scale} THEN {down}"
                f" + CASE WHEN {table}.mantissa % {step} > 0 AND {down} >= {middles[unit]}"
                " THEN 1 ELSE 0 END"
            )
    return f"CASE {' '.join(whens)} ELSE {table}.tick END"


def classified_column(table: str, ranges: Ranges) -> ColumnElement[int]:
    """The same as a column, for the limits of one person."""
    middles = {unit: ranges.target(unit)[0] for unit in Unit}
    return literal_column(classified_tick(table, middles), Integer())
