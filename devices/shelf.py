"""The commands `release` and `discard`: a person decides about records that were set aside."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from devices import decisions
from devices.console import NOT_DECIDED, Console, clock_type, user_name, with_console, zone_option
from devices.decisions import Decision, DecisionError, Deed
from devices.meaning import in_zone
from devices.printing import KEY_DIGITS, record_json, record_line
from devices.words import OBJECTIONS, pick

MAX_REASON_CHARS = 200
DONE = {Deed.RELEASE: "released", Deed.DISCARD: "discarded"}

keys_argument = click.argument("keys", metavar="RECORD...", nargs=-1, required=True)
reason_option = click.option(
    "--reason", required=True, help="Why; kept here with your name and the time."
)


@click.command()
@keys_argument
@reason_option
@click.option(
    "--at",
    "wall",
    type=clock_type(),
    help="When it was really measured, as a clock in --zone showed it; for one record.",
)
@zone_option
@with_console
def release(
    console: Console, keys: tuple[str, ...], reason: str, wall: datetime | None, zone: ZoneInfo
) -> None:
    """Send records that were set aside or refused after all.

    RECORD is the beginning of a record's key, as `status` shows it. A value that cannot be
    trusted stays where it is; a time that names no moment needs --at.
    """
    measured_at = None
    if wall is not None:
        measured_at, doubt = in_zone(wall, zone)
        if measured_at is None or doubt is not None:
            raise click.BadParameter("this clock time names no single moment", param_hint="--at")
    _decide(console, keys, _decision(Deed.RELEASE, reason, measured_at))


@click.command()
@keys_argument
@reason_option
@with_console
def discard(console: Console, keys: tuple[str, ...], reason: str) -> None:
    """Never send records that were set aside or refused; nothing is deleted, here or there."""
    _decide(console, keys, _decision(Deed.DISCARD, reason, None))


def _decision(deed: Deed, reason: str, measured_at: datetime | None) -> Decision:
    reason = " ".join(reason.split())
    if not reason or len(reason) > MAX_REASON_CHARS:
        raise click.BadParameter("say why, in a few words", param_hint="--reason")
    return Decision(deed, reason, user_name(), datetime.now(UTC), measured_at)


def _decide(console: Console, keys: tuple[str, ...], decision: Decision) -> None:
    with console.queue() as queue:
        try:
            decided = decisions.decide(queue, keys, decision)
        except DecisionError as error:
            message = pick(OBJECTIONS[error.objection], console.lang)
            console.fail(
                error.objection, f"{message} {error.key[:KEY_DIGITS]}".strip(), NOT_DECIDED
            )
    data: dict[str, Any] = {
        "deed": decision.deed,
        "reason": decision.reason,
        "records": [record_json(row) for row in decided],
    }
    sentence = console.say(DONE[decision.deed], n=len(decided))
    console.result(data, sentence, *(f"  {record_line(row, console.lang)}" for row in decided))
