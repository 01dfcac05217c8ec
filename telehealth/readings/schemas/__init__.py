"""What crosses the wire: batches of readings in, entries and columns out, the diary's form."""

from telehealth.readings.schemas.envelope import BatchSchema, entry_json, outcome_json
from telehealth.readings.schemas.plain import PlainBatchSchema
from telehealth.readings.schemas.query import (
    Query,
    QuerySchema,
    ReadingsSchema,
    UploadOutcomeSchema,
    columns_json,
)
from telehealth.readings.schemas.words import sentence

__all__ = [
    "BatchSchema",
    "PlainBatchSchema",
    "Query",
    "QuerySchema",
    "ReadingsSchema",
    "UploadOutcomeSchema",
    "columns_json",
    "entry_json",
    "outcome_json",
    "sentence",
]
