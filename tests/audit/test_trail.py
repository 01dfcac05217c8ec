"""The trail: nobody can change it unnoticed, and everybody's chain grows without gaps."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from telehealth.audit import figures
from telehealth.audit import service as audit
from telehealth.audit.gateways import AnchorFile, AnchorsBroken
from telehealth.core.actor import Actor, Basis
from telehealth.core.db import Database
from tests.make import NOW

ANA, EVA = Actor(1, 1, Basis.SELF), Actor(2, 2, Basis.SELF)
KEY = b"a key of the tests"


def write(session: Session, actor: Actor, number: int, action: str = "readings.read") -> None:
    for n in range(number):
        audit.record(session, actor, action, "diary", n, now=NOW + timedelta(seconds=n))
    session.flush()


def faults(session: Session) -> list[tuple[int, int, str]]:
    found = audit.verify(session).findings
    return [(finding.subject_id, finding.seq, finding.fault) for finding in found]


def tamper(session: Session, statement: str) -> None:
    """What the owner of the database can do: take the triggers away first."""
    if session.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            session.execute(text(f"DROP TRIGGER audit_event_no_{verb}"))
    else:
        session.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
    session.execute(text(statement))
    session.expire_all()


def test_an_untouched_trail_holds_together(session: Session) -> None:
    write(session, ANA, 3)
    write(session, EVA, 2)

    found = audit.verify(session)

    assert (found.events, found.chains, found.findings) == (5, 2, ())


INSERTED = """
INSERT INTO audit_event (id, subject_id, seq, at, basis, roles, action, resource_type,
  resource_id, outcome, cause, detail, prev_hash, hash)
SELECT 99999, subject_id, 4, at, basis, roles, action, resource_type,
  resource_id, outcome, cause, detail, hash, hash
FROM audit_event WHERE subject_id = 1 AND seq = 3
"""
REORDERED = """
UPDATE audit_event SET seq = CASE seq WHEN 1 THEN 102 ELSE 101 END
WHERE subject_id = 1 AND seq < 3
"""
EDITED = "UPDATE audit_event SET action = 'x' WHERE subject_id = 1 AND seq = 2"
BLAMED = "UPDATE audit_event SET actor_person_id = 9 WHERE subject_id = 1 AND seq = 1"
DELETED = "DELETE FROM audit_event WHERE subject_id = 1"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param(EDITED, (1, 2, "changed"), id="edited"),
        pytest.param(BLAMED, (1, 1, "changed"), id="another actor"),
        pytest.param(f"{DELETED} AND seq = 2", (1, 2, "missing"), id="deleted"),
        pytest.param(f"{DELETED} AND seq = 3", (1, 3, "cut_off"), id="tail cut"),
        pytest.param(DELETED, (1, 1, "cut_off"), id="all cut"),
        pytest.param(
            "DELETE FROM audit_head WHERE subject_id = 1", (1, 3, "headless"), id="head gone"
        ),
        pytest.param(INSERTED, (1, 4, "changed"), id="inserted"),
        pytest.param(REORDERED, (1, 1, "missing"), id="reordered"),
    ],
)
def test_whatever_is_done_to_the_rows_is_found(
    session: Session, statement: str, expected: tuple[int, int, str]
) -> None:
    write(session, ANA, 3)
    write(session, EVA, 2)

    tamper(session, statement)

    assert faults(session)[0] == expected
    assert {subject for subject, _, _ in faults(session)} == {1}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET action = 'x'",
        "DELETE FROM audit_event",
        "UPDATE audit_event SET action = 'x' WHERE seq = 1",
    ],
)
def test_the_database_itself_refuses_to_change_the_trail(session: Session, statement: str) -> None:
    write(session, ANA, 2)

    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(statement))
    assert faults(session) == []


def test_writers_of_one_trail_queue_and_leave_no_gap(fresh_db: Database) -> None:
    def work(number: int) -> None:
        for n in range(10):
            actor = ANA if (number + n) % 2 else EVA
            with fresh_db.unit_of_work() as session:
                audit.record(session, actor, "readings.read", "diary", n, now=NOW)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))

    with fresh_db.unit_of_work() as session:
        found = audit.verify(session)
        heads = audit.heads(session)
    assert (found.events, found.findings) == (80, ())
    assert [end.seq for end in heads.values()] == [40, 40]


def test_a_deed_that_fails_leaves_no_event(db: Database) -> None:
    def fail() -> None:
        with db.unit_of_work() as session:
            audit.record(session, ANA, "readings.read", now=NOW)
            raise RuntimeError("the deed fails")

    with pytest.raises(RuntimeError):
        fail()

    with db.unit_of_work() as session:
        assert audit.of_person(session, 1) == []


def test_an_anchor_outside_finds_a_trail_rewritten_together_with_its_head(
    session: Session, tmp_path: Path
) -> None:
    anchors = AnchorFile(tmp_path / "anchors.jsonl", KEY)
    write(session, ANA, 3)
    assert anchors.write(audit.heads(session), now=NOW) == 1
    assert anchors.write(audit.heads(session), now=NOW) == 0
    write(session, ANA, 2)
    assert audit.verify(session, anchors.read()).findings == ()

    tamper(session, "DELETE FROM audit_event WHERE seq > 1")
    session.execute(
        text("UPDATE audit_head SET seq = 1, hash = (SELECT hash FROM audit_event WHERE seq = 1)")
    )

    assert faults(session) == []
    found = audit.verify(session, anchors.read()).findings
    assert [(finding.seq, finding.fault) for finding in found] == [(3, "anchor")]


def test_the_anchors_themselves_cannot_be_made_up(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "anchors.jsonl"
    for n in range(3):
        write(session, ANA, 1 + n)
        AnchorFile(path, KEY).write(audit.heads(session), now=NOW + timedelta(hours=n))
    lines = path.read_text().splitlines()
    first = json.loads(lines[0])
    first["heads"]["1"][0] = 7
    spoiled = {
        "changed": [json.dumps(first), *lines[1:]],
        "taken out": [lines[0], lines[2]],
        "swapped": [lines[1], lines[0], lines[2]],
        "no line": [*lines, "garbage"],
    }

    for written in spoiled.values():
        path.write_text("\n".join(written) + "\n")
        with pytest.raises(AnchorsBroken):
            AnchorFile(path, KEY).read()
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(AnchorsBroken):
        AnchorFile(path, b"another key").read()


def test_every_deed_has_a_place_even_one_nobody_has_words_for() -> None:
    assert figures.deed("readings.read") == "looked at readings"
    assert figures.deed("readings.invented") is None
    assert figures.room("readings_api.record") == "readings"
    assert figures.room("consults:join") == "video consultations"
    assert figures.room("unheard.of") == figures.ELSEWHERE
