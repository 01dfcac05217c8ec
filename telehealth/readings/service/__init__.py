"""What can be done with readings: `record`, `amend`, `remove`, `restore`, `page`, `columns`."""

from telehealth.readings.service.advice import (
    ADVISED_FOR,
    Advice,
    advice_for,
    advice_of,
    advice_on,
    band_as_entered,
)
from telehealth.readings.service.amending import Change, amend, revert
from telehealth.readings.service.batch import (
    MAX_BATCH,
    Batch,
    Code,
    NewReading,
    Outcome,
    Reference,
    Rejection,
)
from telehealth.readings.service.columns import Columns, columns
from telehealth.readings.service.duplicates import Provenance, minute_of
from telehealth.readings.service.entries import Entry, Writer, entry, page
from telehealth.readings.service.foreseeing import known
from telehealth.readings.service.glance import Overview, choose_unit, open_form, overview, watch
from telehealth.readings.service.overview import (
    LastReading,
    Source,
    days_of,
    last_readings,
    preferred_unit,
    sources,
)
from telehealth.readings.service.periods import (
    DEFAULT_DAYS,
    PERIODS,
    Period,
    Window,
    period_of,
)
from telehealth.readings.service.rebuilding import is_recomputing, rebuild_some
from telehealth.readings.service.recording import record, seq_of
from telehealth.readings.service.recounting import resettle
from telehealth.readings.service.removing import remove, restore
from telehealth.readings.service.summaries import local_day, rebuild_days
from telehealth.readings.service.undoing import undo
from telehealth.readings.service.values import classified_column
from telehealth.readings.service.versions import Version, history
from telehealth.readings.service.words import (
    BAND_WORDS,
    FORM_MEALS,
    MEAL_WORDS,
    SOURCE_WORDS,
    WRITER_WORDS,
    device_name,
)

__all__ = [
    "ADVISED_FOR",
    "BAND_WORDS",
    "DEFAULT_DAYS",
    "FORM_MEALS",
    "MAX_BATCH",
    "MEAL_WORDS",
    "PERIODS",
    "SOURCE_WORDS",
    "WRITER_WORDS",
    "Advice",
    "Batch",
    "Change",
    "Code",
    "Columns",
    "Entry",
    "LastReading",
    "NewReading",
    "Outcome",
    "Overview",
    "Period",
    "Provenance",
    "Reference",
    "Rejection",
    "Source",
    "Version",
    "Window",
    "Writer",
    "advice_for",
    "advice_of",
    "advice_on",
    "amend",
    "band_as_entered",
    "choose_unit",
    "classified_column",
    "columns",
    "days_of",
    "device_name",
    "entry",
    "history",
    "is_recomputing",
    "known",
    "last_readings",
    "local_day",
    "minute_of",
    "open_form",
    "overview",
    "page",
    "period_of",
    "preferred_unit",
    "rebuild_days",
    "rebuild_some",
    "record",
    "remove",
    "resettle",
    "restore",
    "revert",
    "seq_of",
    "sources",
    "undo",
    "watch",
]
