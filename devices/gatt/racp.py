"""Record Access Control Point (0x2A52): asking a meter for records.

There is deliberately no builder for opcode 2 (delete): a gateway never deletes on a meter.
"""

from dataclasses import dataclass
from enum import IntEnum

from devices.gatt.wire import Fault, Wire, WireError

RACP = "00002a52-0000-1000-8000-00805f9b34fb"
SEQUENCE_FILTER = 1
LAST_SEQUENCE = 0xFFFF
RESPONSE_SIZE = 4
COUNT_SIZES = (1, 2, 4)


class Opcode(IntEnum):
    """What is asked or answered; 2 has a name so that a simulated meter can recognise it."""

    REPORT = 1
    DELETE = 2
    ABORT = 3
    COUNT = 4
    COUNT_ANSWER = 5
    ANSWER = 6


class Operator(IntEnum):
    """Which records are meant."""

    NULL = 0
    ALL = 1
    UP_TO = 2
    FROM = 3
    RANGE = 4
    FIRST = 5
    LAST = 6


class Code(IntEnum):
    """How a procedure ended."""

    SUCCESS = 1
    OPCODE_NOT_SUPPORTED = 2
    INVALID_OPERATOR = 3
    OPERATOR_NOT_SUPPORTED = 4
    INVALID_OPERAND = 5
    NO_RECORDS = 6
    ABORT_UNSUCCESSFUL = 7
    NOT_COMPLETED = 8
    OPERAND_NOT_SUPPORTED = 9


NOT_UNDERSTOOD = frozenset(
    {
        Code.INVALID_OPERATOR,
        Code.OPERATOR_NOT_SUPPORTED,
        Code.INVALID_OPERAND,
        Code.OPERAND_NOT_SUPPORTED,
    }
)
"""The meter understands the question but not this way of choosing records: ask another way."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a gateway writes."""

    opcode: int
    operator: int
    filter: int | None = None
    operand: bytes = b""

    @property
    def sequence(self) -> tuple[int, ...]:
        """The sequence numbers named, when the filter is by sequence."""
        if self.filter != SEQUENCE_FILTER:
            return ()
        pairs = range(0, len(self.operand), 2)
        return tuple(int.from_bytes(self.operand[at : at + 2], "little") for at in pairs)

    def to_bytes(self) -> bytes:
        """Return the bytes to write."""
        head = bytes((self.opcode, self.operator))
        return head if self.filter is None else head + bytes((self.filter,)) + self.operand


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a procedure: which request, and how it ended (reserved codes are kept)."""

    request: int
    code: int

    def to_bytes(self) -> bytes:
        """Return the bytes a meter sends."""
        return bytes((Opcode.ANSWER, Operator.NULL, self.request, self.code))


@dataclass(frozen=True, slots=True)
class Count:
    """How many records match."""

    count: int

    def to_bytes(self) -> bytes:
        """Return the bytes a meter sends: two bytes, as the service asks."""
        return bytes((Opcode.COUNT_ANSWER, Operator.NULL)) + self.count.to_bytes(2, "little")


def _by_sequence(opcode: Opcode, operator: Operator, *numbers: int) -> Request:
    operand = b"".join(number.to_bytes(2, "little") for number in numbers)
    return Request(opcode, operator, SEQUENCE_FILTER, operand)


def report_all() -> Request:
    """Ask for every record."""
    return Request(Opcode.REPORT, Operator.ALL)


def report_first() -> Request:
    """Ask for the oldest record (the newest one on meters that count backwards)."""
    return Request(Opcode.REPORT, Operator.FIRST)


def report_last() -> Request:
    """Ask for the newest record."""
    return Request(Opcode.REPORT, Operator.LAST)


def report_from(sequence: int) -> Request:
    """Ask for the records from a sequence number on."""
    return _by_sequence(Opcode.REPORT, Operator.FROM, sequence)


def report_range(first: int, last: int) -> Request:
    """Ask for the records between two sequence numbers, both included."""
    return _by_sequence(Opcode.REPORT, Operator.RANGE, first, last)


def count_all() -> Request:
    """Ask how many records there are."""
    return Request(Opcode.COUNT, Operator.ALL)


def count_from(sequence: int) -> Request:
    """Ask how many records there are from a sequence number on."""
    return _by_sequence(Opcode.COUNT, Operator.FROM, sequence)


def abort() -> Request:
    """Ask the meter to stop what it is doing."""
    return Request(Opcode.ABORT, Operator.NULL)


def decode_request(raw: bytes) -> Request:
    """Read what a gateway wrote (a simulated meter does this).

    Raises:
        WireError: shorter than two bytes, or a sequence number cut in half.
    """
    wire = Wire(raw)
    opcode, operator = wire.u8(), wire.u8()
    if not wire.left:
        return Request(opcode, operator)
    chosen, operand = wire.u8(), wire.take(wire.left)
    if chosen == SEQUENCE_FILTER and (not operand or len(operand) % 2):
        raise WireError(Fault.TRUNCATED)
    return Request(opcode, operator, chosen, operand)


def decode_response(raw: bytes) -> Answer | Count:
    """Read an indication of the control point.

    Raises:
        WireError: not an answer or a count, operator other than null, or a wrong length.
    """
    wire = Wire(raw)
    opcode, operator = wire.u8(), wire.u8()
    if operator == Operator.NULL:
        if opcode == Opcode.ANSWER and len(raw) == RESPONSE_SIZE:
            return Answer(wire.u8(), wire.u8())
        if opcode == Opcode.COUNT_ANSWER and wire.left in COUNT_SIZES:
            return Count(int.from_bytes(wire.take(wire.left), "little"))
    raise WireError(Fault.INVALID)
