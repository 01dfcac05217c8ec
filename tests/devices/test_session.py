"""The conversation with a meter, without any radio: whatever breaks, each record is kept once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devices.gatt import racp
from devices.gatt.glucose import CONTEXT, MEASUREMENT, Measurement
from devices.harvest import Arrival
from devices.quirks import ASCENSIA, ISENS, ROCHE, TAIDOC, UNKNOWN, YUWELL, Quirk
from devices.session import (
    Action,
    End,
    Known,
    NewEpoch,
    Outcome,
    Session,
    Stage,
    Store,
    Write,
)
from devices.sim.faults import Faults
from devices.sim.memory import Stored, believable, record
from devices.sim.meter import Meter

NOON = datetime(2026, 11, 20, 12)  # noqa: DTZ001 - a meter's clock has no zone


@dataclass
class Notebook:
    """What a driver keeps: the records by their bytes, the cursor, the count."""

    kept: dict[bytes, Arrival] = field(default_factory=dict)
    cursor: int | None = None
    count: int | None = None
    gained: int = 0
    epochs: int = 1

    def known(self) -> Known:
        def has(sent: Measurement) -> bool:
            return any(one.measurement == sent for one in self.kept.values())

        return Known(self.cursor, self.count, self.gained, has)

    def write_down(self, action: Action) -> None:
        match action:
            case Store():
                for arrival in action.arrivals:
                    self.gained += arrival.raw not in self.kept
                    self.kept[arrival.raw] = arrival
                self.cursor = action.cursor
            case NewEpoch():
                self.cursor, self.count, self.gained = None, None, 0
                self.epochs += 1
            case End(outcome=Outcome.DONE):
                self.count, self.gained = action.count, 0

    @property
    def numbers(self) -> list[int]:
        return sorted(one.seq or 0 for one in self.kept.values())


def converse(
    meter: Meter,
    notebook: Notebook,
    quirk: Quirk = ROCHE,
    *,
    breaks: Callable[[int], bool] = lambda _: False,
) -> End | None:
    """Carry out a conversation; `None` when the link broke at the given notification."""
    session, heard = Session(quirk, notebook.known()), 0
    actions, sent = session.start(), list[tuple[str, bytes]]()
    for _ in range(20_000):
        for action in actions:
            notebook.write_down(action)
            if isinstance(action, Write):
                sent += meter.answer(action.raw)
            if isinstance(action, End):
                assert session.stage is Stage.ENDED
                return action
        if not sent:
            actions = session.timeout()
            continue
        heard += 1
        if breaks(heard):
            for action in session.lost():
                notebook.write_down(action)
            return None
        actions = session.feed(*sent.pop(0))
    raise AssertionError("the conversation does not end")


def meter_with(memory: list[Stored], *faults: str) -> Meter:
    return Meter(memory, NOON, Faults.parse(faults))


MANNERS = ["duplicate", "context-missing", "context-first", "end-first", "no-count",
           "only-all", "nan", "truncated", "backwards"]  # fmt: skip
MAKERS = [ROCHE, ASCENSIA, ISENS, TAIDOC, YUWELL, UNKNOWN]


@given(
    count=st.integers(0, 130),
    faults=st.sets(st.sampled_from(MANNERS)),
    quirk=st.sampled_from(MAKERS),
    breaks=st.lists(st.integers(1, 150), max_size=6),
    first=st.sampled_from([0, 1, 700]),
)
def test_after_any_broken_links_one_good_sync_has_every_record_once(
    count: int, faults: set[str], quirk: Quirk, breaks: list[int], first: int
):
    memory = believable(count, seed=5, now_wall=NOON, first_seq=first)
    meter = meter_with(memory, *faults)
    notebook = Notebook()

    for at in breaks:
        converse(meter, notebook, quirk, breaks=lambda heard, at=at: heard == at)
    end = converse(meter, notebook, quirk)

    assert end is not None
    assert end.outcome is Outcome.DONE
    assert notebook.numbers == [stored.seq for stored in memory]


@given(
    pulls=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 80)), max_size=6),
    quirk=st.sampled_from(MAKERS),
)
def test_a_meter_in_daily_use_is_followed_without_a_hole(
    pulls: list[tuple[int, int]], quirk: Quirk
):
    meter, notebook = meter_with([]), Notebook()

    for added, break_at in pulls:
        first = len(meter.memory) + 1
        meter.memory += believable(added, seed=first, now_wall=NOON, first_seq=first)
        converse(meter, notebook, quirk, breaks=lambda heard, at=break_at: heard == at)
    converse(meter, notebook, quirk)

    assert notebook.numbers == [stored.seq for stored in meter.memory]


@example(before=6, after=6, break_at=12)
@given(before=st.integers(1, 60), after=st.integers(0, 90), break_at=st.integers(0, 60))
def test_a_cleared_memory_is_noticed_even_when_it_has_filled_again(
    before: int, after: int, break_at: int
):
    meter, notebook = meter_with(believable(before, seed=1, now_wall=NOON)), Notebook()
    converse(meter, notebook)
    meter.memory = believable(after, seed=2, now_wall=NOON + timedelta(days=9))

    converse(meter, notebook, breaks=lambda heard: heard == break_at)
    converse(meter, notebook)

    assert {stored.measurement for stored in meter.memory} <= set(notebook.kept)


@given(st.lists(st.tuples(st.sampled_from([MEASUREMENT, CONTEXT, racp.RACP]),
                          st.binary(max_size=20)), max_size=40))  # fmt: skip
def test_any_bytes_in_any_order_end_in_no_error(events: list[tuple[str, bytes]]):
    session = Session(UNKNOWN, Known())
    session.start()

    for uuid, raw in events:
        for action in session.feed(uuid, raw):
            assert not isinstance(action, Write) or action.raw[0] != racp.Opcode.DELETE
    session.lost()

    assert session.stage is Stage.ENDED


def test_the_cursor_never_passes_a_record_that_waits_for_its_context():
    memory = believable(60, seed=1, now_wall=NOON)
    notebook = Notebook()

    # 1 count, then record and context in turn: the break falls between the two of record 30.
    converse(meter_with(memory), notebook, breaks=lambda heard: heard == 1 + 2 * 29 + 2)

    assert notebook.cursor == 29
    assert notebook.numbers == list(range(1, 30))


def test_a_context_that_comes_before_its_record_is_joined():
    notebook = Notebook()

    converse(meter_with([record(4, NOON, 118, meal=3)], "context-first"), notebook)

    (arrival,) = notebook.kept.values()
    assert arrival.context is not None
    assert arrival.context.meal == 3


class ByNumber(Meter):
    """Takes its lowest number for the oldest record and its highest for the newest."""

    def sent_as(self) -> list[Stored]:
        return sorted(super().sent_as(), key=lambda one: one.seq)


class RangesOnly(Meter):
    """Takes no request but for a range, and for the oldest and the newest record."""

    def _chosen(self, request: racp.Request) -> list[Stored] | None:
        allowed = (racp.Operator.FIRST, racp.Operator.LAST, racp.Operator.RANGE)
        return super()._chosen(request) if request.operator in allowed else None


class NoEnds(Meter):
    """Cannot tell its oldest or its newest record."""

    def _chosen(self, request: racp.Request) -> list[Stored] | None:
        ends = (racp.Operator.FIRST, racp.Operator.LAST)
        return None if request.operator in ends else super()._chosen(request)


def measured(starts_at: int, last_number: int, begins_at: int, count: int) -> list[Stored]:
    """A life of measuring: numbers begin again after the last one."""
    made, seq = list[Stored](), starts_at
    for place in range(count):
        made.append(record(seq, NOON - timedelta(minutes=75 * (count - place)), 90 + place % 80))
        seq = begins_at if seq == last_number else seq + 1
    return made


KINDS_OF_METER = [Meter, ByNumber, NoEnds, RangesOnly]
WRAPS = [1_000, 10_000, 32_768, 65_000, 65_535]


@pytest.mark.parametrize("kind", KINDS_OF_METER)
@pytest.mark.parametrize("last_number", WRAPS)
@pytest.mark.parametrize("read_before", [0, 4, 5, 15])
def test_a_full_memory_whose_numbers_began_again_is_kept_whole(
    kind: type[Meter], last_number: int, read_before: int
):
    """20 records are replaced by 20; the numbers begin again 5 to 20 records after the reading."""
    life = measured(last_number - 39 + 5 + read_before, last_number, 1, 60)
    meter, notebook = kind(life[:20], NOON), Notebook()
    converse(meter, notebook, UNKNOWN)

    meter.memory = life[read_before : 20 + read_before]
    converse(meter, notebook, UNKNOWN)
    meter.memory = life[20 + read_before : 40 + read_before]
    converse(meter, notebook, UNKNOWN)

    assert {one.measurement for one in meter.memory} <= set(notebook.kept)


@given(
    kind=st.sampled_from(KINDS_OF_METER),
    quirk=st.sampled_from([ROCHE, ASCENSIA, ISENS, UNKNOWN]),
    last_number=st.sampled_from([*WRAPS, 7, 19, 20, 21, 33]),
    begins_at=st.sampled_from([0, 1]),
    before=st.integers(0, 60),
    size=st.integers(1, 25),
    pulls=st.lists(st.integers(0, 30), min_size=1, max_size=5),
    breaks=st.integers(0, 40),
)
def test_whatever_number_they_begin_again_after_each_sync_has_the_whole_memory(
    kind: type[Meter],
    quirk: Quirk,
    last_number: int,
    begins_at: int,
    before: int,
    size: int,
    pulls: list[int],
    breaks: int,
):
    starts_at = max(begins_at, last_number - before)
    life = measured(starts_at, last_number, begins_at, 20 + sum(pulls))
    meter, notebook, until = kind([], NOON), Notebook(), 20

    for added in [0, *pulls]:
        until += added
        meter.memory = life[max(0, until - size) : until]
        if breaks:
            converse(meter, notebook, quirk, breaks=lambda heard: heard == breaks)
        end = converse(meter, notebook, quirk)
        if kind is RangesOnly and quirk in (ROCHE, ISENS):
            assert end is not None
            assert end.outcome is Outcome.REFUSED
            continue
        assert {one.measurement for one in meter.memory} <= set(notebook.kept)


@pytest.mark.parametrize("last_number", [65_535, 8_100])
@pytest.mark.parametrize("added", [0, 3])
def test_a_large_memory_in_order_is_not_read_again(last_number: int, added: int):
    life = measured(50, last_number, 0, 8_000 + added)
    meter, notebook = meter_with(life[:8_000]), Notebook()
    converse(meter, notebook)

    meter.memory = life[added:]
    session = Session(ROCHE, notebook.known())
    heard, actions = 0, session.start()
    while session.stage is not Stage.ENDED:
        sent = [part for one in actions if isinstance(one, Write) for part in meter.answer(one.raw)]
        heard += len(sent)
        actions = [done for part in sent for done in session.feed(*part)] or session.timeout()

    assert heard < 40


def test_a_meter_near_the_end_of_its_numbers_is_read_whole_after_it():
    notebook = Notebook()
    around_the_wrap = [
        record(seq % 65_536, NOON - timedelta(hours=20 - place), 100 + place)
        for place, seq in enumerate(range(65_530, 65_545))
    ]
    meter = meter_with(around_the_wrap[:4])
    converse(meter, notebook)
    assert notebook.cursor == 65_533

    meter.memory = around_the_wrap
    converse(meter, notebook)

    assert len(notebook.kept) == 15
    assert notebook.cursor is None


def test_a_count_that_fell_begins_a_new_epoch_even_when_the_numbers_go_on():
    notebook = Notebook()
    meter = meter_with(believable(30, seed=1, now_wall=NOON))
    converse(meter, notebook)
    meter.memory = believable(4, seed=2, now_wall=NOON, first_seq=31)

    converse(meter, notebook)

    assert notebook.epochs == 2
    assert len(notebook.kept) == 34


def test_records_without_a_count_of_new_ones_are_found_by_reading_all():
    notebook = Notebook()
    meter = meter_with(believable(20, seed=1, now_wall=NOON))
    converse(meter, notebook)
    meter.memory.insert(3, record(2, NOON, 222))  # an old number, used twice by the meter

    converse(meter, notebook)

    assert len(notebook.kept) == 21


def test_a_meter_that_gives_only_its_newest_record_says_so():
    class Stubborn(Meter):
        def _chosen(self, request: racp.Request) -> list[Stored] | None:
            return self.memory[-1:] if request.operator == racp.Operator.LAST else None

    notebook = Notebook()
    end = converse(Stubborn(believable(9, seed=1, now_wall=NOON), NOON), notebook, UNKNOWN)

    assert end is not None
    assert end.outcome is Outcome.NEWEST_ONLY
    assert notebook.numbers == [9]
    assert notebook.cursor is None


def test_a_meter_that_takes_only_ranges_is_read_in_slices():
    class Slicer(Meter):
        def _chosen(self, request: racp.Request) -> list[Stored] | None:
            allowed = (racp.Operator.LAST, racp.Operator.RANGE)
            return Meter._chosen(self, request) if request.operator in allowed else None

    notebook = Notebook()
    meter = Slicer(believable(700, seed=1, now_wall=NOON), NOON)
    end = converse(meter, notebook, UNKNOWN)

    assert end is not None
    assert end.outcome is Outcome.DONE
    assert notebook.numbers == list(range(1, 701))


def test_a_silent_way_of_asking_is_given_up_for_the_next():
    class Deaf(Meter):
        def answer(self, raw: bytes) -> Iterator[tuple[str, bytes]]:
            if raw == racp.report_all().to_bytes():
                self.asked.append(raw)
                return iter(())
            return Meter.answer(self, raw)

    notebook = Notebook()
    meter = Deaf(believable(10, seed=1, now_wall=NOON), NOON)
    end = converse(meter, notebook, YUWELL)

    assert end is not None
    assert end.outcome is Outcome.DONE
    assert racp.abort().to_bytes() in meter.asked
    assert len(notebook.kept) == 10


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (1, Outcome.DONE),
        (2, Outcome.REFUSED),
        (3, Outcome.REFUSED),
        (4, Outcome.REFUSED),
        (5, Outcome.REFUSED),
        (6, Outcome.DONE),
        (7, Outcome.INCOMPLETE),
        (8, Outcome.INCOMPLETE),
        (9, Outcome.REFUSED),
        (42, Outcome.INCOMPLETE),
    ],
)
def test_every_way_a_procedure_can_end_is_an_end(code: int, outcome: Outcome):
    class Curt(Meter):
        def answer(self, raw: bytes) -> Iterator[tuple[str, bytes]]:
            self.asked.append(raw)
            is_count = raw[0] == racp.Opcode.COUNT
            yield racp.RACP, bytes((6, 0, raw[0], 2 if is_count else code))

    meter = Curt([], NOON)
    end = converse(meter, Notebook(), UNKNOWN)

    assert end is not None
    assert end.outcome is outcome
    fell_back = sum(raw[0] == racp.Opcode.REPORT for raw in meter.asked) > 1
    assert fell_back == (code in racp.NOT_UNDERSTOOD)


@pytest.mark.parametrize("code", [7, 8, 42])
def test_what_came_before_an_incomplete_end_is_kept_without_passing_a_hole(code: int):
    memory = believable(9, seed=1, now_wall=NOON)

    class Broken(Meter):
        def answer(self, raw: bytes) -> Iterator[tuple[str, bytes]]:
            for uuid, value in Meter.answer(self, raw):
                is_end = uuid == racp.RACP and value[:3] == bytes((6, 0, 1))
                yield uuid, bytes((6, 0, 1, code)) if is_end else value

    notebook = Notebook()
    end = converse(Broken([*memory[:4], *memory[6:]], NOON), notebook)

    assert end is not None
    assert end.outcome is Outcome.INCOMPLETE
    assert (len(notebook.kept), notebook.cursor) == (7, 4)
