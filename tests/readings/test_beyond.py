"""HI and LO have a band and no number: from the API to sums, pages and charts."""

from datetime import timedelta

import orjson
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis, Role
from telehealth.glycemia.bands import Band
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, DaySummary, Reading, SourceKind
from telehealth.targets import service as targets
from telehealth.targets.models import Population
from tests import make
from tests.make.readings import beyond, diary, own_actor, reading

HOUR = timedelta(hours=1)
ROW = {
    "key": "m-17",
    "measured_at": "2026-11-23T07:40:00+01:00",
    "value": "HI",
    "unit": "mg/dL",
    "source": "meter",
    "device": "Roche | Accu-Chek Guide | 123",
}


def test_a_meter_sends_hi_and_lo_and_reads_them_back(client: FlaskClient, session: Session):
    ana = make.patient(session)
    headers = make.bearer(session, ana)
    path = f"/api/v1/patients/{ana.id}/readings"
    low = ROW | {"key": "m-18", "value": "LO", "measured_at": "2026-11-23T06:40:00+01:00"}

    answer = client.post(path, json={"readings": [ROW, low, ROW]}, headers=headers)

    assert (answer.json["accepted"], answer.json["duplicate"]) == (2, 1)
    told = client.get(path, headers=headers).json["readings"]
    assert [(row["value"], row["band"], row["counts"]) for row in told] == [
        ("HI", "very_high", True),
        ("LO", "very_low", True),
    ]
    drawn = client.get(f"{path}?format=columns", headers=headers).json["columns"]
    assert (drawn["t"], drawn["value"]) == ([], [])
    assert drawn["out_of_range"]["side"] == [1, -1]
    assert drawn["out_of_range"]["unit"] == [0, 0]


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"record": "ketone", "value": "1.9", "unit": "mmol/L"}, "record", "not_glucose"),
        ({"record": "control", "value": 110}, "record", "not_glucose"),
        ({"record": "implausible", "value": 900}, "record", "not_glucose"),
        ({"record": "strip"}, "record", "unknown_record"),
        ({"record": 3}, "record", "unknown_record"),
        ({"value": "hi"}, "value", "not_a_number"),
        ({"value": "High"}, "value", "not_a_number"),
        ({"unit": None}, "unit", "missing"),
    ],
)
def test_what_is_no_glucose_is_kept_apart_with_its_code(
    client: FlaskClient, session: Session, change: dict[str, object], field: str, code: str
):
    ana = make.patient(session)
    headers = make.bearer(session, ana)

    answer = client.post(
        f"/api/v1/patients/{ana.id}/readings", json={"readings": [ROW | change]}, headers=headers
    )

    assert answer.json["accepted"] == 0
    (refused,) = answer.json["rejected"]
    assert (refused["field"], refused["code"]) == (field, code)
    assert refused["detail"]


def test_hi_and_lo_are_in_the_bands_and_in_nothing_else(session: Session):
    ana = make.patient(session)

    diary(session, ana, [
        beyond("HI"), beyond("LO", make.NOW - 2 * HOUR), beyond("LO", make.NOW - 3 * HOUR),
        reading("100 mg/dL", make.NOW - 4 * HOUR, kind=SourceKind.METER),
    ])  # fmt: skip

    (day,) = session.scalars(select(DaySummary))
    assert (day.n, day.n_numbers, day.out_of_range) == (4, 1, 3)
    assert (day.very_low, day.low, day.in_range, day.high, day.very_high) == (2, 0, 1, 0, 1)
    assert (day.total, day.squares, day.lowest, day.highest) == (100, 10_000, 100, 100)


def test_a_day_of_only_hi_has_no_extremes_and_no_risk(session: Session):
    ana = make.patient(session)

    diary(session, ana, [beyond("HI")])

    (day,) = session.scalars(select(DaySummary))
    assert (day.n, day.total, day.lowest, day.highest, day.high_risk) == (1, 0, None, None, 0)


def test_the_newest_value_may_be_a_word(session: Session):
    ana = make.patient(session)
    diary(session, ana, [beyond("LO"), reading(at=make.NOW - 2 * HOUR)])

    last = readings.last_readings(session, [ana.id], now=make.NOW)[ana.id]

    assert (last.digits, last.tick, last.band) == (Beyond.LO, None, Band.VERY_LOW)


def test_in_pregnancy_everything_above_is_one_band(session: Session):
    ana = make.patient(session)
    doctor = make.doctor(session, patients=[ana])
    make_pregnant(session, doctor.id, ana.id)

    diary(session, ana, [
        beyond("HI"), reading("145 mg/dL", make.NOW - 2 * HOUR, kind=SourceKind.METER),
        reading("63 mg/dL", make.NOW - 3 * HOUR, kind=SourceKind.METER),
    ])  # fmt: skip

    (day,) = session.scalars(select(DaySummary))
    assert (day.in_range, day.high, day.very_high) == (1, 2, 0)
    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    assert [entry.band for entry in page.items] == [Band.HIGH, Band.HIGH, Band.IN_RANGE]


def make_pregnant(session: Session, doctor_id: int, patient_id: int) -> None:
    actor = Actor(doctor_id, patient_id, Basis.CARE_TEAM, frozenset({Role.DOCTOR}))
    targets.set_targets(
        session, actor, patient_id, targets.NewTargets(Population.PREGNANCY_TYPE1), now=make.NOW
    )


def test_the_table_refuses_a_number_beside_hi_and_nothing_at_all(session: Session):
    ana = make.patient(session)
    diary(session, ana, [beyond("HI"), reading(at=make.NOW - 2 * HOUR)])
    high = session.scalars(select(Reading).where(Reading.beyond == 1)).one()
    number = session.scalars(select(Reading).where(Reading.beyond == 0)).one()

    for row, tick in ((high, 400), (number, None)):
        nested = session.begin_nested()
        row.tick = tick
        with pytest.raises(IntegrityError, match="number_or_beyond"):
            session.flush()
        nested.rollback()


def test_a_sensor_that_shows_hi_is_recording(session: Session):
    ana = make.patient(session)
    sensor = {"kind": SourceKind.CGM, "device": "S"}
    first = make.NOW - timedelta(hours=3)

    diary(session, ana, [
        *(
            reading("20.1 mmol/L", first + timedelta(minutes=5 * n), **sensor)
            for n in range(4)
        ),
        *(
            beyond("HI", first + timedelta(minutes=5 * n), Unit.MMOL_L, **sensor)
            for n in range(4, 10)
        ),
    ])  # fmt: skip

    (day,) = session.scalars(select(DaySummary))
    assert (day.recorded_s, day.out_of_range) == (10 * 300, 6)


def test_columns_without_readings_are_empty_arrays_not_null(session: Session):
    ana = make.patient(session)
    diary(session, ana, [beyond("HI")])

    window = readings.Window(ends_at=make.NOW - timedelta(days=3))
    found = readings.columns(session, own_actor(ana), ana.id, window, now=make.NOW)

    told = orjson.loads(found.json)
    assert found.n == 0
    assert told.pop("out_of_range") == {"t": [], "side": [], "unit": [], "source": []}
    assert told.pop("aside") == {"t": [], "value": [], "unit": [], "source": [], "standing": []}
    assert told == {"t": [], "value": [], "unit": [], "source": []}
