"""A meter as a pure machine: requests in, notifications out; every fault can be asked for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from devices.gatt import clock, glucose, info, racp
from devices.gatt.sfloat import Sfloat
from devices.gatt.wire import WireError
from devices.quirks import ISENS_OLDER
from devices.sim.faults import Fault, Faults
from devices.sim.memory import (
    CONTROL,
    CONTROL_LOCATION,
    LAST_NUMBER,
    Stored,
    believable,
    numbered,
    record,
    redated,
)

GLUCOSE_SERVICE = glucose.GLUCOSE_SERVICE
INFO_SERVICE = "0000180a-0000-1000-8000-00805f9b34fb"
BATTERY_SERVICE = "0000180f-0000-1000-8000-00805f9b34fb"

Services = dict[str, dict[str, tuple[str, ...]]]
"""Characteristics with their properties, by service."""

INFO: Services = {
    INFO_SERVICE: {
        info.MANUFACTURER: ("read",),
        info.MODEL: ("read",),
        info.SERIAL: ("read",),
        info.FIRMWARE: ("read",),
    },
    BATTERY_SERVICE: {info.BATTERY: ("read",)},
}
ISENS_CLOCK_SERVICE = "0000fff0-0000-1000-8000-00805f9b34fb"

FULL_FEATURE = 0x07FF
RESET_WALL = datetime(2020, 1, 1)  # noqa: DTZ001 - a meter's clock has no zone
DATE_TIME_SIZE = 7


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
    firmware: str = "1.0"
    asked: list[bytes] = field(default_factory=list)
    """Every request for records that was written."""
    clock_writes: list[bytes] = field(default_factory=list)
    """Everything that was written to set the clock."""
    times_read: int = 0
    """How often all of it was given to the end."""

    @classmethod
    def believable(
        cls, count: int, *, seed: int, now_wall: datetime, faults: Faults | None = None
    ) -> "Meter":
        """Make a meter of somebody who measures around meals, with the strange records asked for.

        Strange records come after the believable ones, as the newest.
        """
        faults = faults or Faults()
        first = 1
        if (before := faults.number(Fault.WRAP)) is not None:
            first = LAST_NUMBER + 1 - before
        memory = believable(
            count, seed=seed, now_wall=now_wall - timedelta(minutes=40), first_seq=first
        )
        memory += _strange(faults, first + count, now_wall - timedelta(minutes=30))
        meter = cls(memory, now_wall, faults, serial=f"SIM{seed:07d}")
        if Fault.CLOCK_OFF in faults:
            meter.clock_wall += timedelta(hours=1)
        if (newest := faults.number(Fault.CLOCK_RESET)) is not None:
            meter.memory[-newest:] = redated(meter.memory[-newest:], RESET_WALL)
            meter.clock_wall = RESET_WALL + timedelta(days=1)
        if Fault.KETONE in faults:
            meter.manufacturer, meter.model = "i-SENS", "CareSens Dual (simulated)"
        elif Fault.REVERSED in faults:
            meter.manufacturer, meter.model = "TaiDoc", "FORA (simulated)"
        return meter

    @property
    def is_isens(self) -> bool:
        """Whether it has the clock of i-SENS: set by a request of their own, never read."""
        return self.manufacturer == "i-SENS"

    def services(self) -> Services:
        """Return what the meter offers, as its maker builds it."""
        own = {
            glucose.MEASUREMENT: ("notify",),
            glucose.CONTEXT: ("notify",),
            glucose.FEATURE: ("read",),
            racp.RACP: ("write", "indicate"),
        }
        if self.is_isens:
            return {glucose.GLUCOSE_SERVICE: own, **INFO} | {
                ISENS_CLOCK_SERVICE: {ISENS_OLDER.uuid: ("write",)}
            }
        if Fault.REVERSED in self.faults:
            del own[glucose.CONTEXT]
        else:
            is_fixed = Fault.CLOCK_FIXED in self.faults
            own[clock.DATE_TIME] = ("read",) if is_fixed else ("read", "write")
        return {glucose.GLUCOSE_SERVICE: own, **INFO}

    def write(self, uuid: str, raw: bytes) -> bool:
        """Take a new clock time; false for anything else that is written."""
        writable = {name for some in self.services().values() for name, can in some.items()
                    if "write" in can and name != racp.RACP}  # fmt: skip
        if uuid not in writable:
            return False
        self.clock_writes.append(raw)
        wall = clock.decode_date_time(raw[-DATE_TIME_SIZE:]).wall()
        if wall is None:
            return False
        self.clock_wall = wall
        return True

    def add(self, value: int, at_wall: datetime) -> None:
        """Measure: one more record, numbered after the last one."""
        seq = self.memory[-1].seq + 1 if self.memory else 1
        self.memory.append(record(seq, at_wall, value))

    def sent_as(self) -> list[Stored]:
        """Return the memory, oldest first, under the numbers it is sent with."""
        if Fault.REVERSED in self.faults:
            newest = len(self.memory) - 1
            bare = (Stored(one.seq, one.measurement) for one in self.memory)
            return [numbered(one, newest - place) for place, one in enumerate(bare)]
        return [numbered(one, one.seq & LAST_NUMBER) for one in self.memory]

    def read(self, uuid: str) -> bytes | None:
        """Return the value of a readable characteristic."""
        if not any("read" in some.get(uuid, ()) for some in self.services().values()):
            return None
        return {
            info.MANUFACTURER: self.manufacturer.encode() + b"\0",
            info.MODEL: self.model.encode(),
            info.SERIAL: self.serial.encode() + b"\0\0",
            info.FIRMWARE: self.firmware.encode(),
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
        if is_whole:
            self._was_read()

    def _was_read(self) -> None:
        self.times_read += 1
        if self.faults.number(Fault.CLEARED) == self.times_read:
            self.memory.clear()

    def _chosen(self, request: racp.Request) -> list[Stored] | None:
        """Return the records a request means; `None` for a choice this meter cannot make."""
        memory = self.sent_as()
        is_newest_first = Fault.BACKWARDS in self.faults or Fault.REVERSED in self.faults
        order = memory[::-1] if is_newest_first else memory
        if request.operator == racp.Operator.ALL:
            return list(order)
        if Fault.ONLY_ALL in self.faults:
            return None
        match request.operator, request.sequence:
            case racp.Operator.FIRST, ():
                chosen = memory[:1]
            case racp.Operator.LAST, ():
                chosen = memory[-1:]
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
