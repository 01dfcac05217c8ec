"""Which of several readings of one moment counts. Pure: no database, no order of arrival.

The moment of a fingerstick is the minute, because people and some meters write no seconds; the
moment of a sensor's reading is the second. The rule, for readings of one kind:

- Several values of one moment count once, and the **lowest** is the one that counts, whoever sent
  it: a low is never hidden by a repetition or by a source that is trusted more. LO is below and HI
  above every number. The others are shown and not counted.
- The same value from another source, in the same moment or at most 30 s apart, is the same
  measurement. The more trusted source is shown and counted.
- A meter's reading with the value of a sensor in the same second is a copy that a pump made.
  Sensors and fingersticks are otherwise never compared.

Sources: cgm-remote-monitor issues 7199 and 7458, Tidepool's `filterDuplicateSMBGs`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from devices.glucose import MG_DL_PER_MMOL_L
from telehealth.readings.models import SourceKind, Standing, Via

NEAR = timedelta(seconds=30)
"""How far apart two sources may be with the same measurement."""
MINUTE = timedelta(minutes=1)
_MG_DL_PER_TICK = (1.0, float(MG_DL_PER_MMOL_L) / 10)
_HALF_TENTH_MG_DL = 0.91
"""Half of 0.1 mmol/L: the same value, written in the other unit."""
_TRUST = {Via.DIRECT: 2, Via.FILE: 1}

Place = tuple[int, int]
"""Source and `seq`: what makes a reading the same reading."""


@dataclass(frozen=True, slots=True, order=True)
class Provenance:
    """Where a reading came from."""

    kind: SourceKind
    device: str
    via: Via

    @property
    def trust(self) -> int:
        """Sensors and meters before files before what was written by hand."""
        return 0 if self.kind is SourceKind.MANUAL else _TRUST[self.via]


class Placed(NamedTuple):
    """A reading as far as its neighbours are concerned."""

    source_id: int
    seq: int
    at: datetime
    tick: int | None
    beyond: int
    unit: int
    standing: int = Standing.COUNTED

    @property
    def place(self) -> Place:
        """Its name."""
        return self.source_id, self.seq

    @property
    def mg_dl(self) -> float:
        """For comparing; LO below and HI above every number."""
        return comparable(self.tick, self.beyond, self.unit)

    @property
    def second(self) -> datetime:
        """The second it was measured in."""
        return self.at.replace(microsecond=0)

    @property
    def minute(self) -> datetime:
        """The minute it was measured in, as people write it."""
        return minute_of(self.at)


Sources = Mapping[int, Provenance]


def comparable(tick: int | None, beyond: int, unit: int) -> float:
    """A stored value in mg/dL, only for comparing; LO below and HI above every number."""
    return beyond * 1e6 if tick is None else tick * _MG_DL_PER_TICK[unit]


def minute_of(at: datetime) -> datetime:
    """The begin of the minute; offsets are whole minutes, so it is the minute of any clock."""
    return at.replace(second=0, microsecond=0)


def standings(crowd: Collection[Placed], sources: Sources) -> dict[Place, Standing]:
    """The standings of readings near each other, by the rule above.

    The lowest is asked first. When it is the same measurement as a more trusted one (which may be a
    hair higher in the other unit, or in the next minute), that one counts instead.
    """
    ordered = sorted(crowd, key=lambda one: _precedence(one, sources[one.source_id]))
    everyone, counted = _Minutes(ordered), _Minutes(())
    found: dict[Place, Standing] = {}
    for one in ordered:
        if one.place in found:
            continue
        found[one.place] = _beside(one, counted, sources)
        if found[one.place] is Standing.ASIDE:
            rivals = (rival for rival in counted.near(one) if is_rival(one, rival, sources))
            found |= {rival.place: Standing.CONFLICT for rival in rivals}
        elif found[one.place] is Standing.COUNTED:
            better = _more_trusted(one, everyone, counted, found, sources)
            if better is not None:
                found |= {one.place: Standing.MERGED, better.place: Standing.COUNTED}
            counted.add(better or one)
    return found


class _Minutes:
    """Readings by their minute: a crowd may be long, its neighbourhoods are short."""

    def __init__(self, readings: Iterable[Placed]) -> None:
        self._of: dict[datetime, list[Placed]] = defaultdict(list)
        for one in readings:
            self.add(one)

    def add(self, one: Placed) -> None:
        """Remember one more."""
        self._of[one.minute].append(one)

    def near(self, one: Placed) -> Iterator[Placed]:
        """Those in its minute, the one before and the one after."""
        for minute in (one.minute - MINUTE, one.minute, one.minute + MINUTE):
            yield from self._of.get(minute, ())


def _beside(one: Placed, counted: _Minutes, sources: Sources) -> Standing:
    if any(is_twin(one, other, sources) for other in counted.near(one)):
        return Standing.MERGED
    if any(is_rival(one, other, sources) for other in counted.near(one)):
        return Standing.ASIDE
    return Standing.COUNTED


def _more_trusted(
    one: Placed,
    everyone: _Minutes,
    counted: _Minutes,
    found: Mapping[Place, Standing],
    sources: Sources,
) -> Placed | None:
    """The most trusted reading of the same measurement that may count in its place."""
    own = sources[one.source_id].trust
    better = [
        other
        for other in everyone.near(one)
        if other.place not in found
        and sources[other.source_id].trust > own
        and is_comparable(one, other, sources)
        and is_twin(one, other, sources)
        and _beside(other, counted, sources) is Standing.COUNTED
    ]
    if not better:
        return None
    return min(better, key=lambda other: _preference(other, sources[other.source_id]))


def _precedence(one: Placed, source: Provenance) -> tuple[object, ...]:
    """Who is asked first. Nothing here depends on when a reading or a source came to us."""
    is_finger = source.kind is not SourceKind.CGM
    return is_finger, one.mg_dl, *_preference(one, source)


def _preference(one: Placed, source: Provenance) -> tuple[object, ...]:
    return -source.trust, one.at, source, one.seq


def is_twin(one: Placed, other: Placed, sources: Sources) -> bool:
    """Whether two readings are one measurement; of a sensor and a meter `other` is the sensor's."""
    if not _is_same_value(one, other):
        return False
    if not is_comparable(one, other, sources):
        return sources[one.source_id].kind is SourceKind.METER and one.second == other.second
    if one.source_id == other.source_id:
        return one.second == other.second
    return abs(one.at - other.at) <= NEAR or is_rival(one, other, sources)


def is_rival(one: Placed, other: Placed, sources: Sources) -> bool:
    """Whether only one of the two can count: they stand at one moment."""
    if not is_comparable(one, other, sources):
        return False
    if sources[one.source_id].kind is SourceKind.CGM:
        return one.second == other.second
    return one.minute == other.minute


def is_comparable(one: Placed, other: Placed, sources: Sources) -> bool:
    """Whether both are a sensor's, or both fingersticks."""
    is_sensor = [sources[reading.source_id].kind is SourceKind.CGM for reading in (one, other)]
    return is_sensor[0] == is_sensor[1]


def _is_same_value(one: Placed, other: Placed) -> bool:
    if one.tick is None or other.tick is None or one.unit == other.unit:
        return (one.beyond, one.tick) == (other.beyond, other.tick)
    return abs(one.mg_dl - other.mg_dl) < _HALF_TENTH_MG_DL


def crowds(everyone: Collection[Placed], sources: Sources) -> Iterator[list[Placed]]:
    """Chains of neighbours; a reading by itself only where it was not by itself before.

    Neighbours are at most 30 s apart, or in the minute of a fingerstick.
    """
    crowd: list[Placed] = []
    minutes = {one.minute for one in everyone if sources[one.source_id].kind is not SourceKind.CGM}
    for one in sorted(everyone, key=lambda one: one.at):
        if crowd and not _are_neighbours(crowd[-1], one, minutes):
            if len(crowd) > 1 or crowd[0].standing:
                yield crowd
            crowd = []
        crowd.append(one)
    if len(crowd) > 1 or (crowd and crowd[0].standing):
        yield crowd


def _are_neighbours(one: Placed, later: Placed, minutes: Collection[datetime]) -> bool:
    is_one_minute = one.minute == later.minute and one.minute in minutes
    return is_one_minute or later.at - one.at <= NEAR
