"""Why a reading was not taken, in a sentence that helps: what happened, what to do."""

from flask_babel import get_locale, gettext

from devices.glucose import Unit
from telehealth.core.i18n import DEFAULT_LOCALE, N_, number
from telehealth.glycemia.entered import (
    OTHER_UNIT,
    Digits,
    Flaw,
    is_believable,
    perhaps_in,
    perhaps_meant,
)
from telehealth.readings.service import Code, Rejection

RANGE = {Unit.MMOL_L: "0.6-33.3", Unit.MG_DL: "10-600"}

SENTENCES: dict[str, str] = {
    Flaw.NOT_A_NUMBER: N_("Enter a number, for example 7.2."),
    Flaw.TOO_PRECISE: N_("A value has at most four digits, three of them after the point."),
    Flaw.NOT_MEASURABLE: N_("This value cannot be measured."),
    Code.NOT_AN_OBJECT: N_("A reading is an object with named fields."),
    Code.MISSING: N_("Please fill this in."),
    Code.UNKNOWN_FIELD: N_("We do not know this field."),
    Code.NOT_TEXT: N_("This must be text."),
    Code.EMPTY: N_("Please fill this in."),
    Code.TOO_LONG: N_("This text is too long."),
    Code.BAD_TIME: N_("Enter a date and a time."),
    Code.NAIVE_TIME: N_("The time needs an offset, for example +01:00."),
    Code.FUTURE: N_("This time is still to come. Check the date and the time."),
    Code.TOO_OLD: N_("This is more than five years ago. Check the date."),
    Code.UNKNOWN_UNIT: N_("The unit is mmol/L or mg/dL."),
    Code.UNKNOWN_SOURCE: N_("The source is manual, meter or cgm."),
    Code.UNKNOWN_MEAL: N_("We do not know this meal."),
    Code.UNKNOWN_RECORD: N_("The kind of record is glucose or scan."),
    Code.NOT_BOOLEAN: N_("This is true or false."),
    Code.NOT_GLUCOSE: N_("This is not a glucose value. Ketones and control solutions stay out."),
}
"""Message ids; `sentence` puts them into the reader's language."""


def sentence(rejection: Rejection) -> str:
    """What is wrong and what to do, in the reader's language."""
    digits, unit = rejection.digits, rejection.unit
    if rejection.code == Flaw.NOT_MEASURABLE and digits is not None and unit is not None:
        return _not_measurable(digits, unit)
    if rejection.code == Code.OTHER_UNIT and digits is not None and unit is not None:
        other = perhaps_in(digits, unit) or unit
        return str(
            gettext(
                "%(given)s is seldom. Is it right, or was it %(there)s? Correct it, or confirm it.",
                given=_in_words(digits, unit),
                there=_in_words(digits, other),
            )
        )
    return str(gettext(SENTENCES[rejection.code]))


def _in_words(digits: Digits, unit: Unit) -> str:
    return f"{number(digits.value, str(get_locale() or DEFAULT_LOCALE))} {unit.value}"


def _not_measurable(digits: Digits, unit: Unit) -> str:
    """What cannot be measured in this unit may be plain in the other: both are asked about."""
    locale = str(get_locale() or DEFAULT_LOCALE)
    given, other = _in_words(digits, unit), OTHER_UNIT[unit]
    pointed = perhaps_meant(digits, unit)
    meant = [] if pointed is None else [_in_words(pointed, unit)]
    meant += [_in_words(digits, other)] if is_believable(digits, other) else []
    if len(meant) > 1:
        asked = gettext(
            "We cannot store this value: %(given)s cannot be measured. "
            "Did you mean %(meant)s, or %(there)s?",
            given=given,
            meant=meant[0],
            there=meant[1],
        )
        return str(asked)
    if meant:
        asked = gettext(
            "We cannot store this value: %(given)s cannot be measured. Did you mean %(meant)s?",
            given=given,
            meant=meant[0],
        )
        return str(asked)
    low, _, high = RANGE[unit].partition("-")
    if locale == DEFAULT_LOCALE:
        low, high = low.replace(".", ","), high.replace(".", ",")
    told = gettext(
        "We cannot store this value: %(given)s cannot be measured. "
        "Meters show %(low)s to %(high)s %(unit)s.",
        given=given,
        low=low,
        high=high,
        unit=unit.value,
    )
    return str(told)
