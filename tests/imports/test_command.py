"""`telehealth readings`: files in and out at the command line of an installation."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from telehealth.audit.models import AuditEvent
from telehealth.cli.root import root
from telehealth.core.db import Database
from telehealth.identity.models import Person
from telehealth.imports.models import FileImport, State
from telehealth.readings.models import Reading, Upload
from tests import make
from tests.conftest import SECRET
from tests.make import imports as made

DATA = Path(__file__).parents[1] / "devices" / "files" / "data"
Command = Callable[..., Result]


@pytest.fixture
def dialect() -> str:
    """The services behind the command are tested on both databases."""
    return "sqlite"


@pytest.fixture
def database(tmp_path: Path, sqlite_template: Path) -> Database:
    shutil.copy(sqlite_template, tmp_path / "telehealth.db")
    return Database(f"sqlite:///{tmp_path / 'telehealth.db'}")


@pytest.fixture
def ana(database: Database) -> Person:
    with database.unit_of_work() as session:
        return make.patient(session, "Ana", "Novak")


@pytest.fixture
def command(ana: Person, tmp_path: Path) -> Command:
    """`readings <verb> … --patient <Ana>` in an installation of its own."""
    env = {"TELEHEALTH_SECRET_KEY": SECRET, "TELEHEALTH_DATA_DIR": str(tmp_path)}

    def run(verb: str, *arguments: object) -> Result:
        line = ["readings", verb, "--patient", str(ana.id), *map(str, arguments)]
        return CliRunner().invoke(root, line, env=env)

    return run


def count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Reading)) or 0


@pytest.fixture
def clarity(tmp_path: Path) -> Path:
    path = tmp_path / "clarity.csv"
    path.write_bytes(made.clarity("108", "Low", "112", first="2026-09-01 08:00:00"))
    return path


def test_a_file_is_added_and_the_answer_says_what_came_of_it(
    command: Command, clarity: Path, database: Database
) -> None:
    done = command("import", clarity, "--yes", "--json")

    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["state"], told["format"], told["unit"]) == ("done", "clarity", "mg/dL")
    assert (told["new"], told["duplicate"], told["added"]) == (3, 0, 3)
    assert told["skipped"] == {"personal": {"count": 2, "lines": [2, 3]}}
    assert told["first"] == "2026-09-01T06:00:00+00:00"
    assert count(database) == 3


def test_the_trail_names_the_command_line(
    command: Command, clarity: Path, database: Database
) -> None:
    command("import", clarity, "--yes")

    with database.reading() as session:
        deeds = session.execute(select(AuditEvent.action, AuditEvent.basis)).all()
        assert ("imports.confirm", "system") in [tuple(deed) for deed in deeds]
        assert session.scalars(select(Upload.by_id)).one() is None


def test_a_preview_adds_nothing_and_keeps_nothing(
    command: Command, clarity: Path, database: Database, tmp_path: Path
) -> None:
    seen = command("import", clarity, "--preview")

    assert seen.exit_code == 0
    assert "3 new, 0 there already, 2 left out" in seen.output
    assert count(database) == 0
    assert list((tmp_path / "imports").iterdir()) == []
    with database.reading() as session:
        assert session.scalars(select(FileImport.state)).one() is State.DISCARDED


def test_without_a_yes_nothing_is_added(
    command: Command, clarity: Path, database: Database
) -> None:
    refused = command("import", clarity)

    assert refused.exit_code == 1
    assert "Nothing was imported." in refused.output
    assert count(database) == 0


def test_an_ambiguous_file_ends_with_the_question_and_takes_the_answer(
    command: Command, database: Database
) -> None:
    path = DATA / "libreview_mmol_ambiguous_date.csv"

    asked = command("import", path, "--yes", "--json")
    assert asked.exit_code == 1
    assert '"questions": ["date_order"]' in asked.output

    done = command("import", path, "--dates", "dmy", "--yes", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["first"] == "2019-12-05T15:25:00+00:00"


def test_the_columns_of_an_unknown_table_are_named_in_options(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "zvezek.csv"
    path.write_text("Dan;Ura;Sladkor\n21.9.2026;7.30;5,4\n22.9.2026;8.00;prenizko\n")
    named = ["--time-column", "Dan", "--clock-column", 2, "--value-column", 3, "--kind", "meter"]

    asked = command("import", path, "--yes", "--json")
    words = command("import", path, *named, "--unit", "mmol/L", "--yes", "--json")
    done = command(
        "import", path, *named, "--unit", "mmol/L", "--low", "prenizko", "--yes", "--json"
    )

    assert '"questions": ["table"]' in asked.output
    assert '"words": ["prenizko"]' in words.output
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["format"], told["added"], told["skipped"]) == ("table", 2, {})


def test_an_unknown_file_names_the_nearest_formats(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "else.csv"
    path.write_text("Device,Serial Number,Something\n1,2,3\n")

    refused = command("import", path, "--yes")

    assert refused.exit_code == 1
    assert "Most like it: LibreView (CSV) or Dexcom Clarity (CSV)." in refused.output


def test_a_zone_that_is_no_place_and_a_person_who_is_not_there_are_refused(
    command: Command, clarity: Path
) -> None:
    assert "time zone" in command("import", clarity, "--zone", "GMT+4", "--yes").output
    assert "no person 7" in command("import", clarity, "--yes", "--patient", "7").output


def test_what_was_exported_comes_in_again_without_anything_new(
    command: Command, clarity: Path, tmp_path: Path
) -> None:
    command("import", clarity, "--yes")
    target = tmp_path / "out.csv"

    gone = command("export", "--format", "excel", "--to", target)
    again = command("import", target, "--preview", "--json")

    assert gone.exit_code == 0, gone.output
    told = json.loads(again.output)
    assert (told["format"], told["new"], told["duplicate"]) == ("telehealth", 0, 3)


def test_an_export_of_the_newest_days_goes_to_standard_output(
    command: Command, clarity: Path
) -> None:
    command("import", clarity, "--yes")

    everything = json.loads(command("export", "--format", "json").stdout_bytes)
    newest = json.loads(command("export", "--format", "json", "--days", 1).stdout_bytes)

    assert [row["value"] for row in everything] == ["108", "LO", "112"]
    assert newest == []
