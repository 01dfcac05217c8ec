"""From a low reading to the mail of its alert in a mail server: alone, and behind other work.

A real worker process, a mail server on this machine that answers at once.
"""

import io
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from bench.ground import Ground
from bench.table import Line, spread
from telehealth.core.clock import Clock
from telehealth.core.outbox import OutboxEvent
from telehealth.identity.models import Person
from telehealth.imports import jobs
from telehealth.imports import service as imports
from telehealth.imports.gateways import Shelf
from telehealth.notifications import service as notifications
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind
from tests import make
from tests.make import contacts as make_contacts
from tests.make import readings as make_readings
from tests.make.imports import CLARITY, ZONE
from tests.stand_ins.mail import MailServer
from tests.stand_ins.mail import running as mail_server
from tests.stand_ins.server import SECRET

READINGS = 20
NOTICES = 5_000
FILE_MB = 100
ADDED_ROWS = 200_000
LIMIT_S = 5.0
_PATIENCE_S = 120.0
_BETWEEN_S = 0.2


def now() -> datetime:
    """The moment of every event: the worker, which starts seconds later, is never behind it."""
    return make.NOW


_number = itertools.count(1)


def run(ground: Ground) -> Sequence[Line]:
    """Readings while the worker has nothing else, notices, a file to read, one to add."""
    lines = []
    with contextmanager(mail_server)() as server:
        for what, prepare in (
            ("alone", lambda _now: None),
            (f"behind {NOTICES:,} notices", lambda now: _announce(ground, now)),
            (f"behind a file of {FILE_MB} MB", lambda now: _send_file(ground, now)),
            ("while a file is added", lambda now: _begin_adding(ground, now)),
        ):
            _forget_work(ground)
            prepare(now)
            with _worker(ground, server, now):
                times_s = [_once(ground, server, now) for _ in range(READINGS)]
            lines.append(_line(f"reading to mail, {what}, {ground.name}", times_s))
    _forget_work(ground)
    return lines


def _line(what: str, times_s: Sequence[float]) -> Line:
    verdict = "kept" if max(times_s) <= LIMIT_S else "NOT KEPT"
    return Line(what, spread(times_s), f"limit {LIMIT_S:.0f} s: {verdict}")


def _once(ground: Ground, server: MailServer, now: Clock) -> float:
    """Seconds from the stored reading to the mail in the server."""
    address = f"low{next(_number)}@bench.example"
    with ground.database.unit_of_work() as session:
        patient = make.patient(session)
        make_contacts.confirmed_email(session, patient, address)
    low = make_readings.reading("2.4 mmol/L", now() - timedelta(seconds=1), kind=SourceKind.METER)
    seen = len(server.mails)
    with ground.database.unit_of_work() as session:
        batch = readings.Batch(patient.id, (low,))
        readings.record(session, make_readings.own_actor(patient), batch, now=now())
    begun_s = time.monotonic()

    def has_come() -> bool:
        """Look at each mail once: thousands may have come before."""
        nonlocal seen
        fresh = server.mails[seen:]
        seen += len(fresh)
        return any(mail["To"] == address for mail in fresh)

    _wait(has_come, "the mail did not come")
    taken_s = time.monotonic() - begun_s
    time.sleep(_BETWEEN_S)
    return taken_s


def _announce(ground: Ground, now: Clock) -> None:
    with ground.database.unit_of_work() as session:
        patient = make.patient(session)
        make_contacts.confirmed_email(session, patient, f"many{next(_number)}@bench.example")
        for n in range(NOTICES):
            notifications.announce(session, f"bench:{patient.id}:{n}", patient.id, now=now())


def _send_file(ground: Ground, now: Clock) -> None:
    line = 75  # bytes, about
    content = "".join(_rows(FILE_MB * 2**20 // line)).encode()
    _receive(ground, content, now)


def _begin_adding(ground: Ground, now: Clock) -> None:
    patient, import_id = _receive(ground, "".join(_rows(ADDED_ROWS)).encode(), now)
    jobs.look(jobs.Bench(ground.database, _shelf(ground), now), import_id)
    with ground.database.unit_of_work() as session:
        imports.confirm(session, make_readings.own_actor(patient), patient.id, import_id, now=now())


def _receive(ground: Ground, content: bytes, now: Clock) -> tuple[Person, int]:
    sent = imports.Sent(_shelf(ground).copy(io.BytesIO(content)), len(content), ZONE)
    with ground.database.unit_of_work() as session:
        patient = make.patient(session)
        row = imports.receive(
            session, make_readings.own_actor(patient), patient.id, sent, now=now()
        )
        return patient, row.id


def _rows(n_rows: int) -> Iterator[str]:
    yield CLARITY.format(unit="mmol/L", given="Ana", family="Novak")
    first = make.NOW.replace(tzinfo=None) - timedelta(minutes=n_rows + 1)
    for n in range(n_rows):
        at = first + timedelta(minutes=n)
        yield f"{n + 3},{at:%Y-%m-%d %H:%M:%S},EGV,,,,Dexcom G6,{4 + n % 93 / 10:.1f},8ABCDE\n"


def _shelf(ground: Ground) -> Shelf:
    return Shelf(ground.folder / "imports")


def _forget_work(ground: Ground) -> None:
    """What earlier measurements left open is not what is measured."""
    with ground.database.unit_of_work() as session:
        session.execute(
            update(OutboxEvent).where(OutboxEvent.done_at.is_(None)).values(done_at=make.NOW)
        )


@contextmanager
def _worker(ground: Ground, server: MailServer, now: Clock) -> Iterator[None]:
    chosen = {
        "secret_key": SECRET,
        "data_dir": str(ground.folder),
        "database_url": ground.database.engine.url.render_as_string(hide_password=False),
        "public_url": "http://127.0.0.1:8000",
        "smtp_url": server.url,
        "mail_from": "portal@bench.example",
        "secure_cookies": "0",
        "demo": "1",
        "log_level": "ERROR",
        "now": now().isoformat(),
    }
    environ = {key: value for key, value in os.environ.items() if "TELEHEALTH" not in key}
    environ |= {f"TELEHEALTH_{name.upper()}": value for name, value in chosen.items()}
    root = Path(__file__).parents[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "telehealth", "work"], env=environ, cwd=root, start_new_session=True
    )
    try:
        _once(ground, server, now)  # until it works
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(is_so: Callable[[], bool], otherwise: str) -> None:
    ends_at_s = time.monotonic() + _PATIENCE_S
    while not is_so():
        if time.monotonic() > ends_at_s:
            raise RuntimeError(otherwise)
        time.sleep(0.005)
