"""How fast readings come in and a chart goes out, beside the bare database in the same run."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from statistics import median

import orjson
from sqlalchemy import Column, Index, MetaData, PrimaryKeyConstraint, Table, func, select, text

from bench.ground import Ground
from bench.table import Line, paired_ratio, seconds, spread
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Reading
from telehealth.readings.service import statements
from tests import make
from tests.make.readings import own_actor, sensor_days

BATCH = 1_000
ROUNDS = 12
CHART_DAYS = 90
CHART_ROUNDS = 20
_number = count(1)

_BARE_TABLE = """
CREATE TABLE bare_reading (
  patient_id bigint, source_id int, measured_at {time}, seq bigint, tick smallint,
  PRIMARY KEY (patient_id, source_id, measured_at, seq)
)
"""
_BARE_INSERT = {
    "sqlite": text(
        "INSERT INTO bare_reading SELECT :patient_id, 1, json_extract(value, '$[0]'),"
        " json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(:rows)"
        " WHERE true ON CONFLICT (patient_id, source_id, measured_at, seq) DO NOTHING"
        " RETURNING seq"
    ),
    "postgresql": text(
        "INSERT INTO bare_reading SELECT :patient_id, 1, t, s, m FROM unnest("
        "CAST(:t AS timestamptz[]), CAST(:s AS bigint[]), CAST(:m AS smallint[])) AS u(t, s, m)"
        " ON CONFLICT (patient_id, source_id, measured_at, seq) DO NOTHING RETURNING seq"
    ),
}


_KEY = ("patient_id", "source_id", "measured_at", "seq")
_LIKE = Table(
    "like_reading",
    MetaData(),
    *(Column(one.name, one.type, nullable=one.nullable) for one in Reading.__table__.columns),
    PrimaryKeyConstraint(*_KEY),
    Index("ix_like_reading_source_id_seq", "source_id", "seq"),
    sqlite_with_rowid=False,
)
"""The columns and indices of `reading`, without its rules."""
_LIKE_INSERT = {
    dialect: text(
        statement.text.replace("INTO reading (", "INTO like_reading (")
        + " RETURNING source_id, seq"
    )
    for dialect, statement in statements.INSERT_READINGS.items()
}


def run(ground: Ground) -> Sequence[Line]:
    """Batches through the API, through the service and straight into tables; a chart of 90 days."""
    return [*_uploads(ground), *_charts(ground)]


def _uploads(ground: Ground) -> Sequence[Line]:
    """Each way has days of its own; the ways take turns, so that the load of the machine is fair.

    The raw insert is one `unnest` (PostgreSQL) or `json_each` (SQLite) statement and a commit, into
    two tables: one as wide and indexed as `reading`, and a bare one of five narrow columns.
    """
    with ground.database.unit_of_work() as session:
        patient = make.patient(session)
        headers = make.bearer(session, patient)
        kind = "text" if ground.database.dialect == "sqlite" else "timestamptz"
        session.execute(text(_BARE_TABLE.format(time=kind)))
        _LIKE.create(session.connection())
    client = ground.app.test_client()
    path = f"/api/v1/patients/{patient.id}/readings"

    def through_api(body: bytes) -> None:
        answer = client.post(path, data=body, content_type="application/json", headers=headers)
        if answer.json is None or answer.json.get("accepted") != BATCH:
            raise RuntimeError(answer.text)

    api: list[float] = []
    service: list[float] = []
    like: list[float] = []
    bare: list[float] = []
    for number in range(ROUNDS + 1):
        body, batch, rows, wide = _body(), _batch(patient), _rows(), _wide_rows()
        ways: tuple[Callable[[], object], ...] = (
            partial(through_api, body),
            partial(_through_service, ground, patient, batch),
            partial(_into_like_table, ground, patient.id, wide),
            partial(_into_bare_table, ground, patient.id, rows),
        )
        times = [seconds(way) for way in ways]
        if number:  # the first round warms up
            for found, time_s in zip((api, service, like, bare), times, strict=True):
                found.append(time_s)
    _require_all_stored(ground, patient, 2 * (ROUNDS + 1) * BATCH)
    return _upload_lines(ground, {"API": api, "service": service}, like, bare)


def _upload_lines(
    ground: Ground,
    ways: Mapping[str, Sequence[float]],
    like: Sequence[float],
    bare: Sequence[float],
) -> Sequence[Line]:
    return [
        Line(
            f"batch of {BATCH} by {way}, {ground.name}",
            f"{BATCH / median(times):,.0f} readings/s",
            f"raw insert, same columns and indices {BATCH / median(like):,.0f}/s,"
            f" ratio {paired_ratio(times, like):.2f};"
            f" five columns {BATCH / median(bare):,.0f}/s, ratio {paired_ratio(times, bare):.2f}",
        )
        for way, times in ways.items()
    ]


def _charts(ground: Ground) -> Sequence[Line]:
    with ground.database.unit_of_work() as session:
        patient = make.patient(session)
        headers = make.bearer(session, patient)
        cookie = make.browser_session(session, patient)
    wave = sensor_days(make.NOW - timedelta(days=CHART_DAYS), CHART_DAYS)
    for begin in range(0, len(wave), readings.MAX_BATCH):
        batch = readings.Batch(patient.id, tuple(wave[begin : begin + readings.MAX_BATCH]))
        _through_service(ground, patient, batch)
    browser, program = ground.app.test_client(), ground.app.test_client()
    browser.set_cookie("session", cookie)
    figure = f"/dnevnik/graf.json?dni={CHART_DAYS}"
    columns = f"/api/v1/patients/{patient.id}/readings?format=columns"

    def ask(get: Callable[[], object]) -> list[float]:
        get()
        return [seconds(get) for _ in range(CHART_ROUNDS)]

    size = len(gzip.compress(browser.get(figure).data, 6)) / 1000
    drawn = ask(lambda: _expect(browser.get(figure).status_code))
    raw = ask(lambda: _expect(program.get(columns, headers=headers).status_code))
    what = f"{CHART_DAYS} days, {len(wave):,} readings"
    beside = f"{size:.0f} kB gzip; as columns: {spread(raw)}"
    return [Line(f"chart of {what}, {ground.name}", spread(drawn), beside)]


def _moment(number: int, n: int) -> datetime:
    """Every batch has days of its own, as a sensor's backlog has."""
    return make.NOW - timedelta(days=4 * number, minutes=5 * n)


def _body() -> bytes:
    number = next(_number)
    rows = [
        {
            "key": f"{number}-{n}",
            "measured_at": _moment(number, n).isoformat(),
            "value": f"{4 + n % 90 / 10:.1f}",
            "unit": "mmol/L",
            "source": "cgm",
            "device": "Sensor",
        }
        for n in range(BATCH)
    ]
    return orjson.dumps({"readings": rows})


def _batch(patient: Person) -> readings.Batch:
    number = next(_number)
    moved = (
        entry._replace(key=f"{number}-{n}", measured_at=_moment(number, n))
        for n, entry in enumerate(sensor_days(make.NOW - timedelta(days=4), 4)[:BATCH])
    )
    return readings.Batch(patient.id, tuple(moved))


Rows = Sequence[tuple[object, ...]]


def _rows() -> Rows:
    number = next(_number)
    return [(_moment(number, n), number * BATCH + n, 40 + n % 90) for n in range(BATCH, 0, -1)]


def _wide_rows() -> Rows:
    number = next(_number)
    return [
        (1, _moment(number, n), number * BATCH + n, 40 + n % 90, 1, 1, 40 + n % 90, 0, 60, 0, 0)
        for n in range(BATCH, 0, -1)
    ]


def _into_like_table(ground: Ground, patient_id: int, rows: Rows) -> None:
    fields = statements.READING_FIELDS
    _into_table(ground, _LIKE_INSERT, fields, rows, patient_id=patient_id, upload_id=1)


def _through_service(ground: Ground, patient: Person, batch: readings.Batch) -> None:
    with ground.database.unit_of_work() as session:
        outcome = readings.record(session, own_actor(patient), batch, now=make.NOW)
    if outcome.accepted != len(batch.readings):
        raise RuntimeError(f"{outcome.accepted} of {len(batch.readings)} accepted")


def _into_bare_table(ground: Ground, patient_id: int, rows: Rows) -> None:
    _into_table(ground, _BARE_INSERT, ("t", "s", "m"), rows, patient_id=patient_id)


def _into_table(
    ground: Ground,
    statement: statements.Statement,
    fields: Sequence[str],
    rows: Rows,
    **scalars: object,
) -> None:
    """One raw statement and a commit; PostgreSQL's arrays are lists that the driver writes."""
    with ground.database.unit_of_work() as session:
        if ground.database.dialect == "sqlite":
            inserted = statements.run(session, statement, fields, rows, **scalars)
        else:
            lists = map(list, zip(*rows, strict=True))
            arrays = dict(zip(fields, lists, strict=True))
            inserted = session.execute(statement["postgresql"], {**arrays, **scalars})
        if len(inserted.all()) != len(rows):
            raise RuntimeError("the table did not take every row")


def _expect(status: int) -> None:
    if status != 200:  # noqa: PLR2004 - shown
        raise RuntimeError(f"unexpected status {status}")


def _require_all_stored(ground: Ground, patient: Person, expected: int) -> None:
    with ground.database.reading() as session:
        stored = session.scalar(
            select(func.count()).select_from(Reading).where(Reading.patient_id == patient.id)
        )
    if stored != expected:
        raise RuntimeError(f"{stored} readings stored, {expected} acknowledged")
