"""Ways in which a simulated meter, or the radio around it, can misbehave."""

from dataclasses import dataclass, field
from enum import StrEnum


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
    CLOCK_RESET = "clock-reset"
    """A new battery: the clock and so many of the newest records are back in the year 2020."""
    CLOCK_FIXED = "clock-fixed"
    """The clock can be read and not be set."""
    REVERSED = "reversed"
    """Number 0 is always the newest record, as on meters of TaiDoc."""
    WRAP = "wrap"
    """Numbers begin again after 65,535; so many records stand before that."""
    CLEARED = "cleared"
    """Empties its memory after it was read to the end so many times."""
    NO_ADAPTER = "no-adapter"
    POWERED_OFF = "powered-off"
    NO_BLUEZ = "no-bluez"
    """A bus without BlueZ on it."""
    NO_LOW_ENERGY = "no-low-energy"
    DENIED = "denied"
    """The bus refuses this account."""
    WRONG_PIN = "wrong-pin"
    """Refuses even the right number."""
    BOND_LOST = "bond-lost"
    """Forgets the computer after pairing."""
    BUSY = "busy"
    """Says that a procedure is running, until that is aborted."""
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
