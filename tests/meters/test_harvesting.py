"""What a browser read from a meter: the gateway's readings, each once; the rest set aside."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.gatt import clock
from devices.gatt.sfloat import Sfloat
from devices.sim.memory import Stored
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, NotFound
from telehealth.identity.models import Person
from telehealth.meters import service as meters
from telehealth.meters.models import MeterBinding, MeterRecord, RecordState
from telehealth.readings.models import Reading
from tests import make
from tests.make import meters as made
from tests.make.people import NOW

MINUTE = timedelta(minutes=1)


def _memory(count: int, first: int = 1) -> list[Stored]:
    return [
        made.stored(seq, 100 + seq % 50, minutes_ago=5000 - 20 * seq)
        for seq in range(first, first + count)
    ]


def _take(session: Session, ana: Person, transfer: meters.Transfer) -> meters.Harvested:
    return meters.take_in(session, made.own_actor(ana), ana.id, transfer, now=NOW)


def _values(session: Session, ana: Person) -> int:
    return len(session.scalars(select(Reading.seq).where(Reading.patient_id == ana.id)).all())


def _place(session: Session, ana: Person) -> tuple[int | None, int | None]:
    binding = session.scalars(select(MeterBinding).where(MeterBinding.patient_id == ana.id)).one()
    return binding.cursor, binding.count


def test_all_records_are_readings_once(session: Session) -> None:
    ana = make.patient(session)

    first = _take(session, ana, made.transfer(_memory(12)))
    again = _take(session, ana, made.transfer(_memory(12)))

    assert (first.new, again.new, again.known) == (12, 0, 12)
    assert _values(session, ana) == 12
    assert _place(session, ana) == (12, 12)


def test_a_gateways_readings_are_recognised(session: Session) -> None:
    ana = make.patient(session)
    memory = _memory(8)
    made.as_gateway(session, ana, memory, made.GUIDE, now=NOW)

    outcome = _take(session, ana, made.transfer(memory))

    assert (outcome.new, outcome.known) == (0, 8)


def test_a_broken_transfer_goes_on_where_it_stopped(session: Session) -> None:
    ana = make.patient(session)
    memory = _memory(20)

    _take(session, ana, made.transfer(memory[:7], has_ended=False, count=20))
    assert _place(session, ana) == (7, None)
    rest = _take(session, ana, made.transfer([memory[0], *memory[2:]], is_full=False, count=20))

    assert (rest.new, rest.needs_all) == (13, False)
    assert _place(session, ana) == (20, 20)


def test_a_short_full_reading_promises_nothing(session: Session) -> None:
    ana = make.patient(session)
    with_a_hole = [*_memory(3), *_memory(3, first=8)]

    _take(session, ana, made.transfer(with_a_hole, count=10))

    assert _place(session, ana) == (3, None), "4 to 7 are still to come"


@pytest.mark.parametrize("sent", [[], _memory(3, first=18)])
def test_another_memory_is_noticed_and_all_asked_for(session: Session, sent: list[Stored]) -> None:
    ana = make.patient(session)
    _take(session, ana, made.transfer(_memory(20)))
    different = [made.stored(one.seq, 77, minutes_ago=30 + one.seq) for one in sent]

    outcome = _take(session, ana, made.transfer(different, is_full=False, count=25))

    assert outcome.needs_all
    assert _place(session, ana) == (None, None)
    assert _take(session, ana, made.transfer(_memory(20))).needs_all is False


@pytest.mark.parametrize("last_number", [1_000, 10_000, 32_768, 65_000, 65_535])
@pytest.mark.parametrize("shows_oldest", [1, 0])
def test_numbers_that_began_again_below_the_cursor_make_all_be_read(
    session: Session, last_number: int, shows_oldest: int
) -> None:
    """The numbers begin again 5 records after the cursor; then 20 records replace 20."""
    ana = make.patient(session)
    numbers = [*range(last_number - 24, last_number + 1), *range(1, 16)]
    life = [made.stored(seq, 150, minutes_ago=900 - 20 * at) for at, seq in enumerate(numbers)]
    _take(session, ana, made.transfer(life[:20]))
    after_cursor = [*life[15:20], *life[20:25]]
    sent = [life[25], *after_cursor[5:]] if shows_oldest else after_cursor

    part = _take(session, ana, made.transfer(sent, is_full=False, count=20))
    _take(session, ana, made.transfer(life[20:]))

    assert part.needs_all
    assert _values(session, ana) == 40
    assert _place(session, ana) == (None, 20), "below any number there may be new ones"


def test_a_part_of_a_memory_nobody_has_counted_is_not_all(session: Session) -> None:
    ana = make.patient(session)
    _take(session, ana, made.transfer(_memory(20)))
    part = replace(made.transfer(_memory(5, first=18), is_full=False), count=None)

    assert _take(session, ana, part).needs_all


def test_hi_and_lo_are_readings_without_a_number(session: Session) -> None:
    ana = make.patient(session)
    memory = [
        made.stored(1, minutes_ago=50, value=Sfloat(0x07FE)),
        made.stored(2, minutes_ago=40, status=1 << 6),
    ]

    assert _take(session, ana, made.transfer(memory)).new == 2

    found = session.scalars(select(Reading.beyond).where(Reading.patient_id == ana.id)).all()
    assert sorted(found) == [-1, 1]


def test_what_is_no_glucose_is_kept_and_counts_nowhere(session: Session) -> None:
    ana = make.patient(session)
    memory = [
        made.stored(1, 121, minutes_ago=50, sample=(10, 4)),
        made.stored(2, minutes_ago=40, value=Sfloat(0x07FF)),
    ]

    outcome = _take(session, ana, made.transfer(memory))

    assert (outcome.new, outcome.kept, outcome.set_aside) == (0, 2, 0)
    assert _values(session, ana) == 0


def test_a_ketone_is_no_hypo(session: Session) -> None:
    ana = make.patient(session)
    dual = meters.Said("i-SENS", "CareSens Dual", serial="5")
    memory = [made.stored(1, 12, minutes_ago=50, meal=6), made.stored(2, 110, minutes_ago=45)]

    outcome = _take(session, ana, made.transfer(memory, said=dual))

    assert (outcome.new, outcome.kept, outcome.set_aside) == (0, 1, 1)
    (waiting,) = session.scalars(
        select(MeterRecord).where(MeterRecord.state == RecordState.WAITING)
    )
    assert waiting.doubts == "context_missing"


def test_what_cannot_be_read_keeps_its_bytes(session: Session) -> None:
    ana = make.patient(session)
    cut = Stored(1, made.stored(1).measurement[:-2])

    outcome = _take(session, ana, made.transfer([cut, *_memory(2, first=2)]))

    assert (outcome.new, outcome.set_aside) == (2, 1)
    kept = session.scalars(select(MeterRecord)).one()
    assert (kept.raw, kept.doubts) == (cut.measurement, "unreadable")


def test_a_meter_without_records_is_known_all_the_same(session: Session) -> None:
    ana = make.patient(session)

    outcome = _take(session, ana, made.transfer([], battery_percent=40))

    (known,) = meters.of_patient(session, made.own_actor(ana), ana.id, now=NOW).bound
    assert (outcome.new, known.battery_percent, known.read_at) == (0, 40, NOW)


def _off_by(minutes: int) -> bytes:
    wall = local(NOW + timedelta(minutes=minutes)).replace(tzinfo=None)
    return clock.WireTime.of(wall).to_bytes()


def test_a_clock_that_is_off_makes_readings_wait_with_a_corrected_time_offered(
    session: Session,
) -> None:
    ana = make.patient(session)
    actor = made.own_actor(ana)
    memory = [made.stored(1, 121, minutes_ago=30)]

    outcome = _take(session, ana, made.transfer(memory, clock=_off_by(40)))
    (one,) = meters.set_aside(session, actor, ana.id, outcome.meter_id, now=NOW)
    assert (outcome.new, outcome.set_aside, one.doubts) == (0, 1, ("clock_off",))
    assert one.may_be_corrected
    meters.take(session, actor, ana.id, one.row.id, corrected=True, now=NOW)

    (at,) = session.scalars(select(Reading.measured_at).where(Reading.patient_id == ana.id))
    assert abs(at - (NOW - 70 * MINUTE)) < MINUTE
    again = _take(session, ana, made.transfer(memory))
    assert (again.new, again.known) == (0, 1)


def test_a_drift_is_measured_when_the_clock_was_read(session: Session) -> None:
    ana = make.patient(session)

    _take(
        session, ana, made.transfer(_memory(1), clock=_off_by(1), clock_age=timedelta(minutes=4))
    )  # fmt: skip

    (known,) = meters.of_patient(session, made.own_actor(ana), ana.id, now=NOW).bound
    assert known.drift_min == 5


def test_a_person_decides_once_and_may_take_it_back(session: Session) -> None:
    ana = make.patient(session)
    actor = made.own_actor(ana)
    record_id = made.set_aside(session, ana, made.meter(session, ana))

    meters.dismiss(session, actor, ana.id, record_id, now=NOW)
    with pytest.raises(Conflict):
        meters.dismiss(session, actor, ana.id, record_id, now=NOW)
    meters.wait_again(session, actor, ana.id, record_id, now=NOW)

    with pytest.raises(Conflict, match="no value"):
        meters.take(session, actor, ana.id, record_id, corrected=False, now=NOW)
    stranger = make.patient(session, "Luka", "Mrak")
    with pytest.raises(NotFound):
        meters.dismiss(session, made.own_actor(stranger), stranger.id, record_id, now=NOW)


def test_a_meter_of_somebody_else_takes_nothing_in(session: Session) -> None:
    ana, luka = make.patient(session), make.patient(session, "Luka", "Mrak")
    made.meter(session, luka)

    with pytest.raises(meters.BoundElsewhere):
        _take(session, ana, made.transfer(_memory(3)))

    assert _values(session, ana) == 0


def test_the_plan_names_the_meter_the_browser_cannot(session: Session) -> None:
    ana = make.patient(session)
    meter_id = made.meter(session, ana, name="v torbici")
    made.meter(session, ana, "Ascensia | Contour Next | 9")
    _take(session, ana, made.transfer(_memory(4), said=made.said_of(meter_id)))
    said = meters.Said("Roche", "Accu-Chek Guide")

    plan = meters.plan(session, made.own_actor(ana), ana.id, said, now=NOW)

    assert [(one.name, one.ending, one.cursor, one.count) for one in plan.choices] == [
        ("v torbici", "123", 4, 4)
    ]
    assert plan.is_usable
    onetouch = meters.Said("LifeScan", "OneTouch Verio Flex")
    assert not meters.plan(session, made.own_actor(ana), ana.id, onetouch, now=NOW).is_usable


@given(cuts=st.lists(st.integers(1, 29), max_size=4), overlap=st.integers(1, 6))
def test_any_broken_links_end_with_each_record_once(
    session: Session, cuts: list[int], overlap: int
) -> None:
    with session.begin_nested() as before:
        ana = make.patient(session)
        memory = _memory(30)
        for cut in sorted(cuts):
            done = _place(session, ana)[0] if _bound(session, ana) else None
            sent = memory[max(0, (done or 0) - overlap) : cut]
            broken = made.transfer(sent, is_full=done is None, has_ended=False, count=30)
            _take(session, ana, broken)
        done = _place(session, ana)[0] if _bound(session, ana) else None
        first, rest = memory[:1], memory[max(1, (done or 0) - overlap) :]
        _take(session, ana, made.transfer([*first, *rest], is_full=done is None, count=30))

        assert _values(session, ana) == 30
        assert _place(session, ana) == (30, 30)
        before.rollback()


def _bound(session: Session, ana: Person) -> bool:
    found = select(MeterBinding.id).where(MeterBinding.patient_id == ana.id)
    return session.scalar(found) is not None
