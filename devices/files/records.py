"""What a file says: one reading, one thing left out with its reason, one question to a person."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from devices.glucose import Glucose, Unit
from devices.meaning import Doubt


class Format(StrEnum):
    """Layouts of files that are read."""

    LIBREVIEW = "libreview"
    CLARITY = "clarity"
    GLOOKO_BG = "glooko_bg"
    GLOOKO_CGM = "glooko_cgm"
    TIDEPOOL = "tidepool"
    NIGHTSCOUT = "nightscout"
    XDRIP = "xdrip"
    CARELINK = "carelink"
    LIBRE_DESKTOP = "libre_desktop"
    LIBRELINKUP = "librelinkup"
    MYSUGR = "mysugr"
    GLUCOSIO = "glucosio"
    SIDIARY = "sidiary"
    TABLE = "table"
    """Any other table; a person says what its columns hold."""
    OWN = "telehealth"
    """What this program itself exports, as CSV or JSON."""


class DateOrder(StrEnum):
    """Order of day, month and year where the year does not come first."""

    DMY = "dmy"
    MDY = "mdy"


class RecordKind(StrEnum):
    """How a reading came to be."""

    CGM = "cgm"
    SCAN = "scan"
    """A sensor asked by hand; true, but it would count night values twice in statistics."""
    METER = "meter"
    """A test strip."""
    MANUAL = "manual"
    """A number typed in by a person."""


class Limit(StrEnum):
    """A reading outside what the device can measure: it has no number."""

    HIGH = "high"
    LOW = "low"


class Reason(StrEnum):
    """Why a row of a file is not a reading."""

    NOT_GLUCOSE = "not_glucose"
    """A note, a meal, insulin, a setting."""
    KETONE = "ketone"
    PERSONAL = "personal"
    """A name, a date of birth, a patient's number: neither kept nor logged."""
    DEVICE = "device"
    """A row that describes the device."""
    ALERT = "alert"
    """An alert setting, some of which stand in the glucose column."""
    NO_VALUE = "no_value"
    BAD_VALUE = "bad_value"
    """The value is not a number."""
    IMPLAUSIBLE = "implausible"
    """No blood has this value."""
    UNKNOWN_UNIT = "unknown_unit"
    """The row names a unit, but none of glucose."""
    ERROR_CODE = "error_code"
    """A sensor's error written where its value would stand."""
    BAD_TIME = "bad_time"
    FUTURE = "future"
    """The time is still to come: the device's clock was wrong."""
    CLOCK_GAP = "clock_gap"
    """A wall clock time that is left out when clocks go forward."""
    BAD_ROW = "bad_row"
    """Too long, or not of the layout."""
    CUT_OFF = "cut_off"
    """From this line to the end of the file nothing can be read."""


class Question(StrEnum):
    """What only a person can say about a file."""

    DATE_ORDER = "date_order"
    UNIT = "unit"
    COLUMNS = "columns"
    """The headings are in an unknown language; only their places are those of the format."""
    TABLE = "table"
    """Which columns of an unknown table hold time, value and unit."""
    WORDS = "words"
    """What words and codes in the place of values mean: `Preview.words`."""


class Trouble(StrEnum):
    """Why a file cannot be read at all."""

    UNKNOWN = "unknown"
    """None of the layouts."""
    CARELINK = "carelink"
    """A CareLink file in a language or layout that is not read."""
    LOOKS_LIKE_MMOL = "looks_like_mmol"
    """Numbers in mmol/L stand in a field that is in mg/dL by definition."""
    ARCHIVE = "archive"
    """A ZIP archive or a workbook: what is inside has to be taken out first."""
    PICTURE = "picture"
    PDF = "pdf"
    WORKBOOK = "workbook"
    """A spreadsheet in the format of its program, not text."""
    WEB_PAGE = "web_page"
    TOO_LONG = "too_long"
    """A table of unknown headings with more rows or columns than are read."""
    WRONG_COLUMNS = "wrong_columns"
    """The columns somebody named hold no times or values."""
    UNANSWERED = "unanswered"
    """Something has to be asked first."""


class FileError(Exception):
    """A file is refused; `trouble` says why. Never carries anything the file says."""

    def __init__(self, trouble: Trouble, nearest: tuple[Format, ...] = ()) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.nearest = nearest
        """The two formats that the beginning of the file resembles most."""


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One reading of a file, exactly as it stands there."""

    line: int
    """Where the record begins, from 1."""
    measured_at: datetime
    """UTC."""
    wall: datetime | None
    """The device's wall clock as written, without a zone; `None` where a file gives none."""
    kind: RecordKind
    value: Glucose | None
    limit: Limit | None
    """Set instead of a value when the device showed HI or LO."""
    device: str
    key: str
    """The same record of the same person's device has the same key in every file and reading."""
    doubt: Doubt | None = None
    """`CLOCK_FOLD` where the wall clock time came twice."""
    meal: str = ""
    """When in the day, in the words of `MEALS`; empty where the file says nothing."""
    note: str = ""
    """What a person wrote beside the reading."""
    offset_min: int | None = None
    """Minutes ahead of UTC, where the file itself says so."""
    limit_unit: Unit | None = None
    """Unit in which the device measures, beside a limit."""

    def __post_init__(self) -> None:
        """Refuse a record with both or neither of value and limit."""
        if (self.value is None) == (self.limit is None):
            raise ValueError("a record has either a value or a limit")


MEALS = (
    "fasting", "before_meal", "after_meal", "before_breakfast", "after_breakfast", "before_lunch",
    "after_lunch", "before_dinner", "after_dinner", "bedtime", "night", "other",
)  # fmt: skip
"""Words of `FileRecord.meal`."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a file that is not a reading."""

    line: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Columns:
    """What a person says about an unknown table; columns are counted from 0."""

    time: int
    """Date and time, or only the date."""
    value: int
    kind: RecordKind
    clock: int | None = None
    """The time of day, where it has a column of its own."""
    unit: int | None = None
    """Each row's unit; without it the heading of the values or `Answers.unit` says it."""

    def __post_init__(self) -> None:
        """Refuse one column for two things."""
        places = [at for at in (self.time, self.value, self.clock, self.unit) if at is not None]
        if len(set(places)) != len(places) or min(places) < 0:
            raise ValueError("each column holds one thing")


@dataclass(frozen=True, slots=True)
class Answers:
    """What reading needs to know beyond the file's rows; `Preview.answers` has what was found."""

    date_order: DateOrder | None = None
    unit: Unit | None = None
    """Only used where the file names none."""
    confirms_columns: bool = False
    columns: Columns | None = None
    """Of an unknown table."""
    words: tuple[tuple[str, Limit | None], ...] = ()
    """Words in the place of values, in small letters; `None`: no reading."""
    made_from_mg_dl: bool = False
    """Tidepool: every mmol/L number of the file is a whole number of mg/dL divided."""


@dataclass(frozen=True, slots=True)
class Omission:
    """How often one reason occurred, and the first lines where it did."""

    count: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing a file would do.

    While a unit or the columns are in question nothing is counted. While only the order of
    dates is, rows are counted, but `first`, `last`, `folds` and `sample` stay empty.
    """

    format: Format
    unit: Unit | None
    """Of all values; `None` while unknown, or when columns differ."""
    date_order: DateOrder | None
    """`None` when the year comes first, and while undecided: see `needs_answer`."""
    zone: ZoneInfo
    needs_answer: tuple[Question, ...]
    answers: Answers
    """To be handed to `read`."""
    taken: Mapping[RecordKind, int] = field(default_factory=dict)
    out_of_range: int = 0
    """How many of the taken are HI or LO."""
    skipped: Mapping[Reason, Omission] = field(default_factory=dict)
    folds: tuple[int, ...] = ()
    """Lines of readings at a wall clock time that came twice; the first of them."""
    n_folds: int = 0
    first: datetime | None = None
    """Time of the earliest reading, UTC."""
    last: datetime | None = None
    sample: tuple[FileRecord, ...] = ()
    """The first three readings, to show to a person."""
    words: tuple[str, ...] = ()
    """What stands in the place of values and has to be explained; `Question.WORDS`."""

    @property
    def n_taken(self) -> int:
        """Readings of all kinds."""
        return sum(self.taken.values())


def key_of(*parts: str) -> str:
    """Name a record by what its file says; 64 hexadecimal digits (SHA-256)."""
    # Lengths in front: a device's name may contain any separator.
    text = "".join(f"{len(part)}|{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
