"""What can be done with readings: `record`, `remove`, `restore`, `page`, `columns`."""

from telehealth.readings.service.batch import (
    MAX_BATCH,
    Batch,
    Code,
    NewReading,
    Outcome,
    Rejection,
)
from telehealth.readings.service.looking import Columns, Entry, Window, Writer, columns, page
from telehealth.readings.service.overview import (
    LastReading,
    Source,
    days_of,
    last_readings,
    preferred_unit,
    sources,
)
from telehealth.readings.service.recording import record, seq_of
from telehealth.readings.service.removing import Reference, remove, restore
from telehealth.readings.service.summaries import local_day, rebuild_days

__all__ = [
    "MAX_BATCH",
    "Batch",
    "Code",
    "Columns",
    "Entry",
    "LastReading",
    "NewReading",
    "Outcome",
    "Reference",
    "Rejection",
    "Source",
    "Window",
    "Writer",
    "columns",
    "days_of",
    "last_readings",
    "local_day",
    "page",
    "preferred_unit",
    "rebuild_days",
    "record",
    "remove",
    "restore",
    "seq_of",
    "sources",
]
