"""A stored value as people and bands know it: a number, or HI or LO."""

from devices.glucose import Unit
from telehealth.glycemia.bands import HI, LO, Band, Ranges, band
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import BEYOND_OF_CODE, Beyond


def digits_of(mantissa: int | None, scale: int | None, beyond: int) -> Digits | Beyond:
    """The literal as it was entered, or what the meter showed instead."""
    if mantissa is None or scale is None:
        return BEYOND_OF_CODE[beyond]
    return Digits(mantissa, scale)


def band_of(tick: int | None, beyond: int, unit: Unit, ranges: Ranges) -> Band:
    """Where a stored value lies; LO and HI in the outermost bands of these ranges."""
    if tick is None:
        tick = LO if beyond < 0 else HI
    return band(tick, unit, ranges)
