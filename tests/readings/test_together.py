"""Several senders at once: nothing is lost, nothing is doubled, the sums include everything."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select

from telehealth.core.db import Database
from telehealth.glycemia.entered import Digits
from telehealth.readings import service as readings
from telehealth.readings.models import DaySummary, Reading, SourceKind
from tests import make
from tests.make.readings import diary, reading


def test_uploads_of_one_day_by_several_sources_at_once_all_count(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
    shared = [
        reading(at=make.NOW - timedelta(minutes=n), key=f"k{n}", kind=SourceKind.METER)
        for n in range(60)
    ]

    def send(sender: int) -> readings.Outcome:
        earlier = timedelta(hours=sender + 1)
        own = [
            entry._replace(
                device=f"meter {sender}",
                measured_at=entry.measured_at - earlier,
                digits=Digits(50 + sender, 1),
            )
            for entry in shared
        ]
        mixed = [*shared, *own] if sender % 2 else [*reversed(own), *reversed(shared)]
        with fresh_db.unit_of_work() as session:
            return diary(session, ana, mixed)

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(send, range(6)))

    with fresh_db.reading() as session:
        stored = session.scalar(select(func.count()).select_from(Reading))
        counted = session.scalar(select(func.sum(DaySummary.n)))
    assert stored == counted == 60 * 7
    assert sum(outcome.accepted for outcome in outcomes) == 60 * 7
    assert sum(outcome.duplicate for outcome in outcomes) == 60 * 5
