"""SQL that differs between the databases: whole batches as arrays (PostgreSQL) or JSON (SQLite).

One statement per batch, whatever its size; `RETURNING` names exactly the rows that are new.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, BANDS
from telehealth.readings.models import UNIT_CODES

SQLITE_TIME = "%Y-%m-%d %H:%M:%S.%f"
"""How SQLAlchemy writes an instant on SQLite."""

Statement = Mapping[str, TextClause]

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
}


def _rows(columns: Mapping[str, str]) -> dict[str, str]:
    """A batch as a table `given`, per database; parameter `:rows` or one array per column."""
    picked = ", ".join(f"json_extract(value, '$[{n}]') AS {name}" for n, name in enumerate(columns))
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
    return {
        "sqlite": f"(SELECT {picked} FROM json_each(:rows)) AS given",  # noqa: S608 - our own names
        "postgresql": f"unnest({arrays}) AS given({', '.join(columns)})",
    }


def _insert_readings(given: str) -> TextClause:
    names = ", ".join(READING_COLUMNS)
    picked = ", ".join(f"given.{name}" for name in READING_COLUMNS)
    return text(
        f"INSERT INTO reading (patient_id, upload_id, {names})"  # noqa: S608 - our own names
        f" SELECT :patient_id, :upload_id, {picked} FROM {given} WHERE true"
        " ON CONFLICT (patient_id, source_id, measured_at, seq) DO NOTHING"
        " RETURNING source_id, seq"
    )


def _known_keys(given: str) -> TextClause:
    return text(
        f"SELECT reading.source_id, reading.seq FROM {given}"  # noqa: S608 - our own names
        " JOIN reading ON reading.source_id = given.source_id AND reading.seq = given.seq"
        " UNION ALL"
        f" SELECT removed.source_id, removed.seq FROM {given} JOIN removed_reading AS removed"
        " ON removed.source_id = given.source_id AND removed.seq = given.seq"
    )


def _band_counts() -> str:
    """One count per band: whole numbers of each unit against that unit's edges."""
    counts = []
    for place, band in enumerate(BANDS):
        either = []
        for unit, code in UNIT_CODES.items():
            edges: tuple[int | None, ...] = (None, *ADULT.edges[unit], None)
            above, up_to = edges[place], edges[place + 1]
            tests = [f"reading.unit = {code}"]
            tests += [f"reading.tick > {above}"] if above is not None else []
            tests += [f"reading.tick <= {up_to}"] if up_to is not None else []
            either.append(" AND ".join(tests))
        condition = " OR ".join(f"({tests})" for tests in either)
        counts.append(f"sum(CASE WHEN {condition} THEN 1 ELSE 0 END) AS {band.value}")
    return ", ".join(counts)


def _sum_days(given: str) -> TextClause:
    columns = ", ".join(band.value for band in BANDS)
    return text(
        "INSERT INTO day_summary (patient_id, day_on, kind, unit, n,"  # noqa: S608 - our own names
        f" {columns}, total, squares, lowest, highest)"
        " SELECT source.patient_id, given.day_on, source.kind, reading.unit, count(*),"
        f" {_band_counts()},"
        " sum(CAST(reading.tick AS bigint)), sum(CAST(reading.tick AS bigint) * reading.tick),"
        " min(reading.tick), max(reading.tick)"
        f" FROM reading_source AS source CROSS JOIN {given}"
        " JOIN reading ON reading.patient_id = source.patient_id"
        " AND reading.source_id = source.id"
        " AND reading.measured_at >= given.begins_at AND reading.measured_at < given.ends_at"
        " WHERE source.patient_id = :patient_id"
        " GROUP BY source.patient_id, given.day_on, source.kind, reading.unit"
    )


_KEYS = {"source_id": "int", "seq": "bigint"}
_DAYS = {"day_on": "date", "begins_at": "timestamptz", "ends_at": "timestamptz"}

INSERT_READINGS: Statement = {
    dialect: _insert_readings(given) for dialect, given in _rows(READING_COLUMNS).items()
}
KNOWN_KEYS: Statement = {dialect: _known_keys(given) for dialect, given in _rows(_KEYS).items()}
SUM_DAYS: Statement = {dialect: _sum_days(given) for dialect, given in _rows(_DAYS).items()}
INSERT_NOTES: Statement = {
    dialect: text(
        "INSERT INTO reading_note (patient_id, source_id, measured_at, seq, text)"  # noqa: S608 - our own names
        f" SELECT :patient_id, source_id, measured_at, seq, text FROM {given}"
    )
    for dialect, given in _rows(
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
    arrays = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    return session.execute(statement[dialect], {**arrays, **scalars})


def _for_sqlite(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(SQLITE_TIME)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


READING_FIELDS = tuple(READING_COLUMNS)
KEY_FIELDS = tuple(_KEYS)
DAY_FIELDS = tuple(_DAYS)
NOTE_FIELDS = ("source_id", "measured_at", "seq", "text")
UNIT_OF_CODE = {code: unit for unit, code in UNIT_CODES.items()}
assert UNIT_OF_CODE[0] is Unit.MG_DL  # noqa: S101 - the migration's CHECK says so too
