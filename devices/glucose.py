"""Glucose as a value: unit, exact number, kind of record, plausibility and the key of a record.

Standard library only: the web application and the metrics import this module too.
"""

import hashlib
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

MG_DL_PER_MMOL_L = Decimal("18.0156")
"""The one conversion constant: the molar mass of glucose, 180.156 g/mol, over ten."""


class Unit(StrEnum):
    """Units of concentration people and meters use."""

    MMOL_L = "mmol/L"
    MG_DL = "mg/dL"


CEILING = {Unit.MMOL_L: Decimal("55.5"), Unit.MG_DL: Decimal(1000)}
"""Above this no meter can show and no person can mean it."""

STEP = {Unit.MMOL_L: Decimal("0.1"), Unit.MG_DL: Decimal(1)}
"""The last digit people see in each unit."""

BELIEVABLE_MG_DL = (Decimal(20), Decimal(700))
"""Bounds for a record of a meter; outside lie placeholders and ketones sent as glucose."""


@dataclass(frozen=True, slots=True)
class Glucose:
    """A concentration exactly as a meter or a person gave it."""

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse what no meter can show."""
        if not (self.value.is_finite() and 0 < self.value <= CEILING[self.unit]):
            raise ValueError(f"glucose out of range: {self.value} {self.unit}")

    def __str__(self) -> str:
        """Print value and unit, without an exponent."""
        return f"{self.value:f} {self.unit}"

    def number_in(self, unit: Unit) -> Decimal:
        """Return the number in a unit, unrounded; the given number where the unit is its own."""
        return convert(self.value, self.unit, unit)

    def shown_in(self, unit: Unit) -> Decimal:
        """Return the number as people read it: mmol/L to a tenth, mg/dL whole, halves up.

        Converted from the value as given, never from a rounded one.
        """
        return self.number_in(unit).quantize(STEP[unit], rounding=ROUND_HALF_UP)


class Kind(StrEnum):
    """What a record of a meter is; only `GLUCOSE` has a number that is a blood glucose."""

    GLUCOSE = "glucose"
    HIGH = "high"
    """Above what the meter can measure: no number."""
    LOW = "low"
    """Below what the meter can measure: no number."""
    CONTROL = "control"
    """Control solution."""
    KETONE = "ketone"
    NO_VALUE = "no_value"
    IMPLAUSIBLE = "implausible"
    """A number no blood has, or a record that contradicts itself."""
    UNREADABLE = "unreadable"
    """Bytes that could not be read; kept as they came."""


def convert(value: Decimal, unit: Unit, to: Unit) -> Decimal:
    """Convert a number between units, unrounded (28 significant digits)."""
    if unit is to:
        return value
    return value / MG_DL_PER_MMOL_L if to is Unit.MMOL_L else value * MG_DL_PER_MMOL_L


def is_believable(value: Decimal, unit: Unit) -> bool:
    """Whether a meter's number can be blood glucose at all: 20 to 700 mg/dL."""
    lowest, highest = BELIEVABLE_MG_DL
    return value.is_finite() and lowest <= convert(value, unit, Unit.MG_DL) <= highest


def record_key(
    meter: str, *, sequence: int | None, base: bytes, unit_bit: bool, value_bytes: bytes
) -> str:
    """Name a record of a meter so that sending it again changes nothing.

    Made only of what the meter itself sent: neither the offset (setting the clock rewrites it)
    nor any time of receiving is part of it.

    Args:
        meter: identity of the meter, manufacturer | model | serial.
        sequence: the record's number; `None` for makers whose numbers move.
        base: the seven bytes of base time.
        unit_bit: the unit flag, set for mol/L.
        value_bytes: SFLOAT word and type/location byte, empty when the record has none.

    Returns:
        64 hexadecimal digits (SHA-256).
    """
    number = "" if sequence is None else str(sequence)
    parts = (meter, number, base.hex(), str(int(unit_bit)), value_bytes.hex())
    # An identity may contain anything; its length in front keeps two recipes from colliding.
    text = f"{len(meter.encode())}|" + "|".join(parts)
    return hashlib.sha256(text.encode()).hexdigest()
