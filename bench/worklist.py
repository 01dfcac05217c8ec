"""The worklist of 10,000 patients: its page, and judging everybody anew."""

import random
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import insert, text

from bench.ground import Ground
from bench.table import Line, seconds, spread
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.directory.models import CareKind, CareTeamMember
from telehealth.identity.models import Person
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.service import Filter, Sort
from telehealth.readings.models import DaySummary, SourceKind
from tests import make

PATIENTS = 10_000
DAYS = 28
ROUNDS = 40
_SENSOR_SHARE = 0.3
_AT_ONCE = 1_000


def run(ground: Ground) -> Sequence[Line]:
    """Open the list of a worker with 10,000 patients of their own; judge all of them."""
    actor, cookie = _settle(ground)
    whole_s = seconds(lambda: _judge(ground))
    with ground.database.unit_of_work() as session:
        session.execute(text("ANALYZE"))  # a running installation has statistics of its tables
    browser = ground.app.test_client()
    browser.set_cookie("session", cookie)

    def look(wanted: Filter) -> None:
        with ground.database.unit_of_work() as session:
            monitoring.worklist(session, actor, wanted, now=make.NOW)

    def open_page() -> None:
        status = browser.get("/pacienti").status_code
        if status != 200:  # noqa: PLR2004 - shown
            raise RuntimeError(f"unexpected status {status}")

    wishes = (Filter(), Filter(search="novak 17", sort=Sort.NAME), Filter(is_due=True))
    for wanted in wishes:
        look(wanted)
    open_page()
    first = [seconds(lambda: look(wishes[0])) for _ in range(ROUNDS)]
    found = [seconds(lambda: look(wishes[1])) for _ in range(ROUNDS)]
    pages = [seconds(open_page) for _ in range(ROUNDS)]
    what = f"worklist of {PATIENTS:,}"
    return [
        Line(f"{what}, {ground.name}", spread(first), f"searched by name: {spread(found)}"),
        Line(f"{what} as a page, {ground.name}", spread(pages), "50 rows of HTML"),
        Line(
            f"{what} judged anew, {ground.name}",
            f"{whole_s:.1f} s",
            f"{whole_s / PATIENTS * 1e6:,.0f} µs a patient, {DAYS} days each",
        ),
    ]


def _settle(ground: Ground) -> tuple[Actor, str]:
    """A worker, the patients and their days of sums."""
    draw = random.Random(3)  # noqa: S311 - made-up patients
    with ground.database.unit_of_work() as session:
        worker = make.worker(session, Role.DOCTOR)
        cookie = make.browser_session(session, worker)
    today = local(make.NOW).date()
    for begin in range(0, PATIENTS, _AT_ONCE):
        ids = range(10**9 + begin, 10**9 + begin + _AT_ONCE)
        with ground.database.unit_of_work() as session:
            session.execute(insert(Person), [_person(number) for number in ids])
            session.execute(insert(CareTeamMember), [_cared(number, worker.id) for number in ids])
            session.execute(
                insert(DaySummary),
                [row for number in ids for row in _days(number, today, draw)],
            )
    return Actor(worker.id, worker.id, Basis.SELF, frozenset({Role.DOCTOR})), cookie


def _person(number: int) -> dict[str, object]:
    return {
        "id": number,
        "given_name": f"Ana {number % 97}",
        "family_name": f"Novak {number % 1013}",
        "birth_on": date(1950, 1, 1),
        "created_at": make.NOW,
    }


def _cared(number: int, worker_id: int) -> dict[str, object]:
    return {
        "patient_id": number,
        "worker_id": worker_id,
        "kind": CareKind.DIABETES_DOCTOR,
        "started_on": date(2026, 1, 1),
    }


def _days(number: int, today: date, draw: random.Random) -> list[dict[str, object]]:
    is_sensor = draw.random() < _SENSOR_SHARE
    n = 288 if is_sensor else 5
    worse = draw.random() ** 3
    rows = []
    for back in range(DAYS):
        high = int(n * worse * draw.random())
        low = int(n * 0.2 * worse * draw.random())
        rows.append(
            {
                "patient_id": number,
                "day_on": today - timedelta(days=back),
                "kind": SourceKind.CGM if is_sensor else SourceKind.METER,
                "unit": 1,
                "n": n,
                "very_low": low // 4,
                "low": low - low // 4,
                "in_range": n - low - high,
                "high": high - high // 5,
                "very_high": high // 5,
                "total": n * 80,
                "squares": n * 6400,
                "lowest": 30,
                "highest": 150,
                "recorded_s": 86_400 if is_sensor else 0,
            }
        )
    return rows


def _judge(ground: Ground) -> None:
    ids = range(10**9, 10**9 + PATIENTS)
    for begin in range(0, PATIENTS, _AT_ONCE):
        with ground.database.unit_of_work() as session:
            monitoring.judge_all(session, ids[begin : begin + _AT_ONCE], now=make.NOW)
