"""Whether a page that shows a value has to say what to do about it."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.bands import ADULT, HI, LO, Band, Ranges, band
from telehealth.glycemia.entered import Digits, tick
from telehealth.readings.models import Beyond
from telehealth.readings.service.overview import LastReading, last_readings

ADVISED_FOR = timedelta(hours=1)
"""Sugar is advised for a value of now. An older one says nothing of this moment."""


class Advice(StrEnum):
    """What to do about a value."""

    LOW = "low"
    """Eat sugar, measure again."""
    VERY_LOW = "very_low"
    """The same, and when to call 112."""


_ADVICE = {Band.LOW: Advice.LOW, Band.VERY_LOW: Advice.VERY_LOW}


def advice_on(band: Band, measured_at: datetime, *, now: datetime) -> Advice | None:
    """What to do about a value of this band; None: nothing, or it is older than an hour."""
    return _ADVICE.get(band) if now - measured_at <= ADVISED_FOR else None


def advice_for(last: LastReading | None, *, now: datetime) -> Advice | None:
    """What to do about somebody's newest value; None: nothing."""
    return advice_on(last.band, last.measured_at, now=now) if last else None


def advice_of(session: Session, patient_id: int, *, now: datetime) -> Advice | None:
    """The same of a patient, for a caller that has checked who asks."""
    last = last_readings(session, [patient_id], now=now).get(patient_id)
    return advice_for(last, now=now)


def band_as_entered(value: Digits | Beyond, unit: Unit, ranges: Ranges = ADULT) -> Band:
    """Where a value lies as it is written, before it is stored; LO is very low."""
    if isinstance(value, Beyond):
        return band(LO if value is Beyond.LO else HI, unit, ranges)
    return band(tick(value, unit), unit, ranges)
