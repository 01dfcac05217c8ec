"""A value is compared with a person's own limits by the literal that is printed."""

from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import Band, Ranges
from telehealth.glycemia.entered import Digits
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from telehealth.readings.service.summaries import rebuild_days
from telehealth.readings.service.values import band_of
from telehealth.reports.service import columns as report_columns
from tests import make
from tests.make.readings import diary, reading
from tests.readings.expected import stored_rows

HIGH_LOWER = Ranges("own", {Unit.MG_DL: (53, 143, 216, 250), Unit.MMOL_L: (29, 79, 120, 139)})
"""8.0 to 12.0 mmol/L: the lower limit lies above the middle of the scale."""
LOW_UPPER = Ranges("own", {Unit.MG_DL: (53, 69, 95, 250), Unit.MMOL_L: (29, 38, 53, 139)})
"""3.9 to 5.3 mmol/L: the upper limit lies below it."""
CASES = [
    ("7.95", HIGH_LOWER, Band.LOW),
    ("8.00", HIGH_LOWER, Band.IN_RANGE),
    ("8.01", HIGH_LOWER, Band.IN_RANGE),
    ("12.01", HIGH_LOWER, Band.HIGH),
    ("2.95", HIGH_LOWER, Band.VERY_LOW),
    ("5.38", LOW_UPPER, Band.HIGH),
    ("5.301", LOW_UPPER, Band.HIGH),
    ("5.30", LOW_UPPER, Band.IN_RANGE),
    ("3.89", LOW_UPPER, Band.LOW),
    ("13.91", LOW_UPPER, Band.VERY_HIGH),
]


def literal(text: str) -> Digits:
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    return Digits(int("".join(map(str, digits))), -int(exponent))


@pytest.mark.parametrize(("text", "ranges", "wanted"), CASES)
def test_entries_sums_charts_and_reports_compare_the_literal(
    session: Session, text: str, ranges: Ranges, wanted: Band
):
    ana: Person = make.patient(session)
    diary(session, ana, [reading(f"{text} mmol/L", kind=SourceKind.METER, device="M")])

    assert band_of(literal(text), Unit.MMOL_L, ranges) is wanted

    day = readings.local_day(reading().measured_at)
    rebuild_days(session, ana.id, [day], ranges)
    (row,) = stored_rows(session, ana).values()
    assert getattr(row.sums, wanted.value) == 1

    known = [one.id for one in readings.sources(session, ana.id)]
    begins_at, ends_at = reading().measured_at, make.NOW
    found = report_columns.columns(session, ana.id, known, begins_at, ends_at, ranges)
    sticks = report_columns.codes(found.tick, Unit.MMOL_L, ranges)
    assert [list(Band)[place] for place in sticks] == [wanted]
