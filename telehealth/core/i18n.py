"""Words, numbers and dates for people. Knows Babel, not Flask: services may use it."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_decimal

from telehealth.core.clock import local

LOCALES = ("sl", "en")
DEFAULT_LOCALE = "sl"

_SLOVENIAN = {
    letter: place for place, letter in enumerate("aăâäàáåbcčćdđeéèëfghiíjklmnoóöôpqrsšßtuúüvwxyýzž")
}


def N_(message: str) -> str:  # noqa: N802 - gettext's usual name for "to be translated later"
    """Mark a message for translation where no locale is known yet (refusals, labels of enums)."""
    return message


def sort_key(name: str) -> tuple[tuple[int, int], ...]:
    """Slovenian alphabetical order: č after c, š after s, ž after z; case does not matter."""
    return tuple(
        (1, _SLOVENIAN[char]) if char in _SLOVENIAN else (0, ord(char)) for char in name.casefold()
    )


def number(value: Decimal | float, locale: str, digits: int | None = None) -> str:
    """A number as people write it: decimal comma in Slovenian. `digits` fixes the decimals."""
    if digits is None:
        return format_decimal(value, locale=locale, decimal_quantization=False)
    return format_decimal(
        value, format="#,##0." + "0" * digits if digits else "#,##0", locale=locale
    )


def share(percent: float, locale: str) -> str:
    """A share in percent as every page, paper and program prints it, without the sign.

    Each share is rounded by itself, so the same fact reads the same beside any others: one decimal
    below ten, whole percents from there. What exists is never "0", what is missing never "100":
    `<1` and `>99`.
    """
    if 0 < percent < 1:
        return "<1"
    if 99 < percent < 100:  # noqa: PLR2004 - percent
        return ">99"
    has_decimal = percent and round(percent, 1) < 10 and not isinstance(percent, int)  # noqa: PLR2004 - two digits
    return number(percent, locale, 1 if has_decimal else 0)


def clock_time(moment: datetime, locale: str) -> str:
    """Time of day at home: `7.40` in Slovenian, `07:40` in English."""
    here = local(moment)
    return f"{here.hour}.{here.minute:02}" if locale == "sl" else f"{here:%H:%M}"


def day(moment: datetime | date, locale: str, now: datetime) -> str:
    """`danes`, `včeraj`, `jutri`, else `tor., 24. nov.` (with the year when it is another one)."""
    here = local(moment).date() if isinstance(moment, datetime) else moment
    today = local(now).date()
    near = {-1: ("včeraj", "yesterday"), 0: ("danes", "today"), 1: ("jutri", "tomorrow")}
    if (gap := (here - today).days) in near:
        return near[gap][0 if locale == "sl" else 1]
    pattern = "EEE, d. MMM" if locale == "sl" else "EEE d MMM"
    if here.year != today.year:
        pattern += " y"
    return format_date(here, pattern, locale=locale)


def when(moment: datetime, locale: str, now: datetime) -> str:
    """Day and time of day: `danes ob 7.40`, `today at 07:40`."""
    joint = " ob " if locale == "sl" else " at "
    return day(moment, locale, now) + joint + clock_time(moment, locale)


def ago(moment: datetime, now: datetime) -> timedelta:
    """How long ago, never negative (a clock may be a second ahead)."""
    return max(now - moment, timedelta(0))
