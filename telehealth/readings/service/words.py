"""Words of codes as message ids: the door translates them."""

from telehealth.core.actor import Basis
from telehealth.core.i18n import N_
from telehealth.glycemia.bands import Band
from telehealth.readings.models import Meal, SourceKind

MEAL_WORDS = {
    Meal.NONE: N_("no meal"),
    Meal.FASTING: N_("fasting"),
    Meal.BEFORE_MEAL: N_("before a meal"),
    Meal.AFTER_MEAL: N_("after a meal"),
    Meal.BEFORE_BREAKFAST: N_("before breakfast"),
    Meal.AFTER_BREAKFAST: N_("after breakfast"),
    Meal.BEFORE_LUNCH: N_("before lunch"),
    Meal.AFTER_LUNCH: N_("after lunch"),
    Meal.BEFORE_DINNER: N_("before dinner"),
    Meal.AFTER_DINNER: N_("after dinner"),
    Meal.BEDTIME: N_("before sleep"),
    Meal.NIGHT: N_("at night"),
    Meal.OTHER: N_("another time"),
}

FORM_MEALS = (
    Meal.NONE,
    Meal.FASTING,
    Meal.BEFORE_BREAKFAST,
    Meal.AFTER_BREAKFAST,
    Meal.BEFORE_LUNCH,
    Meal.AFTER_LUNCH,
    Meal.BEFORE_DINNER,
    Meal.AFTER_DINNER,
    Meal.BEDTIME,
    Meal.NIGHT,
)
"""What the form offers, in the order of the day; the general ones come from meters."""

SOURCE_WORDS = {
    SourceKind.MANUAL: N_("written by hand"),
    SourceKind.METER: N_("meter"),
    SourceKind.CGM: N_("sensor"),
}

BAND_WORDS = {
    Band.VERY_LOW: N_("very low"),
    Band.LOW: N_("low"),
    Band.IN_RANGE: N_("in range"),
    Band.HIGH: N_("high"),
    Band.VERY_HIGH: N_("very high"),
}

WRITER_WORDS = {
    Basis.GUARDIAN: N_("entered by %(name)s (guardian)"),
    Basis.MANDATE: N_("entered by %(name)s (proxy)"),
    Basis.HEALTH_CARE_PROXY: N_("entered by %(name)s (health-care proxy)"),
    Basis.CARE_TEAM: N_("entered by %(name)s (care team)"),
}
"""Who entered a reading for the patient."""


def device_name(device: str) -> str:
    """Maker and model of a source, without the serial number: `Contour Next`."""
    return " ".join(part for part in device.split("|")[:2] if part)
