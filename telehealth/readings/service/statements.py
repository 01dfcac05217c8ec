"""SQL that differs between the databases: whole batches as arrays (PostgreSQL) or JSON (SQLite).

One statement per batch, whatever its size.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from types import NoneType
from typing import Any

import orjson
from sqlalchemy import Executable, TextClause, select, text
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.readings.models import UNIT_CODES, Reading, Standing

SQLITE_TIME = "%Y-%m-%d %H:%M:%S.%f"
"""How SQLAlchemy writes an instant on SQLite."""

Statement = Mapping[str, Executable]

READING_COLUMNS = {
    "source_id": "int",
    "measured_at": "timestamptz",
    "seq": "bigint",
    "mantissa": "smallint",
    "scale": "smallint",
    "unit": "smallint",
    "tick": "smallint",
    "meal": "smallint",
    "offset_min": "smallint",
    "beyond": "smallint",
    "standing": "smallint",
}


def table_given(columns: Mapping[str, str]) -> dict[str, str]:
    """A batch as a table `given`, per database; parameter `:rows` or one array per column."""
    picked = ", ".join(f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(columns))
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return {
        "sqlite": f"(SELECT {picked} FROM json_each(:rows)) AS given",  # noqa: S608 - our own names
        "postgresql": f"unnest({arrays}) AS given({', '.join(columns)})",
    }


READINGS_OF = {
    "sqlite": " CROSS JOIN reading ON {conditions}",
    "postgresql": " CROSS JOIN LATERAL"
    " (SELECT * FROM reading WHERE {conditions} OFFSET 0) AS reading",
}
"""Readings for each row of `given`, always by the key's index.

Both would rather read the whole diary of a patient and compare. On SQLite the word CROSS keeps the
order of the tables; on PostgreSQL OFFSET keeps the subquery in one piece.
"""


def _insert_readings(given: str) -> TextClause:
    names = ", ".join(READING_COLUMNS)
    picked = ", ".join(f"given.{name}" for name in READING_COLUMNS)
    return text(
        f"INSERT INTO reading (patient_id, upload_id, {names})"  # noqa: S608 - our own names
        f" SELECT :patient_id, :upload_id, {picked} FROM {given} WHERE true"
        " ON CONFLICT (patient_id, source_id, measured_at, seq) DO NOTHING"
    )


def _known_keys(given: str) -> TextClause:
    return text(
        f"SELECT reading.source_id, reading.seq FROM {given}"  # noqa: S608 - our own names
        " JOIN reading ON reading.source_id = given.source_id AND reading.seq = given.seq"
        " UNION ALL"
        f" SELECT removed.source_id, removed.seq FROM {given} JOIN removed_reading AS removed"
        " ON removed.source_id = given.source_id AND removed.seq = given.seq"
    )


def _nearby(given: str, readings_of: str) -> TextClause:
    readings = readings_of.format(
        conditions="reading.patient_id = source.patient_id AND reading.source_id = source.id"
        " AND reading.measured_at >= given.begins_at AND reading.measured_at <= given.ends_at"
        f" AND reading.standing <> {int(Standing.SCAN)}"
    )
    return text(
        "SELECT reading.source_id, reading.seq, reading.measured_at, reading.tick,"  # noqa: S608 - our own names
        " reading.beyond, reading.unit, reading.standing"
        f" FROM reading_source AS source CROSS JOIN {given}{readings}"
        " WHERE source.patient_id = :patient_id ORDER BY reading.measured_at"
    )


def _shown_between(given: str, readings_of: str) -> Executable:
    readings = readings_of.format(
        conditions="reading.patient_id = given.patient_id"
        " AND reading.source_id = given.source_id"
        " AND reading.measured_at >= given.begins_at AND reading.measured_at <= given.ends_at"
        f" AND reading.standing <> {int(Standing.MERGED)}"
    )
    columns = ", ".join(f"reading.{column.name}" for column in Reading.__table__.columns)
    found = text(f"SELECT {columns} FROM {given}{readings}")  # noqa: S608 - our own names
    return select(Reading).from_statement(found.columns(*Reading.__table__.columns))


def _set_standing(given: str) -> TextClause:
    return text(
        f"UPDATE reading SET standing = given.standing FROM {given}"  # noqa: S608 - our own names
        " WHERE reading.patient_id = :patient_id AND reading.source_id = given.source_id"
        " AND reading.measured_at = given.measured_at AND reading.seq = given.seq"
    )


_KEYS = {"source_id": "int", "seq": "bigint"}
_SPANS = {"begins_at": "timestamptz", "ends_at": "timestamptz"}
_SHOWN = {"patient_id": "bigint", "source_id": "int"} | _SPANS
_STANDINGS = {
    "source_id": "int",
    "measured_at": "timestamptz",
    "seq": "bigint",
    "standing": "smallint",
}

INSERT_READINGS: Statement = {
    dialect: _insert_readings(given) for dialect, given in table_given(READING_COLUMNS).items()
}
KNOWN_KEYS: Statement = {
    dialect: _known_keys(given) for dialect, given in table_given(_KEYS).items()
}
NEARBY: Statement = {
    dialect: _nearby(given, READINGS_OF[dialect]) for dialect, given in table_given(_SPANS).items()
}
SHOWN_BETWEEN: Statement = {
    dialect: _shown_between(given, READINGS_OF[dialect])
    for dialect, given in table_given(_SHOWN).items()
}
"""Readings that lists show, as rows of the model; `given` says of whom, which source and when."""
SET_STANDING: Statement = {
    dialect: _set_standing(given) for dialect, given in table_given(_STANDINGS).items()
}
INSERT_NOTES: Statement = {
    dialect: text(
        "INSERT INTO reading_note (patient_id, source_id, measured_at, seq, text)"  # noqa: S608 - our own names
        f" SELECT :patient_id, source_id, measured_at, seq, text FROM {given}"
    )
    for dialect, given in table_given(
        {"source_id": "int", "measured_at": "timestamptz", "seq": "bigint", "text": "text"}
    ).items()
}


def run(
    session: Session,
    statement: Statement,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    **scalars: object,
) -> Any:
    """Run a batch statement; `rows` hold values in the order of `columns`."""
    dialect = session.get_bind().dialect.name
    if dialect == "sqlite":
        written = orjson.dumps(
            rows, default=_for_sqlite, option=orjson.OPT_PASSTHROUGH_DATETIME
        ).decode()
        return session.execute(statement[dialect], {"rows": written, **scalars})
    arrays = map(_array, zip(*rows, strict=True))
    given = dict(zip(columns, arrays, strict=True))
    return session.execute(statement[dialect], {**given, **scalars})


_WHOLE = {int, NoneType, Standing}


def _array(values: Sequence[Any]) -> object:
    """An array as PostgreSQL's own text where that is plain: the driver quotes each item with care.

    Whole numbers and instants need no care, and are a hundred times quicker joined.
    """
    kinds = set(map(type, values))
    if kinds <= _WHOLE:
        written = map(str, values) if NoneType not in kinds else map(_or_null, values)
        return f"{{{','.join(written)}}}"
    if kinds == {datetime}:
        return f"{{{','.join([at.isoformat() for at in values])}}}"
    return list(values)


def _or_null(value: object) -> str:
    return "NULL" if value is None else str(value)


def _for_sqlite(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(SQLITE_TIME)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


READING_FIELDS = tuple(READING_COLUMNS)
KEY_FIELDS = tuple(_KEYS)
SPAN_FIELDS = tuple(_SPANS)
SHOWN_FIELDS = tuple(_SHOWN)
STANDING_FIELDS = tuple(_STANDINGS)
NOTE_FIELDS = ("source_id", "measured_at", "seq", "text")
UNIT_OF_CODE = {code: unit for unit, code in UNIT_CODES.items()}
assert UNIT_OF_CODE[0] is Unit.MG_DL  # noqa: S101 - the migration's CHECK says so too
