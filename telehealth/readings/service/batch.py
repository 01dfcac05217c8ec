"""What arrives: a batch of readings, those that could not be read, and what became of it all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from devices.glucose import Unit
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import Meal, SourceKind

MAX_BATCH = 5_000


class Code(StrEnum):
    """Why a reading is not taken, beside the flaws of a value (`glycemia.entered.Flaw`)."""

    NOT_AN_OBJECT = "not_an_object"
    MISSING = "missing"
    UNKNOWN_FIELD = "unknown_field"
    NOT_TEXT = "not_text"
    EMPTY = "empty"
    TOO_LONG = "too_long"
    BAD_TIME = "bad_time"
    NAIVE_TIME = "naive_time"
    FUTURE = "future"
    TOO_OLD = "too_old"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_SOURCE = "unknown_source"
    UNKNOWN_MEAL = "unknown_meal"


class NewReading(NamedTuple):
    """One reading as it arrived; a tuple because 5,000 of them come at once."""

    row: int
    """Place in the request, for the answer."""
    key: str
    """The sender's own key: the same key again is the same reading."""
    measured_at: datetime
    """UTC."""
    offset_min: int
    """What the sender's clock was ahead of UTC."""
    digits: Digits
    unit: Unit
    kind: SourceKind
    device: str = ""
    meal: Meal = Meal.NONE
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reading that was not taken; the others were."""

    index: int
    field: str
    """Empty: the reading as a whole."""
    code: str
    given: str = ""
    """What the sentence needs to say: a value with its unit. Never stored, never logged."""
    meant: str = ""
    """A value with its unit that was perhaps meant."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings to add to one patient's diary."""

    patient_id: int
    readings: tuple[NewReading, ...]
    rejected: tuple[Rejection, ...] = ()
    """Rows that the door could not read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch."""

    accepted: int
    duplicate: int
    rejected: tuple[Rejection, ...]
    upload_id: int | None = None
    """None: nothing was new."""
