"""Records of one meter as they arrive: joined with their contexts, and how far they are whole."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from devices.gatt.glucose import Context, Measurement, decode_context, decode_measurement
from devices.gatt.wire import WireError

SEQUENCE_BYTES = slice(1, 3)


def _sequence(raw: bytes) -> int | None:
    """Read the number of a record or context, even of one cut short after it."""
    if len(raw) < SEQUENCE_BYTES.stop:
        return None
    return int.from_bytes(raw[SEQUENCE_BYTES], "little")


CLOCK_CHANGE = timedelta(hours=1)
"""This far a record may lie before the one that was numbered before it: the autumn night."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record as it came, joined with its context."""

    raw: bytes
    measurement: Measurement | None
    """`None` when the bytes could not be read."""
    raw_context: bytes | None = None
    context: Context | None = None

    @property
    def seq(self) -> int | None:
        """The record's number, also of a record that was cut short after it."""
        return _sequence(self.raw)


def _arrival(raw: bytes) -> Arrival:
    try:
        return Arrival(raw, decode_measurement(raw))
    except WireError:
        return Arrival(raw, None)


def _joined(arrival: Arrival, raw_context: bytes) -> Arrival:
    try:
        context = decode_context(raw_context)
    except WireError:
        context = None  # the bytes are kept; what they said is lost
    return Arrival(arrival.raw, arrival.measurement, raw_context, context)


class Harvest:
    """Collects what one procedure brings.

    A record waits for its context when it announces one, or always for makers that mark
    ketones only there. `cursor` never passes a record that waits or a hole in the numbers.
    """

    def __init__(
        self, *, stored_up_to: int | None, keeps_cursor: bool, holds_for_context: bool
    ) -> None:
        self.received = 0
        """Different records, also those known from before."""
        self.size = 0
        """How many records are ready to be kept."""
        self.top: int | None = None
        """The number that came last."""
        self._latest: datetime | None = None
        self._whole_up_to = stored_up_to
        self._keeps_cursor = keeps_cursor
        self._holds_for_context = holds_for_context
        self._ready: dict[int | None, list[Arrival]] = {}
        self._waiting: dict[int, Arrival] = {}
        self._contexts: dict[int, bytes] = {}
        self._seen: set[bytes] = set()

    @property
    def cursor(self) -> int | None:
        """The number up to which nothing is missing among what was taken."""
        if not self._keeps_cursor or self._whole_up_to is None:
            return None
        limit = min([self._whole_up_to + 1, *self._waiting]) - 1
        return limit if limit >= 0 else None

    def add_measurement(self, raw: bytes) -> Measurement | None:
        """Take a notification of 0x2A18; the same bytes twice are one record."""
        if raw in self._seen:
            return None
        self._seen.add(raw)
        self.received += 1
        arrival, seq = _arrival(raw), _sequence(raw)
        self._advance(seq)
        self._follow(arrival)
        self._place(arrival, seq)
        return arrival.measurement

    def add_context(self, raw: bytes) -> None:
        """Take a notification of 0x2A34, before or after its record."""
        seq = _sequence(raw)
        if seq is None:
            return
        if seq in self._waiting:
            self._make_ready(_joined(self._waiting.pop(seq), raw), seq)
        elif seq in self._ready:
            self._ready[seq] = [_joined(one, raw) for one in self._ready[seq]]
        else:
            self._contexts[seq] = raw

    def has(self, raw: bytes) -> bool:
        """Whether these bytes of a record came."""
        return raw in self._seen

    def forget_cursor(self) -> None:
        """Promise nothing any more about how far the records are whole."""
        self._keeps_cursor = False

    def take(self) -> tuple[Arrival, ...]:
        """Hand over what is ready."""
        taken = tuple(one for group in self._ready.values() for one in group)
        self._ready.clear()
        self.size = 0
        return taken

    def finish(self, *, is_complete: bool) -> None:
        """End the waiting; contexts that did not come are missing.

        Args:
            is_complete: the meter sent all it has, so holes in the numbers are its own.
        """
        for seq, arrival in self._waiting.items():
            self._make_ready(arrival, seq)
        self._waiting.clear()
        if is_complete and self.top is not None:
            self._whole_up_to = self.top

    def _advance(self, seq: int | None) -> None:
        if seq is None:
            return
        if self.top is not None and seq < self.top:
            self._keeps_cursor = False  # not ascending: a cursor would promise too much
        self.top = seq
        if self._whole_up_to is None or seq == self._whole_up_to + 1:
            self._whole_up_to = seq

    def _follow(self, arrival: Arrival) -> None:
        """Look whether the records go on in time as they do in number."""
        wall = arrival.measurement.base.wall() if arrival.measurement else None
        if wall is None:
            return
        if self._latest is not None and self._latest - wall > CLOCK_CHANGE:
            self._keeps_cursor = False  # numbers are places used again: new ones may be below
        self._latest = wall

    def _place(self, arrival: Arrival, seq: int | None) -> None:
        record = arrival.measurement
        if record is None or seq is None:
            self._make_ready(arrival, seq)
        elif seq in self._contexts:
            self._make_ready(_joined(arrival, self._contexts.pop(seq)), seq)
        elif seq in self._waiting:
            # A second record under one number: the first will get no context of its own.
            self._make_ready(arrival, seq)
        elif record.context_follows or self._holds_for_context:
            self._waiting[seq] = arrival
        else:
            self._make_ready(arrival, seq)

    def _make_ready(self, arrival: Arrival, seq: int | None) -> None:
        self.size += 1
        self._ready.setdefault(seq, []).append(arrival)
