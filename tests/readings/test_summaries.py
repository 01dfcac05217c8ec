"""Daily sums are what the readings say, whatever way the readings came."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.core.actor import Actor, Basis
from telehealth.core.clock import local
from telehealth.core.errors import Conflict, NotAllowed, NotFound
from telehealth.glycemia.daily import DaySums, sums
from telehealth.glycemia.entered import tick
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import DaySummary, SourceKind
from tests import make
from tests.make.readings import diary, own_actor, reading

HOUR = timedelta(hours=1)
Key = tuple[date, SourceKind, Unit]


def stored_sums(session: Session, patient: Person) -> dict[Key, DaySums]:
    session.expire_all()
    rows = session.scalars(select(DaySummary).where(DaySummary.patient_id == patient.id))
    return {
        (row.day_on, row.kind, (Unit.MG_DL, Unit.MMOL_L)[row.unit]): DaySums(
            row.n, row.very_low, row.low, row.in_range, row.high, row.very_high,
            row.total, row.squares,
        )
        for row in rows
    }  # fmt: skip


def expected_sums(kept: list[readings.NewReading]) -> dict[Key, DaySums]:
    ticks: dict[Key, list[int]] = defaultdict(list)
    for entry in kept:
        day = local(entry.measured_at).date()
        ticks[day, entry.kind, entry.unit].append(tick(entry.digits, entry.unit))
    return {key: sums(np.array(values), key[2]) for key, values in ticks.items()}


around_the_clock_changes = st.one_of(
    st.datetimes(datetime(2026, 3, 28, 20), datetime(2026, 3, 30, 4)),  # noqa: DTZ001 - given a zone below
    st.datetimes(datetime(2026, 10, 24, 20), datetime(2026, 10, 26, 4)),  # noqa: DTZ001
)
entries = st.builds(
    lambda at, value, kind, number: reading(
        value, at.replace(tzinfo=UTC), key=f"k{number}", kind=kind, device="D"
    ),
    around_the_clock_changes,
    st.sampled_from(
        ["2.9 mmol/L", "3.85 mmol/L", "10.0 mmol/L", "54 mg/dL", "181 mg/dL", "600 mg/dL"]
    ),
    st.sampled_from(list(SourceKind)),
    st.integers(0, 12),
)


@settings(max_examples=15)
@given(st.lists(st.lists(entries, max_size=8), min_size=1, max_size=4), st.data())
def test_any_order_split_replay_and_removal_ends_in_the_same_sums(
    session: Session, batches: list[list[readings.NewReading]], data: st.DataObject
):
    ana = make.patient(session)
    kept: dict[tuple[SourceKind, str], readings.NewReading] = {}
    for batch in [*batches, *reversed(batches)]:
        if batch:
            diary(session, ana, batch)
        for entry in batch:
            kept.setdefault((entry.kind, entry.key), entry)

    by_hand = [key for key in kept if key[0] is SourceKind.MANUAL]
    for key in data.draw(
        st.lists(st.sampled_from(by_hand), unique=True) if by_hand else st.just([])
    ):
        page = readings.page(
            session, own_actor(ana), ana.id, readings.Window(limit=1000), now=make.NOW
        )
        gone = next(
            e
            for e in page.items
            if e.kind is SourceKind.MANUAL and e.seq == readings.seq_of(key[1])
        )
        place = readings.Reference.read(gone.id)
        readings.remove(session, own_actor(ana), ana.id, place, now=make.NOW)
        del kept[key]

    assert stored_sums(session, ana) == expected_sums(list(kept.values()))


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-03-28T22:59:59+00:00", date(2026, 3, 28)),
        ("2026-03-28T23:00:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:59+00:00", date(2026, 3, 29)),  # a day of 23 hours
        ("2026-03-29T22:00:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T22:00:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T22:59:59+00:00", date(2026, 10, 25)),  # a day of 25 hours
        ("2026-10-25T23:00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_a_day_is_the_local_day_also_when_the_clocks_change(session: Session, at: str, day: date):
    ana = make.patient(session)

    diary(session, ana, [reading(at=datetime.fromisoformat(at))])

    assert [key[0] for key in stored_sums(session, ana)] == [day]


def test_a_removed_entry_does_not_come_back_with_a_repeat_but_with_undo(session: Session):
    ana = make.patient(session)
    batch = [reading("3.3 mmol/L", note="slabo", key="a"), reading("8.0 mmol/L", key="b")]
    before = diary(session, ana, batch) and stored_sums(session, ana)
    place = readings.Reference(1, 1)
    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    entry = next(entry for entry in page.items if entry.note)
    place = readings.Reference.read(entry.id)

    readings.remove(session, own_actor(ana), ana.id, place, now=make.NOW)
    replay = diary(session, ana, batch)

    assert (replay.accepted, replay.duplicate) == (0, 2)
    assert sum(row.n for row in stored_sums(session, ana).values()) == 1
    with pytest.raises(NotFound):
        readings.remove(session, own_actor(ana), ana.id, place, now=make.NOW)
    readings.restore(session, own_actor(ana), ana.id, place, now=make.NOW)
    assert stored_sums(session, ana) == before
    page = readings.page(session, own_actor(ana), ana.id, readings.Window(), now=make.NOW)
    assert entry in page.items


def test_what_a_meter_sent_and_what_another_wrote_stay(session: Session):
    ana, nurse = make.patient(session), make.patient(session, "Maja")
    caring = Actor(nurse.id, ana.id, Basis.CARE_TEAM)
    sent = diary(session, ana, [reading(kind=SourceKind.METER)])
    written = diary(session, ana)
    own = diary(session, ana, actor=caring)

    with pytest.raises(Conflict):
        readings.remove(session, own_actor(ana), ana.id, sent.new[0], now=make.NOW)
    with pytest.raises(NotAllowed):
        readings.remove(session, caring, ana.id, written.new[0], now=make.NOW)
    readings.remove(session, caring, ana.id, own.new[0], now=make.NOW)

    assert sum(row.n for row in stored_sums(session, ana).values()) == 2
    bor = make.patient(session, "Bor")
    with pytest.raises(NotFound):
        readings.remove(session, own_actor(bor), bor.id, written.new[0], now=make.NOW)
