"""`init`, `user`, `audit`, `openapi`: set up and look after an installation."""

import json
from datetime import date
from pathlib import Path
from typing import TextIO

import click

from telehealth.app import create_app
from telehealth.audit import jobs as audit_jobs
from telehealth.audit import service as audit
from telehealth.audit.gateways import AnchorsBroken
from telehealth.cli.root import Operator, answering, database_of, require_schema, root, settings_of
from telehealth.core import clock, schema
from telehealth.core.actor import Role
from telehealth.core.web import api
from telehealth.directory import service as directory
from telehealth.directory.models import UnitKind
from telehealth.identity import service as identity


@root.command()
@answering
def init(operator: Operator) -> None:
    """Make the data folder and bring the database up to this release."""
    with database_of(operator) as (settings, database):
        prepare_folder(operator, settings.data_dir)
        schema.upgrade(database)
        operator.say(f"The database is at {schema.head()}.", schema=schema.head())


def prepare_folder(operator: Operator, folder: Path) -> None:
    """Make a private folder, or end with one clear line."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        operator.fail(
            f"The data folder {folder} cannot be written ({error.strerror})."
            " Choose another one: DATA=…",
            "data_folder",
        )


@root.group()
def user() -> None:
    """People and their accounts."""


@user.command("add")
@click.option("--login", required=True, help="E-mail address used to sign in.")
@click.option("--given-name", required=True)
@click.option("--family-name", required=True)
@click.option("--birth-on", required=True, help="YYYY-MM-DD")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), help="For health workers."
)
@click.option(
    "--password-file", type=click.File(), default="-", help="One line; default: standard input."
)
@answering
def add_user(
    operator: Operator,
    *,
    login: str,
    given_name: str,
    family_name: str,
    birth_on: str,
    role: str | None,
    password_file: TextIO,
) -> None:
    """Add a person with an account; the password is read from a file or standard input."""
    password = password_file.readline().rstrip("\n")
    try:
        born = date.fromisoformat(birth_on)
    except ValueError:
        operator.fail(f"{birth_on} is no date of the form YYYY-MM-DD.", "birth_on")
        return
    now = clock.real()
    with database_of(operator) as (_, database):
        require_schema(operator, database)
        with database.unit_of_work() as session:
            person = identity.add_person(
                session, identity.NewPerson(given_name, family_name, born), now=now
            )
            identity.add_account(session, identity.NewAccount(person.id, login, password), now=now)
            if role:
                unit = directory.add_unit(session, UnitKind.CLINIC, "Ambulanta", "")
                employment = directory.NewEmployment(person.id, unit.id, Role(role))
                directory.employ(session, employment, now=now)
    operator.say(f"{person.name} can sign in as {login}.", person=person.id)


@root.group("audit")
def audit_group() -> None:
    """The audit trail."""


@audit_group.command("verify")
@answering
def verify_audit(operator: Operator) -> None:
    """Recompute every chain of the trail; exit code 1 when something was changed."""
    with database_of(operator) as (settings, database):
        require_schema(operator, database)
        try:
            anchored = audit_jobs.anchors(settings).read()
        except AnchorsBroken as error:
            line = error.args[0]
            operator.fail(f"The file of anchors was changed in line {line}.", "anchors_changed")
            return
        with database.reading() as session:
            result = audit.verify(session, anchored)
    if result.findings:
        places = [
            {"subject": f.subject_id, "seq": f.seq, "fault": f.fault} for f in result.findings
        ]
        words = "; ".join(f"chain {p['subject']} at {p['seq']}: {p['fault']}" for p in places)
        operator.fail(f"The trail was changed: {words}", "audit_changed", findings=places)
    operator.say(
        f"The trail is whole: {result.events} events in {result.chains} chains.",
        valid=True,
        events=result.events,
        chains=result.chains,
    )


@root.command()
@answering
def openapi(operator: Operator) -> None:
    """Print the API as an OpenAPI 3.1 document."""
    app = create_app(settings_of(operator))
    with app.test_request_context():
        click.echo(json.dumps(api.document(), indent=2, ensure_ascii=False))
