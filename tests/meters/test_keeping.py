"""Meters of a patient: whose they are, what they are called, how they do."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from telehealth.audit.models import AuditEvent
from telehealth.core.actor import system
from telehealth.core.errors import Conflict, NotAllowed, NotFound
from telehealth.identity.models import Person
from telehealth.meters import service as meters
from telehealth.meters.models import How, MeterBinding, MeterKind
from telehealth.readings.models import SourceKind
from tests import make
from tests.make import meters as made
from tests.make import readings
from tests.make.people import NOW

LATER = NOW + timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_a_meter_belongs_to_one_patient_at_a_time(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    meter_id = made.meter(session, ana)

    with pytest.raises(meters.BoundElsewhere) as refusal:
        made.meter(session, luka)
    meters.unbind(session, made.own_actor(ana), ana.id, meter_id, now=LATER)

    assert ana.name not in refusal.value.detail
    assert made.meter(session, luka, now=LATER) == meter_id


def test_the_database_refuses_a_second_open_binding(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    meter_id = made.meter(session, ana)
    first = session.scalars(select(MeterBinding)).one()
    second = MeterBinding(
        meter_id=meter_id, patient_id=luka.id, name="", how=How.HAND,
        basis=first.basis, bound_at=NOW,
    )  # fmt: skip

    session.add(second)
    with pytest.raises(IntegrityError):
        session.flush()


def test_meters_without_a_number_are_told_apart_by_patient(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")

    hers = made.meter(session, ana, "Roche | Accu-Chek Guide")
    his = made.meter(session, luka, "Roche | Accu-Chek Guide")

    assert hers != his
    assert made.meter(session, ana, "Roche | Accu-Chek Guide") == hers


def test_a_removed_meter_keeps_its_history_and_comes_back(session: Session) -> None:
    ana = make.patient(session)
    actor = made.own_actor(ana)
    value = readings.reading(kind=SourceKind.METER, device=made.GUIDE)
    readings.diary(session, ana, [value])
    meter_id = made.meter(session, ana, name="v torbici")

    meters.unbind(session, actor, ana.id, meter_id, now=LATER)
    former = meters.of_patient(session, actor, ana.id, now=LATER).former
    assert [(one.name, one.sums.readings) for one in former] == [("v torbici", 1)]
    with pytest.raises(Conflict):
        meters.unbind(session, actor, ana.id, meter_id, now=LATER)
    meters.bind_again(session, actor, ana.id, meter_id, now=LATER)

    bound = meters.of_patient(session, actor, ana.id, now=LATER).bound
    assert [(one.id, one.name) for one in bound] == [(meter_id, "v torbici")]


def test_a_meter_that_went_to_somebody_else_does_not_come_back(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    actor = made.own_actor(ana)
    meter_id = made.meter(session, ana)
    meters.unbind(session, actor, ana.id, meter_id, now=LATER)
    made.meter(session, luka, now=LATER)

    with pytest.raises(meters.BoundElsewhere):
        meters.bind_again(session, actor, ana.id, meter_id, now=LATER)

    (former,) = meters.of_patient(session, actor, ana.id, now=LATER).former
    assert former.is_elsewhere
    assert former.battery_percent is None, "how it does is the new owner's matter"


def test_how_a_meter_did_is_not_told_to_its_next_owner(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    meters.report(session, made.device_actor(ana), ana.id, [_report(15, 900)], now=NOW)
    (hers,) = meters.of_patient(session, made.own_actor(ana), ana.id, now=NOW).bound
    meters.unbind(session, made.own_actor(ana), ana.id, hers.id, now=NOW)

    made.meter(session, luka, now=LATER)

    (his,) = meters.of_patient(session, made.own_actor(luka), luka.id, now=LATER).bound
    assert (his.battery_percent, his.drift_s, his.read_at) == (None, None, None)


def test_a_name_is_given_and_taken_back(session: Session) -> None:
    ana = make.patient(session)
    actor = made.own_actor(ana)
    meter_id = made.meter(session, ana)

    before = meters.rename(session, actor, ana.id, meter_id, "v torbici", now=NOW)
    assert meters.one(session, actor, ana.id, meter_id, now=NOW).name == "v torbici"
    meters.rename(session, actor, ana.id, meter_id, before, now=NOW)

    assert meters.one(session, actor, ana.id, meter_id, now=NOW).name == "Roche Accu-Chek Guide"


def test_a_strangers_meter_is_not_there(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    meter_id = made.meter(session, ana)

    with pytest.raises(NotFound):
        meters.one(session, made.own_actor(luka), luka.id, meter_id, now=NOW)
    with pytest.raises(NotFound):
        meters.of_patient(session, made.own_actor(luka), ana.id, now=NOW)


def test_a_gateways_token_reports_and_sees_nothing(session: Session) -> None:
    ana = make.patient(session)
    gateway = made.device_actor(ana)

    meters.report(session, gateway, ana.id, [_report(battery=50)], now=NOW)

    with pytest.raises(NotAllowed):
        meters.of_patient(session, gateway, ana.id, now=NOW)


def _report(
    battery: int | None = None,
    drift_s: int | None = None,
    *,
    identity: str = made.GUIDE,
    ago: timedelta = HOUR,
    clock_is_set: bool = False,
) -> meters.MeterReport:
    read_at = NOW - ago
    set_at = read_at if clock_is_set else None
    state = meters.State(read_at, battery, drift_s, set_at, 120, "1.0", sent_at=NOW)
    return meters.MeterReport(identity, "Accu-Chek Guide", state)


def _state(session: Session, ana: Person, *reports: meters.MeterReport) -> meters.Known:
    for one in reports:
        meters.report(session, made.device_actor(ana), ana.id, [one], now=NOW)
    (known,) = meters.of_patient(session, made.own_actor(ana), ana.id, now=NOW).bound
    return known


def test_a_report_makes_a_meter_known_and_says_how_it_does(session: Session) -> None:
    known = _state(session, make.patient(session), _report(15, 185))

    assert (known.how, known.battery_percent, known.has_low_battery) == (How.PROGRAM, 15, True)
    assert (known.drift_min, known.records, known.firmware) == (3, 120, "1.0")


def test_an_older_report_changes_nothing(session: Session) -> None:
    newer, older = _report(40, ago=HOUR), _report(90, ago=2 * HOUR)

    known = _state(session, make.patient(session), newer, older)

    assert (known.battery_percent, known.read_at) == (40, NOW - HOUR)


def test_a_report_from_the_future_does_not_silence_later_ones(session: Session) -> None:
    from_next_year = _report(90, ago=-timedelta(days=365))

    known = _state(session, make.patient(session), from_next_year)

    assert known.read_at is not None
    assert known.read_at <= NOW


@pytest.mark.parametrize(
    ("drift_s", "minutes"),
    [(0, 0), (59, 0), (-59, 0), (60, 1), (185, 3), (-185, -3), (-90_000, -1500)],
)
def test_the_clock_is_said_in_minutes(session: Session, drift_s: int, minutes: int) -> None:
    known = _state(session, make.patient(session), _report(drift_s=drift_s))

    assert known.drift_min == minutes


def test_a_clock_that_was_set_is_no_longer_off(session: Session) -> None:
    known = _state(session, make.patient(session), _report(drift_s=900, clock_is_set=True))

    assert known.drift_min == 0


def test_a_report_about_somebody_elses_meter_stores_nothing(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    made.meter(session, ana)

    outcome = meters.report(
        session, made.device_actor(luka), luka.id, [_report(15)], now=NOW
    )  # fmt: skip

    assert (outcome.taken, outcome.elsewhere) == (0, (0,))
    (hers,) = meters.of_patient(session, made.own_actor(ana), ana.id, now=NOW).bound
    assert hers.battery_percent is None
    assert meters.of_patient(session, made.own_actor(luka), luka.id, now=NOW).all == ()


def test_a_report_does_not_bring_a_removed_meter_back(session: Session) -> None:
    ana = make.patient(session)
    meter_id = made.meter(session, ana)
    meters.unbind(session, made.own_actor(ana), ana.id, meter_id, now=NOW)

    meters.report(session, made.device_actor(ana), ana.id, [_report(15)], now=LATER)

    assert meters.of_patient(session, made.own_actor(ana), ana.id, now=LATER).bound == []


def test_readings_of_a_new_sensor_make_it_known_once(session: Session) -> None:
    ana = make.patient(session)
    every_5_min = [
        readings.reading(at=NOW - timedelta(minutes=5 * n), kind=SourceKind.CGM, device="G7 9XK")
        for n in range(1, 20)
    ]
    readings.diary(session, ana, [*every_5_min, readings.reading("7.0 mmol/L")])
    itself = system("readings.recorded", ana.id)

    assert meters.follow(session, itself, ana.id, now=NOW) == 1
    assert meters.follow(session, itself, ana.id, now=NOW) == 0

    (sensor,) = meters.of_patient(session, made.own_actor(ana), ana.id, now=NOW).bound
    assert (sensor.kind, sensor.sums.readings) == (MeterKind.SENSOR, 19)
    assert sensor.sums.interval_min == 5
    with pytest.raises(NotAllowed):
        meters.follow(session, made.own_actor(ana), ana.id, now=NOW)


def test_readings_never_take_a_meter_from_somebody_else(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    made.meter(session, ana)
    readings.diary(session, luka, [readings.reading(kind=SourceKind.METER, device=made.GUIDE)])

    assert meters.follow(session, system("readings.recorded", luka.id), luka.id, now=NOW) == 0

    found = meters.of_patient(session, made.own_actor(luka), luka.id, now=NOW)
    assert [stray.device for stray in found.strays] == [made.GUIDE]


def test_every_deed_is_in_the_trail_without_a_value(session: Session) -> None:
    ana = make.patient(session)
    actor = made.own_actor(ana)
    meter_id = made.meter(session, ana, name="v torbici")
    meters.rename(session, actor, ana.id, meter_id, "doma", now=NOW)
    meters.unbind(session, actor, ana.id, meter_id, now=NOW)

    events = session.scalars(select(AuditEvent).where(AuditEvent.subject_id == ana.id)).all()

    assert {"meters.bind", "meters.rename", "meters.unbind"} <= {one.action for one in events}
    assert not [one for one in events if "torbici" in str(one.detail) or "doma" in str(one.detail)]
