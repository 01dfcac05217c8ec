"""Marshmallow fields for what callers send: ids, instants and days that a database can hold.

The library's own fields take any number and any year. A number of thirty digits or the year 1 then
fails in the database or in arithmetic on time, as a fault of ours instead of a wrong field.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from marshmallow import fields

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""Nobody here was born before, nothing here is planned after."""
_MAX_ID = 2**63 - 1


class RowId(fields.Integer):
    """An id: a whole number that a row can have; in forms and addresses as digits."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, bool | float):  # 1.5 must not become 1, nor true
            raise self.make_error("invalid", input=value)
        number = super()._deserialize(value, attr, data, **kwargs)
        if not 0 <= number <= _MAX_ID:
            raise self.make_error("invalid", input=value)
        return number


class Instant(fields.AwareDateTime):
    """A moment with an offset, within the years this application knows; loaded as UTC."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return moment.astimezone(UTC)


class Day(fields.Date):
    """A day, within the years this application knows."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return day
