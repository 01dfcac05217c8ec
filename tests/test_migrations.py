"""The schema is what the migrations make: the same as the models, up and down, with rows in it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import DateTime, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from telehealth.audit import service as audit
from telehealth.audit.models import AuditEvent
from telehealth.core import schema
from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.db import Base, Database, UtcDateTime
from telehealth.identity.models import Person
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind, Standing
from telehealth.targets import models as targets_models
from telehealth.targets import service as targets
from tests import make
from tests.make.readings import diary, reading

VERSIONS = sorted((Path(__file__).parents[1] / "migrations/versions").glob("[0-9]*.py"))
REVISIONS = [path.stem.partition("_")[0] for path in VERSIONS]


@pytest.fixture
def empty_db(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if dialect == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        url = request.getfixturevalue("postgresql").create(f"empty{abs(hash(tmp_path))}")
    database = Database(url)
    yield database
    database.close()


def test_revisions_are_numbered_without_a_gap_and_have_one_head() -> None:
    script = ScriptDirectory.from_config(schema.config())

    assert [revision.revision for revision in script.walk_revisions()] == REVISIONS[::-1]
    assert [int(number) for number in REVISIONS] == list(range(1, len(REVISIONS) + 1))
    assert (VERSIONS[0].parents[1] / "HEAD").read_text().strip() == REVISIONS[-1]


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_migration_imports_nothing_of_ours_and_goes_down(path: Path) -> None:
    text_of = path.read_text()

    assert not re.search(
        r"^(from|import) (telehealth|devices|video|surveys)", text_of, re.MULTILINE
    )
    assert "def downgrade() -> None:" in text_of


def test_the_models_are_the_schema(fresh_db: Database) -> None:
    def same_type(
        _context: object, _column: object, _found: object, old: object, new: object
    ) -> bool | None:
        return False if isinstance(new, UtcDateTime) and isinstance(old, DateTime) else None

    with fresh_db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": same_type})
        differences = compare_metadata(context, Base.metadata)

    assert differences == []


def test_the_schema_goes_down_to_nothing_and_up_to_the_same(empty_db: Database) -> None:
    schema.upgrade(empty_db)
    first = _shape(empty_db)

    schema.downgrade(empty_db, "base")
    assert set(_shape(empty_db)) <= {"alembic_version"}

    schema.upgrade(empty_db)
    assert _shape(empty_db) == first


def test_people_and_their_trail_survive_the_way_down_and_up_again(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        _live(session)
        people = session.scalars(select(Person.id)).all()

    for revision in REVISIONS[1:-1][::-1]:
        schema.downgrade(fresh_db, revision)
    schema.upgrade(fresh_db)

    with fresh_db.unit_of_work() as session:
        assert session.scalars(select(Person.id)).all() == people
        assert audit.verify(session).findings == ()
        assert audit.verify(session).events > 0


def test_ticks_of_stored_values_follow_their_literals_and_days_are_counted_anew(
    fresh_db: Database,
) -> None:
    schema.downgrade(fresh_db, "0025")
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        diary(
            session, ana, [reading("2.95 mmol/L"), reading("10.04 mmol/L"), reading("7.2 mmol/L")]
        )
        session.execute(text("UPDATE reading SET tick = 30 WHERE mantissa = 295"))
        session.execute(text("UPDATE reading SET tick = 100 WHERE mantissa = 1004"))

    schema.upgrade(fresh_db)
    with fresh_db.unit_of_work() as session:
        ticks = session.scalars(text("SELECT tick FROM reading ORDER BY mantissa")).all()
        topics = session.scalars(text("SELECT topic FROM outbox_event")).all()
    assert sorted(ticks) == [29, 72, 101]
    assert topics.count("targets.changed") == 1

    schema.downgrade(fresh_db, "0025")
    with fresh_db.unit_of_work() as session:
        assert sorted(session.scalars(text("SELECT tick FROM reading")).all()) == [30, 72, 100]


def test_days_counted_with_other_ticks_are_counted_again_though_the_targets_are_the_same(
    fresh_db: Database,
) -> None:
    schema.downgrade(fresh_db, "0025")
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        diary(session, ana, [reading("2.95 mmol/L")])
        patient_id = ana.id
        session.execute(text("UPDATE reading SET tick = 30"))
        session.execute(text("UPDATE day_summary SET very_low = 0, low = 1"))

    schema.upgrade(fresh_db)
    with fresh_db.unit_of_work() as session:
        while readings.rebuild_some(session, patient_id, now=make.NOW):
            pass
        session.flush()
        counted = session.execute(text("SELECT very_low, low FROM day_summary")).all()
    assert [tuple(row) for row in counted] == [(1, 0)]


def test_days_counted_with_another_rule_of_minutes_are_counted_again_by_the_worker(
    fresh_db: Database,
) -> None:
    schema.downgrade(fresh_db, "0026")
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        later = {"kind": SourceKind.METER, "device": "M"}
        diary(session, ana, [reading("2.4 mmol/L", make.NOW - timedelta(minutes=90))])
        meter = reading("5.5 mmol/L", make.NOW - timedelta(minutes=90, seconds=-45), **later)
        diary(session, ana, [meter])
        patient_id = ana.id
        session.execute(text("UPDATE reading SET standing = 0"))
        session.execute(text("UPDATE day_summary SET n = 2, in_range = 1"))
        session.execute(text("DELETE FROM outbox_event"))

    schema.upgrade(fresh_db)
    with fresh_db.unit_of_work() as session:
        topics = session.scalars(text("SELECT topic FROM outbox_event")).all()
        while readings.rebuild_some(session, patient_id, now=make.NOW):
            pass
        session.flush()
        counted = session.execute(text("SELECT very_low, n FROM day_summary")).all()
        standing = session.scalars(text("SELECT standing FROM reading ORDER BY mantissa")).all()
    assert topics == ["readings.outdated"]
    assert [tuple(row) for row in counted] == [(1, 1)]
    assert standing == [Standing.CONFLICT, Standing.ASIDE]

    schema.downgrade(fresh_db, "0026")
    with fresh_db.unit_of_work() as session:
        assert session.scalar(text("SELECT sums_ranges FROM diary")) == ""


def test_the_trail_refuses_to_be_rewritten(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        _live(session)

    for statement in ("UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"):
        with pytest.raises(DBAPIError, match="append-only"), fresh_db.unit_of_work() as session:
            session.execute(text(statement))

    with fresh_db.reading() as session:
        assert session.scalar(select(AuditEvent.action)) == "test.look"


def _live(session: Session) -> None:
    """A patient, a doctor, a guardian, a proxy, and a line in the trail."""
    ana = make.patient(session)
    make.doctor(session, [ana])
    make.guardian(session, make.patient(session), make.child(session))
    make.mandate(session, ana, make.patient(session))
    audit.record(session, Actor(ana.id, ana.id, Basis.SELF), "test.look", now=make.NOW)


def _shape(database: Database) -> dict[str, object]:
    found = inspect(database.engine)
    return {
        table: (
            sorted(
                (column["name"], str(column["type"]), column["nullable"])
                for column in found.get_columns(table)
            ),
            sorted(str(index["name"]) for index in found.get_indexes(table)),
            sorted(str(check["name"]) for check in found.get_check_constraints(table)),
            sorted(str(key["name"]) for key in found.get_foreign_keys(table)),
        )
        for table in found.get_table_names()
    }


def test_rules_looser_than_the_net_of_steps_get_a_reason_and_children_survive_the_way_down(
    fresh_db: Database,
) -> None:
    with fresh_db.unit_of_work() as session:
        ana, kid = make.patient(session), make.child(session)
        nurse = make.nurse(session, [ana, kid])
        targets.set_targets(
            session,
            Actor(nurse.id, kid.id, Basis.CARE_TEAM, frozenset({Role.NURSE})),
            kid.id,
            targets.NewTargets(targets_models.Population.CHILD),
            now=make.NOW,
        )
        session.flush()
    schema.downgrade(fresh_db, "0026")
    with fresh_db.unit_of_work() as session:
        assert session.scalar(text("SELECT population FROM target_version")) == "adult"
        session.execute(
            text(
                "INSERT INTO alert_rule (patient_id, kind, is_on, unit, tick, delay_min,"
                " repeat_min, changed_at) VALUES (:id, 'urgent_low', true, 'mmol/L', 30, 0, 15,"
                " :at)"
            ),
            {"id": ana.id, "at": make.NOW.replace(tzinfo=None)},
        )
    schema.upgrade(fresh_db)
    with fresh_db.unit_of_work() as session:
        row = session.execute(text("SELECT has_net, reason FROM alert_rule")).one()
        assert row == (True, "set before a reason was asked for")
    with pytest.raises(DBAPIError, match="append-only"), fresh_db.unit_of_work() as session:
        session.execute(text("UPDATE target_version SET note = 'x'"))
