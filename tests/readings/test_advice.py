"""What a page says to do about a value."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, PREGNANCY, Band, Ranges
from telehealth.glycemia.entered import Flaw, parse
from telehealth.readings import service as readings
from telehealth.readings.models import Beyond
from telehealth.readings.service import Advice
from tests import make
from tests.make.readings import diary, reading

MIN = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("words", "ranges", "found"),
    [
        ("2.9", ADULT, Band.VERY_LOW),
        ("2.99", ADULT, Band.VERY_LOW),
        ("3.0", ADULT, Band.LOW),
        ("3.8", ADULT, Band.LOW),
        ("3.8", PREGNANCY, Band.IN_RANGE),
        ("3.9", ADULT, Band.IN_RANGE),
        (Beyond.LO, ADULT, Band.VERY_LOW),
        (Beyond.LO, PREGNANCY, Band.VERY_LOW),
        (Beyond.HI, ADULT, Band.VERY_HIGH),
    ],
)
def test_where_a_value_lies_as_it_is_written(
    words: str | Beyond, ranges: Ranges, found: Band
) -> None:
    value = words if isinstance(words, Beyond) else parse(words)
    assert not isinstance(value, Flaw)

    assert readings.band_as_entered(value, Unit.MMOL_L, ranges) is found


@pytest.mark.parametrize(
    ("band", "minutes", "said"),
    [
        (Band.VERY_LOW, 0, Advice.VERY_LOW),
        (Band.VERY_LOW, 60, Advice.VERY_LOW),
        (Band.VERY_LOW, 61, None),
        (Band.LOW, 5, Advice.LOW),
        (Band.IN_RANGE, 0, None),
        (Band.VERY_HIGH, 0, None),
    ],
)
def test_sugar_is_advised_for_a_low_of_the_last_hour(
    band: Band, minutes: int, said: Advice | None
) -> None:
    assert readings.advice_on(band, make.NOW - minutes * MIN, now=make.NOW) is said


def test_a_value_in_range_after_the_low_ends_the_advice(session: Session) -> None:
    ana = make.patient(session)
    assert readings.advice_of(session, ana.id, now=make.NOW) is None
    diary(session, ana, [reading("2.4 mmol/L", make.NOW - 20 * MIN)])
    assert readings.advice_of(session, ana.id, now=make.NOW) is Advice.VERY_LOW

    diary(session, ana, [reading("5.4 mmol/L", make.NOW - MIN)])

    assert readings.advice_of(session, ana.id, now=make.NOW) is None
