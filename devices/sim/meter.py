"""A meter as a pure machine: requests in, notifications out; every fault can be asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from devices.gatt import clock, glucose, info, racp
from devices.gatt.sfloat import Sfloat
from devices.gatt.wire import WireError
from devices.sim.memory import CONTROL, CONTROL_LOCATION, Stored, believable, record

GLUCOSE_SERVICE = glucose.GLUCOSE_SERVICE
INFO_SERVICE = "0000180a-0000-1000-8000-00805f9b34fb"
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"

SERVICES: dict[str, dict[str, tuple[str, ...]]] = {
    GLUCOSE_SERVICE: {
        glucose.MEASUREMENT: ("notify",),
        glucose.CONTEXT: ("notify",),
        glucose.FEATURE: ("read",),
        racp.RACP: ("write", "indicate"),
        clock.DATE_TIME: ("read",),
    },
    INFO_SERVICE: {
        info.MANUFACTURER: ("read",),
        info.MODEL: ("read",),
        info.SERIAL: ("read",),
        info.FIRMWARE: ("read",),
    },
    BATTERY_SERVICE: {info.BATTERY: ("read",)},
}
"""What the meter offers: characteristics with their properties, by service."""

FULL_FEATURE = 0x07FF


class Fault(StrEnum):
    """Ways to misbehave; those with a number take it after a colon, as in `drop:40`."""

    DROP = "drop"
    """Breaks the link after so many notifications, each time."""
    SILENT = "silent"
    """Takes requests and says nothing."""
    STOPS_EARLY = "stops-early"
    """Sends so many records, then answers "procedure not completed"."""
    DUPLICATE = "duplicate"
    CONTEXT_MISSING = "context-missing"
    CONTEXT_FIRST = "context-first"
    END_FIRST = "end-first"
    """Announces the end before the last record."""
    BACKWARDS = "backwards"
    """Sends the newest record first."""
    NO_COUNT = "no-count"
    ONLY_ALL = "only-all"
    """Understands no request but "all"."""
    MONTH_13 = "month-13"
    NAN = "nan"
    HI = "hi"
    LO = "lo"
    PLACEHOLDER = "placeholder"
    """FF FF, which decodes to -10,000 mg/dL."""
    CONTROL = "control"
    KETONE = "ketone"
    TRUNCATED = "truncated"
    CLOCK_OFF = "clock-off"
    """The meter's clock is an hour ahead."""
    NO_ADAPTER = "no-adapter"
    POWERED_OFF = "powered-off"
    WRONG_PIN = "wrong-pin"
    """Refuses even the right number."""
    BOND_LOST = "bond-lost"
    """Forgets the computer after pairing."""
    SLOW = "slow"
    """Pauses so many milliseconds before each notification."""


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults of one meter."""

    chosen: frozenset[Fault] = frozenset()
    numbers: dict[Fault, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, words: tuple[str, ...]) -> "Faults":
        """Read `drop:40`, `hi` and so on.

        Raises:
            ValueError: no such fault, or not a number.
        """
        numbers = {}
        for word in words:
            name, _, number = word.partition(":")
            numbers[Fault(name)] = int(number) if number else 1
        return cls(frozenset(numbers), numbers)

    def __contains__(self, fault: object) -> bool:
        """Whether this fault was asked for."""
        return fault in self.chosen

    def number(self, fault: Fault) -> int | None:
        """Return the number given with a fault, `None` when it was not asked for."""
        return self.numbers.get(fault)


@dataclass(slots=True)
class Meter:
    """A meter's memory, clock and manners. The clock stands still unless moved."""

    memory: list[Stored]
    clock_wall: datetime
    faults: Faults = field(default_factory=Faults)
    manufacturer: str = "Roche"
    model: str = "Accu-Chek Guide (simulated)"
    serial: str = "SIM0000001"
    battery_percent: int = 87
    asked: list[bytes] = field(default_factory=list)
    """Every request that was written."""

    @classmethod
    def believable(
        cls, count: int, *, seed: int, now_wall: datetime, faults: Faults | None = None
    ) -> "Meter":
        """Make a meter of somebody who measures around meals, with the strange records asked for.

        Strange records come after the believable ones, as the newest.
        """
        faults = faults or Faults()
        memory = believable(count, seed=seed, now_wall=now_wall - timedelta(minutes=40))
        memory += _strange(faults, count + 1, now_wall - timedelta(minutes=30))
        meter = cls(memory, now_wall, faults, serial=f"SIM{seed:07d}")
        if Fault.CLOCK_OFF in faults:
            meter.clock_wall += timedelta(hours=1)
        if Fault.KETONE in faults:
            meter.manufacturer, meter.model = "i-SENS", "CareSens Dual (simulated)"
        return meter

    def read(self, uuid: str) -> bytes | None:
        """Return the value of a readable characteristic."""
        return {
            info.MANUFACTURER: self.manufacturer.encode() + b"\0",
            info.MODEL: self.model.encode(),
            info.SERIAL: self.serial.encode() + b"\0\0",
            info.FIRMWARE: b"1.0",
            info.BATTERY: bytes((self.battery_percent,)),
            glucose.FEATURE: FULL_FEATURE.to_bytes(2, "little"),
            clock.DATE_TIME: clock.WireTime.of(self.clock_wall).to_bytes(),
        }.get(uuid)

    def answer(self, raw: bytes) -> Iterator[tuple[str, bytes]]:
        """Answer a request: characteristic and value of each notification, in order."""
        self.asked.append(raw)
        if Fault.SILENT in self.faults:
            return
        try:
            request = racp.decode_request(raw)
        except WireError:
            yield _answer(raw[0] if raw else 0, racp.Code.INVALID_OPERAND)
            return
        match request.opcode:
            case racp.Opcode.ABORT:
                yield _answer(request.opcode, racp.Code.SUCCESS)
            case racp.Opcode.COUNT if Fault.NO_COUNT not in self.faults:
                chosen = self._chosen(request)
                if chosen is None:
                    yield _answer(request.opcode, racp.Code.OPERATOR_NOT_SUPPORTED)
                else:
                    yield racp.RACP, racp.Count(len(chosen)).to_bytes()
            case racp.Opcode.REPORT:
                yield from self._report(request)
            case _:  # this meter keeps its records: deleting is not supported
                yield _answer(request.opcode, racp.Code.OPCODE_NOT_SUPPORTED)

    def _report(self, request: racp.Request) -> Iterator[tuple[str, bytes]]:
        chosen = self._chosen(request)
        if chosen is None:
            yield _answer(request.opcode, racp.Code.OPERATOR_NOT_SUPPORTED)
            return
        if not chosen:
            yield _answer(request.opcode, racp.Code.NO_RECORDS)
            return
        limit = self.faults.number(Fault.STOPS_EARLY)
        sent = [part for one in chosen[:limit] for part in self._parts(one)]
        is_whole = limit is None or limit >= len(chosen)
        end = _answer(request.opcode, racp.Code.SUCCESS if is_whole else racp.Code.NOT_COMPLETED)
        last = len(sent) - 1 if Fault.END_FIRST in self.faults else len(sent)
        yield from [*sent[:last], end, *sent[last:]]

    def _chosen(self, request: racp.Request) -> list[Stored] | None:
        """Return the records a request means; `None` for a choice this meter cannot make."""
        order = self.memory[::-1] if Fault.BACKWARDS in self.faults else self.memory
        if request.operator == racp.Operator.ALL:
            return list(order)
        if Fault.ONLY_ALL in self.faults:
            return None
        match request.operator, request.sequence:
            case racp.Operator.FIRST, ():
                chosen = self.memory[:1]
            case racp.Operator.LAST, ():
                chosen = self.memory[-1:]
            case racp.Operator.FROM, (first,):
                chosen = [one for one in order if one.seq >= first]
            case racp.Operator.UP_TO, (last,):
                chosen = [one for one in order if one.seq <= last]
            case racp.Operator.RANGE, (first, last):
                chosen = [one for one in order if first <= one.seq <= last]
            case _:
                return None
        return chosen

    def _parts(self, stored: Stored) -> list[tuple[str, bytes]]:
        parts = [(glucose.MEASUREMENT, stored.measurement)]
        if Fault.DUPLICATE in self.faults:
            parts *= 2
        if stored.context is not None and Fault.CONTEXT_MISSING not in self.faults:
            at = 0 if Fault.CONTEXT_FIRST in self.faults else len(parts)
            parts.insert(at, (glucose.CONTEXT, stored.context))
        return parts


def _answer(request: int, code: racp.Code) -> tuple[str, bytes]:
    return racp.RACP, racp.Answer(request, code).to_bytes()


def _strange(faults: Faults, seq: int, at_wall: datetime) -> list[Stored]:
    """Make the records that faults ask for, a minute apart."""
    made: list[Stored] = []

    def next_one() -> tuple[int, datetime]:
        return seq + len(made), at_wall + timedelta(minutes=len(made))

    specials = {
        Fault.NAN: 0x07FF,
        Fault.HI: 0x07FE,
        Fault.LO: 0x0802,
        Fault.PLACEHOLDER: 0xFFFF,
    }
    for fault, word in specials.items():
        if fault in faults:
            made.append(record(*next_one(), Sfloat(word)))
    if Fault.CONTROL in faults:
        made.append(record(*next_one(), 121, sample=(CONTROL, CONTROL_LOCATION)))
    if Fault.KETONE in faults:
        made.append(record(*next_one(), 12, meal=6))
    if Fault.TRUNCATED in faults:
        number, at = next_one()
        made.append(Stored(number, record(number, at, 121).measurement[:-2]))
    if Fault.MONTH_13 in faults:
        number, at = next_one()
        whole = bytearray(record(number, at, 121).measurement)
        whole[5] = 13
        made.append(Stored(number, bytes(whole)))
    return made
