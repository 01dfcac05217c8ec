"""A range given in one unit, as whole numbers of both. Pure.

Rule: the unit as given stands; the other is derived so that the published pairs come out (70, 54
and 63 mg/dL are 3.9, 3.0 and 3.5 mmol/L; 140, 180 and 250 are 7.8, 10.0 and 13.9). mmol/L from
mg/dL is the nearest tenth. mg/dL from mmol/L is the nearest whole number for the lower limit, and
the highest whole number not above it for the upper one (7.8 mmol/L is 140.5 mg/dL: 140).
"""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

from devices.glucose import Unit, convert
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.glycemia.bands import ADULT, Ranges

BOUNDS = {
    Unit.MG_DL: (Decimal(55), Decimal(249), Decimal(18)),
    Unit.MMOL_L: (Decimal("3.1"), Decimal("13.8"), Decimal("1.0")),
}
"""Lowest lower limit, highest upper limit, and how far apart they must be."""
_PER_TICK = {Unit.MG_DL: Decimal(1), Unit.MMOL_L: Decimal("0.1")}
_OTHER = {Unit.MG_DL: Unit.MMOL_L, Unit.MMOL_L: Unit.MG_DL}


@dataclass(frozen=True, slots=True)
class Limits:
    """Lowest and highest value in range, both inside, as ticks of each unit."""

    mg_dl: tuple[int, int]
    mmol_l: tuple[int, int]

    def of(self, unit: Unit) -> tuple[int, int]:
        """Both limits as ticks of one unit: whole mg/dL or tenths of mmol/L."""
        return self.mg_dl if unit is Unit.MG_DL else self.mmol_l

    def shown(self, unit: Unit) -> tuple[Decimal, Decimal]:
        """Both limits as people read them."""
        low, high = self.of(unit)
        return low * _PER_TICK[unit], high * _PER_TICK[unit]

    def ranges(self, name: str, *, has_very_high: bool) -> Ranges:
        """The bands around these limits; below 3.0 mmol/L and above 13.9 as for everybody."""
        return Ranges(
            name,
            {
                unit: (very_low, low - 1, high, *((very_high,) if has_very_high else ()))
                for unit, (very_low, _, _, very_high) in ADULT.edges.items()
                for low, high in (self.of(unit),)
            },
        )


def limits_of(ranges: Ranges) -> Limits:
    """The limits of some ranges."""
    return Limits(ranges.target(Unit.MG_DL), ranges.target(Unit.MMOL_L))


def derive(unit: Unit, low: Decimal, high: Decimal) -> Limits:
    """The limits given in `unit`, with the other unit's whole numbers beside them.

    Raises:
        Invalid: not a number the unit is written in, out of bounds, or too close together.
    """
    ticks = _tick("low", unit, low), _tick("high", unit, high)
    least, most, apart = BOUNDS[unit]
    errors = []
    if low < least:
        words = N_("The lower limit must lie above 54 mg/dL (3.0 mmol/L).")
        errors.append(FieldError("#/low", words, "too_low"))
    if high > most:
        words = N_("The upper limit must lie below 250 mg/dL (13.9 mmol/L).")
        errors.append(FieldError("#/high", words, "too_high"))
    if not errors and high - low < apart:
        words = N_("The limits must be at least 18 mg/dL (1.0 mmol/L) apart.")
        errors.append(FieldError("#/high", words, "too_close"))
    if errors:
        raise Invalid(errors=tuple(errors))
    other = _OTHER[unit]
    turned = (_turned(low, unit, ROUND_HALF_EVEN), _turned(high, unit, _upper(other)))
    return Limits(ticks, turned) if unit is Unit.MG_DL else Limits(turned, ticks)


def _upper(to: Unit) -> str:
    return ROUND_FLOOR if to is Unit.MG_DL else ROUND_HALF_EVEN


def _turned(value: Decimal, unit: Unit, rounding: str) -> int:
    other = _OTHER[unit]
    return int((convert(value, unit, other) / _PER_TICK[other]).to_integral_value(rounding))


def _tick(name: str, unit: Unit, value: Decimal) -> int:
    ticks = value / _PER_TICK[unit] if value.is_finite() else Decimal("0.5")
    if ticks != ticks.to_integral_value():
        words = N_("Write whole mg/dL, or mmol/L with one decimal.")
        raise Invalid(errors=(FieldError(f"#/{name}", words, "digits"),))
    return int(ticks)
