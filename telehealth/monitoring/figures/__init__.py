"""The worklist in words and small pictures."""

from telehealth.monitoring.figures.entry import (
    DEED_WORDS,
    DONE_WORDS,
    KIND_WORDS,
    RULE_WORDS,
    STAGE_WORDS,
    DayMark,
    change_words,
    day_strip,
    days_with_readings,
    shares,
)
from telehealth.monitoring.figures.reasons import (
    CODE_WORDS,
    TONES,
    Sentence,
    gettext,
    ngettext,
    sentences,
)

__all__ = [
    "CODE_WORDS",
    "DEED_WORDS",
    "DONE_WORDS",
    "KIND_WORDS",
    "RULE_WORDS",
    "STAGE_WORDS",
    "TONES",
    "DayMark",
    "Sentence",
    "change_words",
    "day_strip",
    "days_with_readings",
    "gettext",
    "ngettext",
    "sentences",
    "shares",
]
