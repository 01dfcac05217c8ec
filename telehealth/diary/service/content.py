"""What an entry says: values in, a row's columns and a version's JSON out."""

from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.diary.models import DOSES, Activity, DiaryEntry, Illness, Stress

FUTURE_TOLERANCE = timedelta(minutes=10)
"""A phone's clock may be a little ahead of ours."""
MAX_AGE = timedelta(days=5 * 366)

_ENUMS = {"activity": Activity, "illness": Illness, "stress": Stress}


@dataclass(frozen=True, slots=True)
class Content:
    """What was written about one moment; None and an empty note: nothing."""

    carbs_g: int | None = None
    rapid: Decimal | None = None
    """Insulin, in units with at most two decimals."""
    long: Decimal | None = None
    mixed: Decimal | None = None
    other: Decimal | None = None
    activity: Activity | None = None
    activity_min: int | None = None
    illness: Illness | None = None
    stress: Stress | None = None
    note: str = ""
    photo_id: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not any(getattr(self, field.name) for field in fields(self))

    @property
    def doses(self) -> tuple[tuple[str, Decimal], ...]:
        """Kinds of insulin that were given, with their units."""
        given = ((kind, getattr(self, kind)) for kind in DOSES)
        return tuple((kind, units) for kind, units in given if units is not None)

    def with_photo(self, photo_id: int | None) -> "Content":
        """The same with another picture."""
        return replace(self, photo_id=photo_id)


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry as it arrives."""

    key: str
    """The sender's own key: the same key again is the same entry."""
    at: datetime
    """UTC."""
    offset_min: int
    content: Content


@dataclass(frozen=True, slots=True)
class Change:
    """The whole new state of an entry."""

    at: datetime
    offset_min: int
    content: Content
    version: int | None = None
    """The version that was looked at; None: whatever stands there now."""
    keeps_photo: bool = False
    """The picture stays whatever `content.photo_id` says."""


def require_content(content: Content, at: datetime, now: datetime) -> None:
    """The entry says something, about a moment that has been.

    Raises:
        Invalid: nothing is said, the time is to come or more than five years ago, minutes without
            an activity.
    """
    wrong: list[FieldError] = []
    if content.is_empty:
        wrong.append(FieldError("#/carbs_g", N_("Write at least one thing."), "empty"))
    if content.activity_min and content.activity is None:
        wrong.append(FieldError("#/activity", N_("What did you do?"), "missing"))
    if at > now + FUTURE_TOLERANCE:
        text = N_("This time is still to come. Check the date and the time.")
        wrong.append(FieldError("#/at", text, "future"))
    if at < now - MAX_AGE:
        text = N_("This is more than five years ago. Check the date.")
        wrong.append(FieldError("#/at", text, "too_old"))
    if wrong:
        raise Invalid(errors=tuple(wrong))


def fill(row: DiaryEntry, at: datetime, offset_min: int, content: Content) -> None:
    """The row says what the content says."""
    row.at, row.offset_min = at, offset_min
    row.carbs_g, row.note, row.photo_id = content.carbs_g, content.note, content.photo_id
    row.activity, row.activity_min = content.activity, content.activity_min
    row.illness, row.stress = content.illness, content.stress
    for kind in DOSES:
        units: Decimal | None = getattr(content, kind)
        setattr(row, f"{kind}_hundredths", None if units is None else int(units * 100))


def content_of(row: DiaryEntry) -> Content:
    """What the row says."""
    doses = {kind: _units(getattr(row, f"{kind}_hundredths")) for kind in DOSES}
    return Content(
        carbs_g=row.carbs_g,
        activity=row.activity,
        activity_min=row.activity_min,
        illness=row.illness,
        stress=row.stress,
        note=row.note,
        photo_id=row.photo_id,
        **doses,
    )


def _units(hundredths: int | None) -> Decimal | None:
    """Units without idle zeros: 6, 6.5, 6.25."""
    if hundredths is None:
        return None
    units = Decimal(hundredths) / 100
    return units.quantize(Decimal(1)) if units == units.to_integral() else units


def written(at: datetime, offset_min: int, content: Content) -> str:
    """A state as JSON, for the history."""
    said = {name: value for name, value in asdict(content).items() if value not in (None, "")}
    return orjson.dumps(
        {"at": at.astimezone(UTC), "offset_min": offset_min} | said, default=str
    ).decode()


def read(text: str) -> tuple[datetime, int, Content]:
    """A state of the history: when, the clock's offset, what it said."""
    said: dict[str, Any] = orjson.loads(text)
    at, offset_min = datetime.fromisoformat(said.pop("at")), said.pop("offset_min")
    for name, kinds in _ENUMS.items():
        if name in said:
            said[name] = kinds(said[name])
    for kind in DOSES:
        if kind in said:
            said[kind] = Decimal(said[kind])
    return at, offset_min, Content(**said)
