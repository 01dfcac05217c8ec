"""The same measurement from two sides, conflicts, scans: what is shown and what counts."""

from datetime import UTC, datetime, timedelta

import orjson
from sqlalchemy.orm import Session

from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond, SourceKind, Standing, Via
from tests import make
from tests.make.readings import beyond, diary, own_actor, reading, sensor_days
from tests.readings.expected import moments_of, stored_rows, stored_standings

HOUR = timedelta(hours=1)
AT = datetime(2026, 11, 20, 6, 40, tzinfo=UTC)
METER = {"kind": SourceKind.METER, "device": "Contour|Next|1"}
SENSOR = {"kind": SourceKind.CGM, "device": "Libre 2|123"}


def shown(session: Session, patient: Person) -> list[readings.Entry]:
    window = readings.Window(limit=1000)
    page = readings.page(session, own_actor(patient), patient.id, window, now=make.NOW)
    return list(page.items)


def columns(session: Session, patient: Person) -> dict[str, object]:
    window = readings.Window(limit=1000)
    found = readings.columns(session, own_actor(patient), patient.id, window, now=make.NOW)
    told: dict[str, object] = orjson.loads(found.json)
    return told


def in_sums(session: Session, patient: Person) -> int:
    return sum(row.sums.n for row in stored_rows(session, patient).values())


def test_what_a_meter_sent_and_a_hand_wrote_is_one_reading_with_both_provenances(
    session: Session,
):
    ana = make.patient(session)
    diary(session, ana, [reading("7.2 mmol/L", AT + timedelta(seconds=20), note="po teku")])

    diary(session, ana, [reading("7.2 mmol/L", AT, **METER)])

    (entry,) = shown(session, ana)
    assert (entry.kind, entry.standing) == (SourceKind.METER, Standing.COUNTED)
    assert entry.also_from == (readings.Provenance(SourceKind.MANUAL, "", Via.DIRECT),)
    assert in_sums(session, ana) == 1
    assert columns(session, ana)["value"] == [72]


def test_in_another_minute_thirty_seconds_are_near_and_thirty_one_are_not(session: Session):
    ana = make.patient(session)
    half = AT + timedelta(seconds=30)

    diary(session, ana, [
        reading("7.2 mmol/L", half, **METER),
        reading("7.2 mmol/L", half + timedelta(seconds=30)),
        reading("6.1 mmol/L", half + HOUR - timedelta(seconds=1), **METER),
        reading("6.1 mmol/L", half + HOUR + timedelta(seconds=30)),
    ])  # fmt: skip

    assert [str(entry.digits) for entry in shown(session, ana)] == ["6.1", "6.1", "7.2"]
    assert in_sums(session, ana) == 3


def test_the_same_value_written_in_the_other_unit_is_the_same(session: Session):
    ana = make.patient(session)

    diary(session, ana, [reading("126 mg/dL", AT, **METER), reading("7.0 mmol/L", AT)])

    (entry,) = shown(session, ana)
    assert (str(entry.digits), entry.unit.value) == ("126", "mg/dL")


def test_a_conflict_keeps_all_and_counts_the_lowest_whoever_is_trusted_more(session: Session):
    ana = make.patient(session)
    diary(session, ana, [reading("3.4 mmol/L", AT)])
    diary(session, ana, [reading("5.4 mmol/L", AT, **METER, via=Via.FILE)])

    diary(session, ana, [reading("5.6 mmol/L", AT, **METER)])

    standing = {str(entry.digits): entry.standing for entry in shown(session, ana)}
    assert standing == {
        "5.6": Standing.ASIDE, "5.4": Standing.ASIDE, "3.4": Standing.CONFLICT,
    }  # fmt: skip
    (row,) = stored_rows(session, ana).values()
    assert (row.sums.n, row.sums.total) == (1, 34)
    told = columns(session, ana)
    assert told["value"] == [34]
    assert sorted(told["aside"]["value"]) == [54, 56]
    assert told["aside"]["standing"] == [Standing.ASIDE] * 2


def test_of_two_equally_trusted_values_the_lower_counts(session: Session):
    ana = make.patient(session)

    diary(session, ana, [
        reading("9.1 mmol/L", AT, **METER),
        beyond("LO", AT, **METER),
        reading("3.1 mmol/L", AT, **METER),
    ])  # fmt: skip

    counted = [entry for entry in shown(session, ana) if entry.counts]
    assert [entry.digits for entry in counted] == [Beyond.LO]


def test_when_the_counted_one_goes_the_other_counts_again(session: Session):
    ana = make.patient(session)
    first = diary(session, ana, [reading("5.5 mmol/L", AT)])
    diary(session, ana, [reading("5.5 mmol/L", AT + timedelta(seconds=10), via=Via.FILE)])
    diary(session, ana, [reading("6.5 mmol/L", AT + timedelta(minutes=1), via=Via.FILE)])
    assert in_sums(session, ana) == 2

    readings.remove(session, own_actor(ana), ana.id, first.new[0], now=make.NOW)

    assert sorted(stored_standings(session, ana).values()) == [Standing.COUNTED] * 2
    assert in_sums(session, ana) == 2
    readings.restore(session, own_actor(ana), ana.id, first.new[0], now=make.NOW)
    assert Standing.MERGED in stored_standings(session, ana).values()
    assert in_sums(session, ana) == 2


def test_a_sensor_and_a_finger_are_compared_only_where_a_pump_copied(session: Session):
    ana = make.patient(session)

    diary(session, ana, [
        reading("7.2 mmol/L", AT, **SENSOR),
        reading("7.2 mmol/L", AT, **METER),
        reading("7.4 mmol/L", AT + HOUR, **SENSOR),
        reading("7.4 mmol/L", AT + HOUR + timedelta(seconds=9), **METER),
        reading("7.9 mmol/L", AT + 2 * HOUR, **SENSOR),
        reading("6.9 mmol/L", AT + 2 * HOUR, **METER),
        reading("7.1 mmol/L", AT + 3 * HOUR, **SENSOR),
        reading("7.1 mmol/L", AT + 3 * HOUR),
    ])  # fmt: skip

    standing = stored_standings(session, ana)
    merged = [key for key, own in standing.items() if own is Standing.MERGED]
    assert [key[0] for key in merged] == [SourceKind.METER]
    assert list(standing.values()).count(Standing.COUNTED) == 7


def test_a_sensor_through_the_phone_and_out_of_a_file_is_counted_once(session: Session):
    ana = make.patient(session)
    wave = sensor_days(make.NOW - timedelta(days=2), 1)
    later = [
        entry._replace(measured_at=entry.measured_at + timedelta(seconds=4), via=Via.FILE)
        for entry in wave
    ]

    diary(session, ana, later)
    before = stored_rows(session, ana)
    diary(session, ana, wave)

    assert in_sums(session, ana) == len(wave)
    recorded = sum(row.recorded_s for row in stored_rows(session, ana).values())
    assert recorded == 24 * 3600
    assert sum(row.sums.total for row in before.values()) == sum(
        row.sums.total for row in stored_rows(session, ana).values()
    )
    assert len(shown(session, ana)) == len(wave)
    assert all(entry.also_from for entry in shown(session, ana))


def test_scans_are_shown_and_never_counted(session: Session):
    ana = make.patient(session)
    wave = sensor_days(make.NOW - timedelta(days=2), 1, step_min=15)[:8]
    scan = reading("3.1 mmol/L", wave[3].measured_at + timedelta(minutes=4), **SENSOR)
    same = reading("8.0 mmol/L", wave[0].measured_at, **SENSOR)

    diary(session, ana, [*wave, scan._replace(is_scan=True), same._replace(is_scan=True)])

    assert in_sums(session, ana) == 8
    scans = [entry for entry in shown(session, ana) if entry.standing is Standing.SCAN]
    assert [str(entry.digits) for entry in scans] == ["3.1", "8.0"]
    assert not any(entry.counts for entry in scans)
    assert columns(session, ana)["aside"]["standing"] == [Standing.SCAN] * 2


def test_a_long_chain_of_near_readings_is_settled_the_same_from_either_end(session: Session):
    ana, bor = make.patient(session), make.patient(session, "Bor")
    chain = [
        reading(
            f"{5 + n % 2}.5 mmol/L",
            AT + timedelta(seconds=25 * n),
            key=f"c{n}",
            kind=SourceKind.METER,
            device="AB"[n % 3 == 0],
        )
        for n in range(40)
    ]

    for entry in chain:
        diary(session, ana, [entry])
    for entry in reversed(chain):
        diary(session, bor, [entry])

    assert stored_standings(session, ana) == stored_standings(session, bor)
    assert stored_rows(session, ana) == stored_rows(session, bor)


def test_resettling_an_untouched_diary_changes_nothing(session: Session):
    ana = make.patient(session)
    diary(session, ana, [
        reading("5.5 mmol/L", AT), reading("5.5 mmol/L", AT, **METER),
        reading("6.5 mmol/L", AT, **SENSOR), beyond("HI", AT + HOUR),
    ])  # fmt: skip
    before = stored_rows(session, ana), stored_standings(session, ana)

    readings.resettle(session, ana.id, moments_of(session, ana))

    assert (stored_rows(session, ana), stored_standings(session, ana)) == before
