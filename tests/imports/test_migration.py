"""The table of chosen columns comes and goes with rows in it, and the release before runs on it."""

from sqlalchemy import inspect, select, text

from telehealth.core import schema
from telehealth.core.db import Database
from telehealth.imports import service as imports
from telehealth.imports.models import FileImport, ImportColumns
from tests import make
from tests.imports.test_tables import COLUMNS
from tests.make import imports as made


def test_choices_go_and_imports_stay(fresh_db: Database) -> None:
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        made.in_every_state(session, ana)
        rows = session.scalars(select(FileImport).order_by(FileImport.id)).all()
        rows[0].chosen_columns = imports.Choice(COLUMNS).to_json()
        session.add(
            ImportColumns(
                patient_id=ana.id,
                headings_key="0" * 64,
                chosen_at=make.NOW,
                unit="",
                columns=imports.Choice(COLUMNS).to_json(),
            )
        )
        n_imports = len(rows)

    schema.downgrade(fresh_db, "0029")
    assert "import_columns" not in inspect(fresh_db.engine).get_table_names()
    schema.upgrade(fresh_db)

    with fresh_db.unit_of_work() as session:
        found = session.scalars(select(FileImport)).all()
        assert len(found) == n_imports
        assert {row.chosen_columns for row in found} == {None}
        assert session.scalars(select(ImportColumns)).all() == []


def test_the_release_before_adds_imports_to_the_new_table(fresh_db: Database) -> None:
    names = [
        column["name"]
        for column in inspect(fresh_db.engine).get_columns("file_import")
        if column["name"] not in ("id", "token", "chosen_columns")
    ]
    with fresh_db.unit_of_work() as session:
        ana = make.patient(session)
        made.in_every_state(session, ana)
        listed = ", ".join(f'"{name}"' for name in names)
        session.execute(
            text(
                f"INSERT INTO file_import (token, {listed}) "  # noqa: S608 - names of columns
                f"SELECT 'e' || substr(token, 2), {listed} FROM file_import"
            )
        )

    with fresh_db.reading() as session:
        added = session.scalars(select(FileImport).where(FileImport.token.startswith("e"))).all()
        assert added
        assert all(row.chosen_columns is None for row in added)
