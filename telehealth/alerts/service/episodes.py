"""Episodes of one rule, read from the values themselves. Pure.

An episode begins with a value beyond the rule's threshold. It is over when every source that saw
it is back: a sensor by 15 minutes of its own values, and any source by a fingerstick that was in
range and that nothing contradicted for 15 minutes. A sensor has no say about what a fingerstick or
another sensor saw. For a low, back means in the person's own range, not merely above the rule's
threshold.

Computed afresh from all values at every look, so late, corrected and removed values need no path of
their own, and no order or split of the same uploads changes the outcome.

Sources: Battelino 2023 (level 2 below 3.0 mmol/L, ended at 3.9 for 15 minutes); makers' manuals
(the fingerstick is right where sensor and fingerstick disagree).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from telehealth.alerts.models import Direction
from telehealth.alerts.service.rule import Rule
from telehealth.alerts.service.values import Value

RECOVERY = timedelta(minutes=15)
"""Back for this long: the episode is over (Battelino 2023)."""
GAP = timedelta(minutes=45)
"""Nothing for longer: what was before says nothing about how long it has lasted."""
LAPSE = timedelta(hours=24)
"""Nothing that could end it for this long: nobody knows how it went on."""
LATE = timedelta(minutes=60)
"""A value that reached us within this after it was measured still rings, with its age."""


@dataclass(frozen=True, slots=True)
class Limits:
    """One rule of one patient, with what counts as back."""

    rule: Rule
    is_back: Callable[[Value], bool]

    def is_beyond(self, value: Value) -> bool:
        """LO and HI are beyond every threshold of their direction."""
        if value.tick is None:
            return value.beyond == (-1 if self.rule.direction is Direction.LOW else 1)
        return self.rule.is_beyond(value.tick, value.unit)


@dataclass(frozen=True, slots=True)
class Episode:
    """What the values say of one episode."""

    values: tuple[Value, ...]
    """Those beyond the threshold, oldest first; never empty."""
    trigger: Value | None
    """The value that completed what the rule asks for; None: not yet an alert."""
    worst: Value
    last_at: datetime
    """When the newest value with a say was measured."""
    back_since: datetime | None
    """Since when every source that saw it has been back."""
    ended_at: datetime | None
    has_lapsed: bool = False

    @property
    def begins_at(self) -> datetime:
        """When the first value beyond the threshold was measured."""
        return self.values[0].at

    @property
    def last(self) -> Value:
        """The last value beyond the threshold."""
        return self.values[-1]

    @property
    def is_over(self) -> bool:
        """Whether it has ended, as far as the values say."""
        return self.ended_at is not None

    @property
    def is_timely(self) -> bool:
        """Whether at least one of its values reached us in time to ring."""
        return any(is_timely(value) for value in self.values)


def is_timely(value: Value) -> bool:
    """Whether a value reached us soon after it was measured; judged by receipt, not by our turn."""
    return value.received_at - value.at <= LATE


def find(values: Iterable[Value], limits: Limits, now: datetime) -> list[Episode]:
    """The episodes among some values, oldest first; values later than `now` have no say yet."""
    known = sorted((one for one in values if one.at <= now), key=_in_order(limits))
    found: list[Episode] = []
    running: _Running | None = None
    singles = _singles(known, limits)
    for value in known:
        if running is not None and running.is_over_by(value.at):
            found.append(running.closed(value.at))
            running = None
        if running is None:
            if not limits.is_beyond(value):
                continue
            running = _Running(limits, singles)
        running.take(value)
    if running is not None:
        found.append(running.closed(now))
    return found


def _in_order(limits: Limits) -> Callable[[Value], tuple[datetime, bool, datetime, int, float]]:
    """By the minute, as people write; within it the worrying value is the last word."""

    def key(one: Value) -> tuple[datetime, bool, datetime, int, float]:
        minute = one.at.replace(second=0, microsecond=0)
        return minute, limits.is_beyond(one), one.at, one.source_id, one.mg_dl

    return key


def _singles(values: Sequence[Value], limits: Limits) -> list[datetime]:
    """When single values beyond the threshold were measured; one minute counts once."""
    minutes = {
        one.at.replace(second=0, microsecond=0)
        for one in values
        if not one.is_sensor and limits.is_beyond(one)
    }
    return sorted(minutes)


@dataclass(slots=True)
class _Running:
    """An episode while its values are read."""

    limits: Limits
    singles: Sequence[datetime]
    values: list[Value] = field(default_factory=list)
    trigger: Value | None = None
    runs: dict[int, datetime] = field(default_factory=dict)
    """Since when each sensor has shown nothing but values beyond."""
    newest: dict[int, datetime] = field(default_factory=dict)
    backs: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)
    """First and newest value of each sensor that is back."""
    sensors: set[int] = field(default_factory=set)
    was_single: bool = False
    """Whether a fingerstick saw it."""
    fingers: dict[int, datetime] = field(default_factory=dict)
    """For each sensor, and for `_SINGLES`: the first fingerstick that was back, since it saw it."""
    last_at: datetime | None = None

    def take(self, value: Value) -> None:
        """Read one more value."""
        if self.limits.is_beyond(value):
            self._take_beyond(value)
        elif not value.is_sensor:
            self._take_fingerstick(value)
        elif value.source_id in self.sensors:
            self._take_of_sensor(value)

    def _take_beyond(self, value: Value) -> None:
        source = value.source_id
        self.values.append(value)
        self.last_at = value.at
        if value.is_sensor:
            is_new_run = source not in self.runs or value.at - self.newest[source] > GAP
            self.runs[source] = value.at if is_new_run else self.runs[source]
            self.newest[source] = value.at
            self.backs.pop(source, None)
            self.fingers.pop(source, None)
            self.sensors.add(source)
        else:
            self.fingers.clear()
            self.was_single = True
        if self.trigger is None and self._completes(value):
            self.trigger = value

    def _take_fingerstick(self, value: Value) -> None:
        if not value.counts:
            return
        self.last_at = value.at
        if not self.limits.is_back(value):
            self.fingers.clear()
            return
        for source in (_SINGLES, *self.sensors):
            self.fingers.setdefault(source, value.at)

    def _take_of_sensor(self, value: Value) -> None:
        source = value.source_id
        self.runs.pop(source, None)
        self.last_at = value.at
        if not self.limits.is_back(value) or not value.counts:
            self.backs.pop(source, None)
            return
        first, last = self.backs.get(source, (value.at, value.at))
        self.backs[source] = (value.at if value.at - last > GAP else first, value.at)

    def _completes(self, value: Value) -> bool:
        rule = self.limits.rule
        if value.tick is None:  # HI and LO need no second one
            return True
        if value.is_sensor:
            return value.at - self.runs[value.source_id] >= timedelta(minutes=rule.delay_min)
        within = timedelta(minutes=rule.values_within_min)
        return sum(value.at - within <= at <= value.at for at in self.singles) >= rule.values_n

    def back_since(self) -> datetime | None:
        """Since when everybody who saw it is back; None: somebody is not."""
        return _latest(self._back_of(source) for source in self._witnesses())

    def _witnesses(self) -> Iterable[int]:
        return (*self.sensors, *((_SINGLES,) if self.was_single else ()))

    def _back_of(self, source: int) -> datetime | None:
        return _earliest(self.fingers.get(source), self.backs.get(source, (None, None))[0])

    def _ends_at(self) -> datetime | None:
        """When it is proven to be over, with what has been read so far."""
        return _latest(self._end_of(source) for source in self._witnesses())

    def _end_of(self, source: int) -> datetime | None:
        finger = self.fingers.get(source)
        first, last = self.backs.get(source, (None, None))
        is_proven = first is not None and last is not None and last - first >= RECOVERY
        return _earliest(
            finger + RECOVERY if finger else None,
            first + RECOVERY if is_proven and first is not None else None,
        )

    def is_over_by(self, at: datetime) -> bool:
        """Whether it ended before or at this moment."""
        ends_at = self._ends_at()
        return (ends_at is not None and ends_at <= at) or self._has_lapsed(at)

    def _has_lapsed(self, at: datetime) -> bool:
        return self.last_at is not None and at - self.last_at >= LAPSE

    def closed(self, at: datetime) -> Episode:
        """The episode as it stands at this moment."""
        ends_at = self._ends_at()
        is_over = ends_at is not None and ends_at <= at
        has_lapsed = not is_over and self._has_lapsed(at)
        last_at = self.last_at or self.values[-1].at
        direction = self.limits.rule.direction
        worst = self.values[0]
        for value in self.values[1:]:
            if value.is_worse_than(worst, direction):
                worst = value
        return Episode(
            tuple(self.values),
            self.trigger,
            worst,
            last_at,
            self.back_since(),
            ends_at if is_over else last_at + LAPSE if has_lapsed else None,
            has_lapsed,
        )


_SINGLES = -1
"""In place of a sensor: everything that is a single value."""


def _earliest(*times: datetime | None) -> datetime | None:
    return min((time for time in times if time is not None), default=None)


def _latest(times: Iterable[datetime | None]) -> datetime | None:
    """The latest; None where one of them is missing, or there is none."""
    known = list(times)
    present = [time for time in known if time is not None]
    return max(present) if present and len(present) == len(known) else None
