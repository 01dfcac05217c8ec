"""What people type and programs send: values, moments, what was eaten, injected, done."""

from telehealth.diary.schemas.amounts import (
    Value,
    glucose_of,
    in_words,
    is_questionable,
    other_unit,
    perhaps_meant,
)
from telehealth.diary.schemas.forms import (
    ContentSchema,
    EntryFormSchema,
    ReadingFormSchema,
    TypedForm,
)
from telehealth.diary.schemas.moments import TimeOfDay, instant
from telehealth.diary.schemas.sheet import (
    DAYS,
    SLOTS,
    USUAL_TIMES,
    TypedSheet,
    cell_name,
    read_sheet,
    time_name,
)
from telehealth.diary.schemas.wire import (
    Changed,
    EntriesSchema,
    EntryChangeSchema,
    EntryQuery,
    EntryQuerySchema,
    EntrySchema,
    NewEntrySchema,
    Sent,
    entry_json,
)

__all__ = [
    "DAYS",
    "SLOTS",
    "USUAL_TIMES",
    "Changed",
    "ContentSchema",
    "EntriesSchema",
    "EntryChangeSchema",
    "EntryFormSchema",
    "EntryQuery",
    "EntryQuerySchema",
    "EntrySchema",
    "NewEntrySchema",
    "ReadingFormSchema",
    "Sent",
    "TimeOfDay",
    "TypedForm",
    "TypedSheet",
    "Value",
    "cell_name",
    "entry_json",
    "glucose_of",
    "in_words",
    "instant",
    "is_questionable",
    "other_unit",
    "perhaps_meant",
    "read_sheet",
    "time_name",
]
