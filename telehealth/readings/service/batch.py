"""What arrives: a batch of readings, those that could not be read, and what became of it all."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from devices.glucose import Unit
from telehealth.core.errors import NotFound
from telehealth.glycemia.entered import Digits
from telehealth.readings.models import Beyond, Meal, SourceKind, Via

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
    UNKNOWN_RECORD = "unknown_record"
    NOT_BOOLEAN = "not_boolean"
    OTHER_UNIT = "other_unit"
    """Written by hand, seldom in its unit and plain in the other: taken when confirmed (`sure`)."""
    NOT_GLUCOSE = "not_glucose"
    """A ketone value, a control solution: never glucose, whatever its number."""


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
    digits: Digits | Beyond
    unit: Unit
    kind: SourceKind
    device: str = ""
    meal: Meal = Meal.NONE
    note: str = ""
    via: Via = Via.DIRECT
    is_scan: bool = False
    """A look at a sensor that also keeps a history: shown, never summed."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reading that was not taken; the others were."""

    row: int
    field: str
    """Empty: the reading as a whole."""
    code: str
    digits: Digits | None = None
    """The value, where the sentence names it. Never stored, never logged."""
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings to add to one patient's diary."""

    patient_id: int
    readings: tuple[NewReading, ...]
    rejected: tuple[Rejection, ...] = ()
    """Rows that the door could not read."""
    oldest: datetime | None = None
    """The earliest time taken; None: five years ago."""
    interval_min: int | None = None
    """Minutes between the readings of its sensors, where the sender knows; else it is learnt."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reading within a patient's diary: `Entry.id` read back."""

    source_id: int
    seq: int

    @classmethod
    def read(cls, text: str) -> "Reference":
        """Read `12-345`.

        Raises:
            NotFound: no reading has such a name.
        """
        source_id, dash, seq = text.partition("-")
        is_number = source_id.isdecimal() and seq.isdecimal() and text.isascii()
        if not (dash and is_number) or int(seq[:20]) >= 2**63 or int(source_id[:20]) >= 2**31:
            raise NotFound
        return cls(int(source_id[:20]), int(seq[:20]))

    def __str__(self) -> str:
        """Write `12-345`."""
        return f"{self.source_id}-{self.seq}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch."""

    accepted: int
    duplicate: int
    rejected: tuple[Rejection, ...]
    upload_id: int | None = None
    """None: nothing was new."""
    places: tuple[tuple[int, int], ...] = ()
    """Source and `seq` of the accepted readings, in their order."""

    @property
    def new(self) -> tuple[Reference, ...]:
        """Names of the accepted readings; for a page's undo."""
        return tuple(Reference(source_id, seq) for source_id, seq in self.places)
