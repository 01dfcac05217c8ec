"""A day and a time of day on the clock at home, as an instant."""

import re
from datetime import UTC, date, datetime, time

from marshmallow import ValidationError, fields

from telehealth.core.clock import HOME_ZONE
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_

_TIME = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?::[0-5]\d)?", re.ASCII)
Moment = tuple[datetime, int]
BAD_TIME = N_("Enter a time, for example 7:40.")
BAD_DAY = N_("Enter a date.")


class TimeOfDay(fields.Field[time]):
    """A time as a browser sends it or as a person types it: `07:40`, `7.40`."""

    def _deserialize(self, value: object, *_: object, **__: object) -> time:
        found = _TIME.fullmatch(str(value).strip())
        if found is None:
            raise ValidationError(BAD_TIME)
        return time(int(found[1]), int(found[2]))


def instant(day: date, at: time, day_field: str = "day", time_field: str = "time") -> Moment:
    """The instant, and the minutes the clock was ahead of UTC; of an hour come twice the first.

    Raises:
        Invalid: an hour that the clock skipped, a day no calendar of ours has.
    """
    try:
        wall = datetime.combine(day, at, HOME_ZONE)
        moment = wall.astimezone(UTC)
        is_skipped = moment.astimezone(HOME_ZONE).replace(tzinfo=None) != wall.replace(tzinfo=None)
    except OverflowError as error:
        raise Invalid(errors=(FieldError(f"#/{day_field}", BAD_DAY, "day"),)) from error
    if is_skipped:
        text = N_("On this night the clock skipped this hour. Check the time.")
        raise Invalid(errors=(FieldError(f"#/{time_field}", text, "skipped"),))
    offset = wall.utcoffset()
    return moment, int(offset.total_seconds() // 60) if offset else 0
