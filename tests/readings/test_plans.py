"""The statements of an upload read the days and neighbours they need, never whole diaries."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from telehealth.glycemia.bands import ADULT
from telehealth.readings.service import adding_up, statements
from telehealth.readings.service.summaries import bounds, local_day
from tests import make
from tests.make.readings import diary, reading, sensor_days

DAY = timedelta(days=1)


def leave_one_way(session: Session) -> None:
    """Leave PostgreSQL no choice that depends on statistics or costs, until the transaction ends.

    What is asked is whether the statement can enter the primary key of the readings with
    everything it knows. Among a few rows any way is cheap, and which one is taken differs from
    run to run.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    others = session.scalars(
        text(
            "SELECT cast(indexrelid AS regclass)::text FROM pg_index"
            " WHERE indrelid = cast('reading' AS regclass) AND NOT indisprimary"
        )
    ).all()
    for index in others:
        session.execute(text(f"DROP INDEX {index}"))
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
        session.execute(text(f"SET LOCAL enable_{way} = off"))


def plan(
    session: Session,
    statement: statements.Statement,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    **scalars: object,
) -> str:
    leave_one_way(session)
    words = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
    explained = {
        dialect: text(f"{words[dialect]} {one.text}") for dialect, one in statement.items()
    }
    found = statements.run(session, explained, columns, rows, **scalars)
    return "\n".join(str(row[-1]) for row in found)


def reads_readings_by_their_time(told: str) -> bool:
    """Whether the index is entered with patient, source and both ends of the time."""
    lines = [line for line in told.splitlines() if "measured_at" in line]
    by_index = [line for line in lines if "SEARCH reading" in line or "Index Cond" in line]
    return any(
        line.count("measured_at") == 2 and "patient_id" in line and "source_id" in line
        for line in by_index
    )


def test_sums_of_a_day_read_that_day(session: Session):
    ana = make.patient(session)
    diary(session, ana, sensor_days(make.NOW - 4 * DAY, 3))
    days = [local_day(make.NOW - n * DAY) for n in range(3)]
    rows = [(day, *bounds(day), bounds(day)[1]) for day in days]

    told = plan(
        session, adding_up.SUM_DAYS, adding_up.DAY_FIELDS, rows,
        patient_id=ana.id, **adding_up.edges(ADULT),
    )  # fmt: skip

    assert reads_readings_by_their_time(told), told


def test_neighbours_are_looked_up_in_their_span(session: Session):
    ana = make.patient(session)
    diary(session, ana, [reading()])
    spans = [(make.NOW - n * DAY, make.NOW - n * DAY + timedelta(minutes=1)) for n in range(3)]

    told = plan(session, statements.NEARBY, statements.SPAN_FIELDS, spans, patient_id=ana.id)

    assert reads_readings_by_their_time(told), told
