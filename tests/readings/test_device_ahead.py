"""A value later than the server's now is stored, and is not the newest before its time."""

from datetime import timedelta

from sqlalchemy.orm import Session

from telehealth.readings import service as readings
from tests import make
from tests.make.readings import beyond, diary, reading

AHEAD = timedelta(minutes=9)


def test_a_value_later_than_now_does_not_hide_a_low_one(session: Session):
    ana = make.patient(session)
    diary(session, ana, [beyond("LO"), reading(at=make.NOW + AHEAD)])

    last = readings.last_readings(session, [ana.id], now=make.NOW + timedelta(minutes=1))
    later = readings.last_readings(session, [ana.id], now=make.NOW + AHEAD)

    assert last[ana.id].measured_at < make.NOW + AHEAD
    assert later[ana.id].measured_at == make.NOW + AHEAD
