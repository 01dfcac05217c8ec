"""The command `claim`: whose meter it is, for good or for one visit."""

from datetime import UTC, datetime, timedelta

import click

from devices import visits
from devices.console import NO_SUCH_METER, Console, user_name, with_console
from devices.queue import Queue
from devices.rows import MeterRow

VISIT_MINUTES = 15.0
LONGEST_MINUTES = visits.LONGEST.total_seconds() / 60


@click.command()
@click.argument("meter", required=False)
@click.option("--patient", envvar="GLUCOMETER_PATIENT", help="The patient's id on the server.")
@click.option("--with-history", is_flag=True, help="Take along what was read before.")
@click.option("--end", is_flag=True, help="End the claim instead.")
@click.option(
    "--visit",
    "is_visit",
    is_flag=True,
    help="For one use in a clinic: prints a token for sync --visit; needs no METER.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, max=LONGEST_MINUTES, min_open=True),
    default=VISIT_MINUTES,
    show_default=True,
    help="How long a visit lasts.",
)
@with_console
def claim(
    console: Console,
    meter: str | None,
    patient: str | None,
    minutes: float,
    *,
    with_history: bool,
    end: bool,
    is_visit: bool,
) -> None:
    """Say whose meter it is; only claimed meters are sent.

    METER is part of its identity, name or address; not needed where there is only one.
    """
    if not (patient or end):
        raise click.UsageError("--patient is needed.")
    with console.queue() as queue:
        if is_visit:
            if end or meter:
                raise click.UsageError("--visit goes with neither METER nor --end.")
            _begin_visit(console, queue, patient or "", minutes, with_history=with_history)
        elif end:
            had = queue.end_claim(_chosen(console, queue, meter).id, at=datetime.now(UTC))
            console.result({"ended": had}, console.say("claim_ended" if had else "no_claim"))
        else:
            row = _chosen(console, queue, meter)
            _claim(console, queue, row, patient or "", with_history=with_history)


def _claim(
    console: Console, queue: Queue, row: MeterRow, patient: str, *, with_history: bool
) -> None:
    taken = queue.claim(
        row.id,
        patient,
        claimed_by=user_name(),
        at=datetime.now(UTC),
        with_history=with_history,
    )
    left = queue.unclaimed(row.id)
    lines = [console.say("claimed", name=row.name, patient=patient)]
    lines += [console.say("history_taken", n=taken)] if taken else []
    lines += [console.say("history_left", n=left)] if left else []
    data = {"meter": row.identity, "patient": patient, "taken": taken, "left": left}
    console.result(data, *lines)


def _begin_visit(
    console: Console, queue: Queue, patient: str, minutes: float, *, with_history: bool
) -> None:
    visit = visits.begin(
        queue,
        patient,
        begun_by=user_name(),
        at=datetime.now(UTC),
        lasts=timedelta(minutes=minutes),
        with_history=with_history,
    )
    until = datetime.fromisoformat(visit.expires_at).astimezone()
    console.result(
        {"visit": visit.token, "patient": patient, "until": visit.expires_at},
        console.say("visit_begun", patient=patient, until=f"{until:%H:%M}"),
        f"glucometer sync --visit {visit.token}",
    )


def _chosen(console: Console, queue: Queue, part: str | None) -> MeterRow:
    """Find the one meter that is meant."""
    wanted = (part or "").lower()
    found = [
        row
        for row in queue.meters()
        if any(wanted in text.lower() for text in (row.identity, row.name, row.address))
    ]
    if not found:
        console.fail("no_meter", console.say("no_meter"), NO_SUCH_METER)
    if len(found) > 1:
        names = "; ".join(row.identity for row in found)
        console.fail("which_meter", console.say("which_meter", names=names), NO_SUCH_METER)
    return found[0]
