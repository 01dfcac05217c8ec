"""The conversation with one meter, as a machine: bytes go in, things to do come out.

It knows neither a radio nor a clock nor a file. Whoever drives it carries out the actions in
order, reports each notification by `feed`, silence by `timeout` and a broken link by `lost`.
The cursor of a `Store` is safe: everything up to it is in this or an earlier `Store`, so both
may be written in one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from devices.gatt import racp
from devices.gatt.glucose import CONTEXT, MEASUREMENT, Measurement, decode_measurement
from devices.gatt.wire import WireError
from devices.harvest import Arrival, Harvest
from devices.quirks import Ask, Quirk

OVERLAP = 5
"""Records read again below the cursor, to notice a meter that was cleared."""
LAST_NUMBER = 0xFFFF
"""No record has a higher number; many meters begin again earlier, and nothing says where."""
ENDS = (racp.report_first, racp.report_last)
"""The records that show whether what is below the cursor is still what was read there."""
SLICE = 250
BATCH = 250
"""Records kept in one transaction; a kill in between costs no more than reading them again."""


class Outcome(StrEnum):
    """How a conversation ended."""

    DONE = "done"
    INCOMPLETE = "incomplete"
    """The meter stopped before the end; what came is kept, ask again."""
    NEWEST_ONLY = "newest_only"
    """This meter gave only its newest record."""
    REFUSED = "refused"
    """The meter does not give its records in any way we know."""
    SILENT = "silent"


class Stage(StrEnum):
    """Where in the conversation we are."""

    COUNTING = "counting"
    PROBING = "probing"
    """Asking for the newest record, to know how far slices must go."""
    REPORTING = "reporting"
    SETTLING = "settling"
    """The end was announced; records it overtook may still come."""
    CHECKING = "checking"
    """Asking for the oldest and the newest record, to know that nothing new is below the cursor."""
    ABORTING = "aborting"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Write:
    """Write these bytes to the control point, with response."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Store:
    """Keep these records and, in the same transaction, this cursor (`None`: no cursor)."""

    arrivals: tuple[Arrival, ...]
    cursor: int | None


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """The meter's memory is not the one the cursor was kept for: forget the cursor."""


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more to do."""

    outcome: Outcome
    count: int | None = None
    """How many records the meter holds, when all of them are known to be kept."""
    code: int | None = None
    """The answer code that ended it, when it was not success."""


Action = Write | Store | NewEpoch | End


@dataclass(frozen=True, slots=True)
class Known:
    """What is durably known about the meter before the conversation."""

    cursor: int | None = None
    count: int | None = None
    """How many records it held when it was last read to its end."""
    gained: int = 0
    """New records kept since then, by conversations that broke off."""
    has: Callable[[Measurement], bool] = lambda _: False
    """Whether a record is in the queue already."""


class Session:
    """One conversation; use a new one after every connect."""

    def __init__(self, quirk: Quirk, known: Known) -> None:
        self.stage = Stage.COUNTING
        self.count: int | None = None
        """How many records the meter says it holds, for progress."""
        self._quirk = quirk
        self._known = known
        self._is_full = False
        self._is_other_memory = False
        self._unknown = 0
        self._ways: list[Ask] = []
        self._way: Ask | None = None
        self._slices: list[tuple[int, int]] = []
        self._last_sliced = LAST_NUMBER
        self._shown: bytes | None = None
        self._ends: list[bytes] = []
        self._code: int | None = None
        self._harvest = self._new_harvest(keeps_cursor=False)

    @property
    def received(self) -> int:
        """Records of the running procedure, for progress."""
        return self._harvest.received

    def start(self) -> list[Action]:
        """Begin, after subscribing: ask how many records there are."""
        return [Write(racp.count_all().to_bytes())]

    def feed(self, uuid: str, raw: bytes) -> list[Action]:
        """Take one notification or indication."""
        if self.stage is Stage.ENDED:
            return []
        if uuid == racp.RACP:
            return self._answered(raw)
        if self.stage is Stage.CHECKING:
            self._shown = raw if uuid == MEASUREMENT else self._shown
            return []
        if uuid == CONTEXT:
            self._harvest.add_context(raw)
        elif uuid == MEASUREMENT and self._is_foreign(self._harvest.add_measurement(raw)):
            # Written down at once: after a broken link the proof would be among the known.
            self._is_other_memory = True
            self._harvest.forget_cursor()
            return [NewEpoch()]
        return self._store() if self._harvest.size >= BATCH else []

    def timeout(self) -> list[Action]:
        """Nothing came: the quiet time is over, or the meter is silent."""
        match self.stage:
            case Stage.SETTLING:
                return self._settled()
            case Stage.COUNTING:
                return self._report()
            case Stage.PROBING | Stage.REPORTING if not self._harvest.received:
                self.stage = Stage.ABORTING
                return [Write(racp.abort().to_bytes())]
            case Stage.CHECKING:
                forget = self._want_all()
                self.stage = Stage.ABORTING
                return [*forget, Write(racp.abort().to_bytes())]
            case Stage.ENDED:
                return []
            case _:
                return [*self._store(), *self._end(Outcome.SILENT)]

    def lost(self) -> list[Action]:
        """The link broke: keep what is whole, forget what still waited for its context."""
        if self.stage is Stage.ENDED:
            return []
        self.stage = Stage.ENDED
        return self._store()

    def _is_foreign(self, record: Measurement | None) -> bool:
        """Whether a record below the cursor was never seen: this is another memory."""
        if record is None or self._is_full or self._known.has(record):
            return False
        self._unknown += 1
        cursor = self._known.cursor
        is_below = cursor is not None and record.seq <= cursor
        return is_below and not self._is_other_memory

    def _answered(self, raw: bytes) -> list[Action]:
        try:
            answer = racp.decode_response(raw)
        except WireError:
            return [*self._store(), *self._end(Outcome.INCOMPLETE)]
        if isinstance(answer, racp.Count):
            if self.stage is not Stage.COUNTING:
                return []
            self.count = answer.count
            return self._report()
        return self._finished(answer)

    def _finished(self, answer: racp.Answer) -> list[Action]:
        match self.stage, answer.request:
            case Stage.COUNTING, racp.Opcode.COUNT:
                self.count = 0 if answer.code == racp.Code.NO_RECORDS else None
                return self._report()
            case Stage.ABORTING, racp.Opcode.ABORT:
                if answer.code == racp.Code.SUCCESS:
                    return self._next_way()
                return self._end(Outcome.SILENT, answer.code)
            case ((Stage.REPORTING | Stage.PROBING), racp.Opcode.REPORT):
                return self._reported(answer.code)
            case Stage.CHECKING, racp.Opcode.REPORT:
                return self._checked(answer.code)
        return []  # the end of something we no longer wait for

    def _reported(self, code: int) -> list[Action]:
        if code in racp.NOT_UNDERSTOOD and not self._harvest.received:
            self._code = code
            return self._next_way()
        if code == racp.Code.OPCODE_NOT_SUPPORTED:
            return self._end(Outcome.REFUSED, code)
        self._code = code
        if self.stage is Stage.PROBING:
            return self._slice_up()
        self.stage = Stage.SETTLING
        return []

    def _report(self) -> list[Action]:
        """Decide between the records after the cursor and all of them."""
        known, before = self._known, list[Action]()
        has_fallen = self.count is not None and known.count is not None and self.count < known.count
        if has_fallen:
            before.append(NewEpoch())
        if self.count == 0:
            return [*before, *self._end(Outcome.DONE, code=None)]
        needs_all = known.cursor is None or self.count is None
        self._is_full = has_fallen or needs_all or self._quirk.has_moving_sequence
        self._ways = list(self._quirk.ways)
        return [*before, *self._next_way()]

    def _next_way(self) -> list[Action]:
        if not self._ways:
            return self._end(Outcome.REFUSED, self._code)
        self._way = self._ways.pop(0)
        self.stage = Stage.REPORTING
        keeps = self._way is not Ask.LAST and not self._quirk.has_moving_sequence
        if self._way in (Ask.ALL, Ask.LAST):
            self._is_full = self._way is Ask.ALL
        self._harvest = self._new_harvest(keeps_cursor=keeps)
        match self._way:
            case Ask.FROM:
                request = racp.report_from(self._first_wanted())
            case Ask.ALL:
                request = racp.report_all()
            case Ask.LAST:
                request = racp.report_last()
            case Ask.RANGE:
                self.stage = Stage.PROBING
                request = racp.report_last()
        return [Write(request.to_bytes())]

    def _first_wanted(self) -> int:
        if self._is_full or self._known.cursor is None:
            return 0
        return max(0, self._known.cursor + 1 - OVERLAP)

    def _slice_up(self) -> list[Action]:
        """Cut what is wanted into ranges up to the newest record the probe showed."""
        newest = self._harvest.top  # not kept: the slices bring it again
        if self._code != racp.Code.SUCCESS or newest is None:
            is_empty = self._code == racp.Code.NO_RECORDS
            return self._settled() if is_empty else self._next_way()
        if self._quirk.has_moving_sequence:
            newest = max(newest, (self.count or SLICE) - 1)
        if newest < self._first_wanted():
            return self._read_all()
        self._last_sliced = newest
        starts = range(self._first_wanted(), newest + 1, SLICE)
        self._slices = [(start, min(start + SLICE - 1, newest)) for start in starts]
        keeps = not self._quirk.has_moving_sequence
        self._harvest = self._new_harvest(keeps_cursor=keeps)
        self.stage = Stage.REPORTING
        return self._next_slice()

    def _next_slice(self) -> list[Action]:
        self.stage = Stage.REPORTING
        return [Write(racp.report_range(*self._slices.pop(0)).to_bytes())]

    def _settled(self) -> list[Action]:
        """The procedure ended and was quiet: keep all, and decide whether that was all."""
        if self._code not in (racp.Code.SUCCESS, racp.Code.NO_RECORDS):
            return [*self._store(), *self._end(Outcome.INCOMPLETE, self._code)]
        if self._slices:
            return [*self._store(), *self._next_slice()]
        if self._has_numbers_above():
            self._slices = [(self._last_sliced + 1, LAST_NUMBER)]
            self._last_sliced = LAST_NUMBER
            return [*self._store(), *self._next_slice()]
        self._harvest.finish(is_complete=not (self._is_full and self._is_short))
        return [*self._store(), *self._after_settling()]

    def _after_settling(self) -> list[Action]:
        if self._way is Ask.LAST:
            return self._end(Outcome.NEWEST_ONLY)
        if self._is_full:
            return self._end(Outcome.DONE)
        if self._misses_some():
            return self._read_all()
        return self._next_end() if self._is_short else self._end(Outcome.DONE)

    @property
    def _is_short(self) -> bool:
        """Whether fewer records came than the meter says it holds."""
        return self.count is not None and self._harvest.received < self.count

    def _has_numbers_above(self) -> bool:
        """Whether the newest record may not have the highest number: numbers began again."""
        is_all = self.count is not None and not self._is_short
        is_sliced = self._way is Ask.RANGE and self._last_sliced < LAST_NUMBER
        return self._is_full and is_sliced and not is_all

    def _want_all(self) -> list[Action]:
        """Ask for everything in the next way, from the first one on."""
        self._is_full = True
        self._ways = list(self._quirk.ways)
        return [] if self._is_other_memory else [NewEpoch()]

    def _read_all(self) -> list[Action]:
        return [*self._want_all(), *self._next_way()]

    def _next_end(self) -> list[Action]:
        self.stage = Stage.CHECKING
        self._shown = None
        return [Write(ENDS[len(self._ends)]().to_bytes())]

    def _checked(self, code: int) -> list[Action]:
        """Take the oldest or the newest record; a meter that does not show it is read whole."""
        if code != racp.Code.SUCCESS or self._shown is None:
            return self._read_all()
        self._ends.append(self._shown)
        if len(self._ends) < len(ENDS):
            return self._next_end()
        return self._end(Outcome.DONE) if self._is_in_order() else self._read_all()

    def _is_in_order(self) -> bool:
        """Whether the memory reaches without a hole from a known record to the newest that came.

        Meters take "oldest" and "newest" by age or by number; where numbers began again, one of
        the three is not true in either sense.
        """
        try:
            oldest, newest = (decode_measurement(raw) for raw in self._ends)
        except WireError:
            return False
        is_newest = self._harvest.has(self._ends[-1]) and newest.seq == self._harvest.top
        is_whole = newest.seq - oldest.seq + 1 == self.count
        return self._known.has(oldest) and is_newest and is_whole

    def _misses_some(self) -> bool:
        """Whether the records after the cursor cannot be all that is new."""
        if self._is_other_memory or self._code == racp.Code.NO_RECORDS:
            return True  # the cursor's own record should have come again
        if self.count is None or self._known.count is None:
            return False
        return self._unknown + self._known.gained < self.count - self._known.count

    def _store(self) -> list[Action]:
        arrivals = self._harvest.take()
        return [Store(arrivals, self._harvest.cursor)] if arrivals else []

    def _end(self, outcome: Outcome, code: int | None = None) -> list[Action]:
        self.stage = Stage.ENDED
        count = self.count if outcome is Outcome.DONE else None
        return [End(outcome, count, code)]

    def _new_harvest(self, *, keeps_cursor: bool) -> Harvest:
        return Harvest(
            stored_up_to=None if self._is_full else self._known.cursor,
            keeps_cursor=keeps_cursor,
            holds_for_context=self._quirk.has_ketone_meal,
        )
