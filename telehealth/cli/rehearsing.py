"""`telehealth alerts rehearse`: what the rules do in a scenario, on a database of its own."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from telehealth.cli.root import EXIT_USAGE, Operator, answering, root
from telehealth.rehearsal import outcome, running, scenario


@root.group()
def alerts() -> None:
    """Alerts: try out what they do."""


@alerts.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@answering
def rehearse(operator: Operator, *, file: Path) -> None:
    """Play the scenario in FILE and print who would have been told, and when.

    Nothing of the installation is read or changed; no mail leaves the machine.
    """
    try:
        wanted = scenario.read(json.loads(file.read_text(encoding="utf-8")))
        with running.played(wanted) as play:
            found = outcome.outcome(play)
    except scenario.BadScenario as error:
        _refuse(operator, error.errors)
    except ValueError as error:
        _refuse(operator, {"#": f"This is no JSON: {error}"})
    operator.say("\n".join(_lines(found)), **found)


def _refuse(operator: Operator, errors: Mapping[str, str]) -> NoReturn:
    """A line, or an object, for each place that is wrong; exit code 2."""
    if operator.as_json:
        places = [{"pointer": place, "detail": words} for place, words in errors.items()]
        answer = {"error": "bad_scenario", "detail": "The scenario has mistakes.", "errors": places}
        click.echo(json.dumps(answer, ensure_ascii=False), err=True)
    else:
        for place, words in errors.items():
            click.echo(f"{place}: {words}", err=True)
    sys.exit(EXIT_USAGE)


def _lines(found: dict[str, Any]) -> list[str]:
    lines = ["Told:"]
    lines += [
        f"  {one['after_min']:>7g} min  {one['who']:<9} {one['kind']} {one['value'] or ''}".rstrip()
        for one in found["told"]
    ] or ["  nobody"]
    lines.append("Alerts:")
    for one in found["alerts"]:
        ended = one["ended_after_min"]
        end = f"ended {ended:g} min ({one['ended_because']})" if ended is not None else "open"
        lines.append(f"  {one['kind']}: opened {one['opened_after_min']:g} min, {end}")
        lines += [
            f"    acknowledged by {given['by']} at {given['after_min']:g} min"
            + (f", void at {given['void_after_min']:g} min" if given["void_after_min"] else "")
            for given in one["acknowledged"]
        ]
    lines += [
        f"Refused: {one['do']} by {one['by']} at {one['after_min']:g} min: {one['why']}"
        for one in found["refused"]
    ]
    worklist = found["worklist"]
    lines.append(f"Worklist: {worklist['stage']}, {', '.join(worklist['reasons'])}")
    lines.append(
        f"Readings: {found['stored']} stored, {found['counted']} counted,"
        f" {found['set_aside']} set aside"
    )
    return lines
