"""Local wall-clock times, as files have them, to UTC and the offset of each reading."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from telehealth.glycemia.bands import Ticks

_QUARTER_S = 900  # every offset in use since 1972 changes on a quarter of an hour
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clocks have no zone


class BadZone(ValueError):
    """Not the name of a place's zone; the sentence says what is expected."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Times with their offsets, in the order they were given in."""

    t: Ticks
    offset: Ticks
    n_uncertain: int
    """Wall times that never were (spring) or were twice without the order telling which."""


def zone(name: str) -> ZoneInfo:
    """The zone of a place, such as Europe/Ljubljana, or UTC.

    Raises:
        BadZone: unknown, or a fixed shift such as Etc/GMT+4, which ignores summer time.
    """
    if name != "UTC" and ("/" not in name or name.startswith("Etc/")):
        raise BadZone(f"{name} is no zone of a place; write for example Europe/Ljubljana.")
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:  # not found is a KeyError
        raise BadZone(f"There is no zone {name}.") from error


def place(wall_s: Ticks, where: ZoneInfo) -> Placed:
    """Place wall times (seconds since 1970 as if UTC), in the order of the file.

    The hour that exists twice in autumn is told apart where the clock steps back exactly once in
    it, as a device writes it; newest-first files are understood too. Otherwise the first of the
    two hours is taken and the reading counted as uncertain. A time in the gap of spring keeps the
    offset from before the change.
    """
    quarters, back = np.unique(wall_s // _QUARTER_S, return_inverse=True)
    early, late = _offsets(quarters, where)
    first, second = early[back], late[back]
    is_twice, is_never = first > second, first < second
    is_second, is_unclear = _second_pass(wall_s, is_twice)
    offset = np.where(is_second, second, first)
    return Placed(wall_s - offset, offset, int((is_never | is_unclear).sum()))


def _offsets(quarters: Ticks, where: ZoneInfo) -> tuple[Ticks, Ticks]:
    """Offsets of each quarter of an hour, for the first and the second time it exists."""
    walls = [_EPOCH + timedelta(seconds=int(quarter) * _QUARTER_S) for quarter in quarters]
    return (
        np.array([_offset(wall.replace(tzinfo=where)) for wall in walls], dtype=np.int64),
        np.array([_offset(wall.replace(tzinfo=where, fold=1)) for wall in walls], dtype=np.int64),
    )


def _offset(at: datetime) -> int:
    return round((at.replace(tzinfo=UTC) - at.astimezone(UTC)).total_seconds())


def _second_pass(
    wall_s: Ticks, is_twice: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which readings are in the second of two equal hours, and for which that is not known."""
    is_second, is_unclear = np.zeros_like(is_twice), np.zeros_like(is_twice)
    places = np.flatnonzero(is_twice)
    if not len(places):
        return is_second, is_unclear
    if np.sign(np.diff(wall_s)).sum() < 0:
        places = places[::-1]
    nights = wall_s[places] // 86_400
    for night in np.unique(nights):
        here = places[nights == night]
        steps = np.flatnonzero(np.diff(wall_s[here]) < 0)
        if len(steps) == 1:
            is_second[here[steps[0] + 1 :]] = True
        else:
            is_unclear[here] = True
    return is_second, is_unclear
