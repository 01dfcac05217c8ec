"""The local queue: nothing lost, nothing twice, whatever is interrupted."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from devices.glucose import Kind, Unit
from devices.meaning import Doubt, Reading
from devices.queue import Queue, QueueError
from devices.rows import State
from devices.tables import FIRST

from .conftest import NOW, Glucometer, Reach, put

READING = Reading(
    key="k1",
    kind=Kind.GLUCOSE,
    doubts=(),
    seq=1,
    value=Decimal(118),
    unit=Unit.MG_DL,
    base="2026-11-19T12:00:00",
    offset_min=0,
    measured_at=NOW,
    meal=None,
    raw=b"\x00",
    raw_context=None,
)


def reading(number: int, **changed: object) -> Reading:
    return replace(READING, key=f"k{number}", seq=number, **changed)


def meter(queue: Queue, identity: str = "Roche | Guide | 1") -> int:
    return queue.meter(identity, name="Guide", address="C0:00").id


def store(queue: Queue, meter_id: int, *readings: Reading, cursor: int | None = None) -> int:
    added = queue.store(
        meter_id, readings, cursor=cursor, zone="Europe/Ljubljana", drift_s=0, at=NOW
    )
    return len(added)


def claim(queue: Queue, meter_id: int, patient: str, at: datetime = NOW, **how: bool) -> int:
    return queue.claim(
        meter_id, patient, claimed_by="nurse", at=at, with_history=how.get("with_history", False)
    )


def test_a_record_read_again_changes_nothing(queue: Queue):
    here = meter(queue)

    assert store(queue, here, reading(1), reading(2), cursor=2) == 2
    assert store(queue, here, reading(2), reading(3), cursor=3) == 1
    assert queue.totals()["pending"] == 3


def test_records_and_their_cursor_are_written_together_or_not_at_all(queue: Queue):
    here = meter(queue)
    broken = reading(2, raw=None)  # refused by the database, in the middle of the batch

    with pytest.raises(sqlite3.IntegrityError):
        store(queue, here, reading(1), broken, cursor=2)

    assert queue.totals()["pending"] == 0
    assert queue.meters()[0].cursor is None


def test_everything_is_still_there_after_the_program_was_killed(tmp_path: Path):
    first = Queue(tmp_path / "q")
    store(first, meter(first), reading(1), cursor=1)
    # Not closed: the write-ahead file is all there is, as after a power cut.

    with Queue(tmp_path / "q") as second:
        assert second.totals()["pending"] == 1
        assert second.meters()[0].cursor == 1
    first.close()


def test_only_records_of_a_claimed_meter_wait_for_the_server(queue: Queue):
    here = meter(queue)
    store(queue, here, reading(1))
    claim(queue, here, "7")
    store(queue, here, reading(2))

    assert [row.key for row in queue.waiting("7", 10)] == ["k2"]
    assert queue.unclaimed(here) == 1


def test_what_was_read_before_the_claim_is_taken_along_when_asked(queue: Queue):
    here = meter(queue)
    store(queue, here, reading(1))

    assert claim(queue, here, "7", with_history=True) == 1
    assert [row.key for row in queue.waiting("7", 10)] == ["k1"]


def test_a_meter_handed_on_keeps_each_record_with_the_patient_it_was_read_for(queue: Queue):
    here = meter(queue)
    claim(queue, here, "7")
    store(queue, here, reading(1))
    claim(queue, here, "8", at=NOW + timedelta(days=1))
    store(queue, here, reading(1), reading(2))

    assert [row.key for row in queue.waiting("7", 10)] == ["k1"]
    assert [row.key for row in queue.waiting("8", 10)] == ["k2"]
    assert queue.open_claims()[here].patient == "8"


def test_a_claim_that_ended_sends_nothing_that_came_later(queue: Queue):
    here = meter(queue)
    claim(queue, here, "7")

    assert queue.end_claim(here, at=NOW)
    assert not queue.end_claim(here, at=NOW)
    store(queue, here, reading(1))
    assert queue.patients_waiting() == []


def test_uncertain_and_other_records_are_listed_with_their_reason(queue: Queue):
    here = meter(queue)
    claim(queue, here, "7")
    store(
        queue,
        here,
        reading(1, doubts=(Doubt.CLOCK_OFF, Doubt.FUTURE)),
        reading(2, kind=Kind.KETONE),
    )

    listed = queue.listed(State.QUARANTINED, State.KEPT, limit=10)

    assert {row.key: row.reason for row in listed} == {"k1": "clock_off,future", "k2": ""}
    assert queue.waiting("7", 10) == []


@pytest.mark.parametrize("state", ["folder", "newer", "not ours"])
def test_a_queue_that_cannot_be_used_is_one_named_error(tmp_path: Path, state: str):
    path = tmp_path / "queue"
    if state == "folder":
        path.mkdir()
    elif state == "newer":
        with sqlite3.connect(path) as made:
            made.execute("PRAGMA user_version = 99")
        made.close()
    else:
        path.write_bytes(b"this is not a database, only some text of a certain length" * 20)

    with pytest.raises(QueueError):
        Queue(path)


def test_other_people_on_the_computer_cannot_read_the_queue(tmp_path: Path):
    with Queue(tmp_path / "new" / "q"):
        assert (tmp_path / "new" / "q").stat().st_mode & 0o077 == 0
        assert (tmp_path / "new").stat().st_mode & 0o077 == 0


def test_a_queue_of_the_first_version_keeps_everything_and_sends_hi_and_lo_now(tmp_path: Path):
    with sqlite3.connect(tmp_path / "q") as old:
        for statement in FIRST:
            old.execute(statement)
        old.execute("INSERT INTO meter (identity, name, address) VALUES ('A', 'Guide', 'C0')")
        old.execute(
            "INSERT INTO claim (meter_id, patient, claimed_by, claimed_at)"
            " VALUES (1, '7', 'n', '2026-11-20T10:00:00+00:00')"
        )
        for key, kind, state, flags in (
            ("k1", "high", "kept", "1b"),
            ("k2", "low", "kept", "1f"),
            ("k3", "control", "kept", "1b"),
            ("k4", "high", "quarantined", "1b"),
            ("k5", "glucose", "sent", "1b"),
        ):
            old.execute(
                "INSERT INTO record (key, meter_id, claim_id, epoch, kind, state, base,"
                " offset_min, raw, zone, read_at, measured_at)"
                " VALUES (?, 1, 1, 1, ?, ?, '', 0, ?, 'Europe/Ljubljana', ?, ?)",
                (key, kind, state, bytes.fromhex(flags), NOW.isoformat(), NOW.isoformat()),
            )
        old.execute("PRAGMA user_version = 1")
    old.close()

    with Queue(tmp_path / "q") as queue:
        waiting = {row.key: (row.kind, row.unit) for row in queue.waiting("7", 10)}
        assert waiting == {"k1": ("high", "mg/dL"), "k2": ("low", "mmol/L")}
        assert queue.totals() == {
            "pending": 2, "sent": 1, "rejected": 0, "quarantined": 1, "kept": 1, "discarded": 0
        }  # fmt: skip
    with Queue(tmp_path / "q") as again:
        assert again.open_claims()[1].patient == "7"


@pytest.mark.parametrize("words", [("status",), ("doctor",), ("sync", "--only-send")])
@pytest.mark.parametrize(
    ("lang", "sentences"),
    [
        ("en", ("The local queue is damaged", "Move this file away", "read the meter again")),
        ("sl", ("Lokalna vrsta je poškodovana", "Premaknite to datoteko", "preberite merilnik")),
    ],
)
def test_a_damaged_file_is_named_with_the_way_out(
    glucometer: Glucometer,
    reach: Reach,
    words: tuple[str, ...],
    lang: str,
    sentences: tuple[str, ...],
):
    """A power cut on a memory card: noise over the pages of the records."""
    put(reach, records=400)
    glucometer("sync")
    file = Path(glucometer.environment["GLUCOMETER_DATA"]) / "queue.sqlite3"
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = bytearray(file.read_bytes())
    whole[8 * 4096 :] = b"\xa5" * (len(whole) - 8 * 4096)
    file.write_bytes(whole)

    told = glucometer(*words, "--lang", lang)

    assert told.exit_code == 3
    for sentence in (*sentences, str(file)):
        assert sentence in told.output


def test_what_is_no_database_at_all_is_told_the_same(glucometer: Glucometer):
    folder = Path(glucometer.environment["GLUCOMETER_DATA"])
    folder.mkdir()
    (folder / "queue.sqlite3").write_bytes(b"noise" * 4096)

    told = glucometer("status")

    assert told.exit_code == 3
    assert "Move this file away" in told.output
