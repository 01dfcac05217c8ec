"""Cursors: opaque, stable under inserts, without offsets."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.text import is_storable

Item = TypeVar("Item")
_MAX_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items and where the next ones begin (None: these were the last)."""

    items: Sequence[Item]
    next_cursor: str | None


def encode(*place: str | int) -> str:
    """A cursor naming a place in an order, for instance the time and id of the last row shown."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> tuple[str | int, ...]:
    """The place a cursor names.

    Raises:
        Invalid: not one of our cursors, or one of another list.
    """
    try:
        place = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), "-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad() from error
    if not isinstance(place, list) or len(place) != length:
        raise _bad()
    if not all(_is_place(part) for part in place):
        raise _bad()
    return tuple(place)


def _is_place(part: object) -> bool:
    """Whether a database can compare with it: a cursor may have been made up by anybody."""
    if isinstance(part, str):
        return is_storable(part)
    return isinstance(part, int) and abs(part) <= _MAX_NUMBER


def _bad() -> Invalid:
    return Invalid(errors=(FieldError("#/cursor", N_("This page cannot be found."), "bad_cursor"),))
