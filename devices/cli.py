"""The command `glucometer`: from the meter beside a patient to the server, one step at a time."""

import asyncio
import contextlib
import itertools
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from devices import doctor as checks
from devices import errand, kernel, sync
from devices.claiming import claim
from devices.console import (
    NO_SUCH_METER,
    UNEXPECTED,
    Console,
    Person,
    clock_type,
    server_options,
    with_console,
    zone_option,
)
from devices.errand import Wishes
from devices.exports import file_command
from devices.gatt.printout import KINDS, printed
from devices.gatt.wire import WireError
from devices.kiosk import Choice
from devices.printing import meter_json, meter_line, record_json, record_lines
from devices.queue import Queue
from devices.quirks import UNKNOWN
from devices.rows import MeterRow, State
from devices.server_time import HubClock
from devices.shelf import discard, release
from devices.sim.faults import Fault, Faults
from devices.transfer import Patience
from devices.trouble import RadioError, Trouble
from devices.unit import unit
from devices.upload import Server
from devices.words import KINDS as KIND_WORDS
from devices.words import STATES, pick

if sys.platform == "linux":  # elsewhere the operating system asks for the number itself
    from devices import pairing
    from devices.sim import stage

LISTED = 200
SIX_DIGITS = 999_999

address_option = click.option("--address", help="Bluetooth address of the meter; any by default.")
find_option = click.option(
    "--find",
    "find_s",
    type=click.FloatRange(min=0.1),
    default=30.0,
    show_default=True,
    help="Seconds to look for a meter.",
)

now_option = click.option(
    "--now",
    type=clock_type(),
    hidden=True,
    help="Clock time in --zone to take for the present, beside a simulated meter.",
)


def _instant(wall: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if wall is None else wall.replace(tzinfo=zone).astimezone(UTC)


def _clock(server: Server | None, given: datetime | None) -> HubClock:
    """The clock of this computer, or the time that was given for it."""
    return HubClock(server) if given is None else HubClock(server, lambda: given)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Read glucose meters by Bluetooth and send their readings.

    First pair and claim a meter, then sync as often as you like. Records stay in a local
    queue until the server has them; nothing is ever deleted on the meter.
    """


@main.command()
@click.option("--seconds", type=click.FloatRange(min=0.1), default=8.0, show_default=True)
@with_console
def scan(console: Console, seconds: float) -> None:
    """List glucose meters in reach."""
    found = asyncio.run(sync.scan(seconds))
    data = [
        {
            "address": one.address,
            "name": one.name,
            "rssi_dbm": one.rssi_dbm,
            "kind": one.quirk.name,
            "usable": one.quirk.is_usable,
            "paired": one.is_paired,
        }
        for one in found
    ]
    lines = []
    for one in found:
        lines.append(f"{one.address}  {one.name}  {one.rssi_dbm} dBm  {one.quirk.name}")
        usable = one.quirk.is_usable
        help_ = pick(one.quirk.pairing, console.lang)
        lines.append(f"  {help_ if usable else console.advice(Trouble.NOT_USABLE)}")
    console.result(data, *(lines or [console.say("nothing_heard")]))


@main.command()
@address_option
@find_option
@click.option("--passkey", type=click.IntRange(0, SIX_DIGITS), help="The six digits it shows.")
@click.option("--again", is_flag=True, help="Forget the old pairing first.")
@with_console
def pair(
    console: Console, address: str | None, find_s: float, passkey: int | None, *, again: bool
) -> None:
    """Pair with a meter that is in pairing mode."""
    console.note(pick(UNKNOWN.pairing, console.lang))
    with console.queue() as queue:
        meter = _noted(
            queue,
            lambda: asyncio.run(
                _pair(
                    queue, Person(console, passkey), address, Patience(find_s=find_s), again=again
                )
            ),
        )
        claim = queue.open_claims().get(meter.id)
    console.result(meter_json(meter, claim), console.say("paired", name=meter.name))


def _noted(queue: Queue, pairing_: Callable[[], MeterRow]) -> MeterRow:
    """Pair, and remember for the doctor how it ended."""
    try:
        meter = pairing_()
    except RadioError as error:
        queue.note_attempt("pair", error.trouble, error.detail, at=datetime.now(UTC))
        raise
    queue.note_attempt("pair", "", "", at=datetime.now(UTC))
    return meter


async def _pair(
    queue: Queue, person: Person, address: str | None, patience: Patience, *, again: bool
) -> MeterRow:
    if sys.platform != "linux":
        return await sync.pair(queue, address=address, again=again, patience=patience)
    async with pairing.agent(person) as agent:
        try:
            return await sync.pair(queue, address=address, again=again, patience=patience)
        except RadioError as error:
            if error.trouble is Trouble.PAIRING_FAILED and agent.was_asked:
                raise RadioError(Trouble.WRONG_NUMBER, error.detail) from error
            raise


@main.command("sync")
@address_option
@find_option
@zone_option
@server_options
@now_option
@click.option("--only-send", is_flag=True, help="Send what waits; look for no meter.")
@click.option(
    "--set-clock", is_flag=True, help="Set the meter's clock after the transfer, if it allows."
)
@click.option(
    "--visit",
    envvar="GLUCOMETER_VISIT",
    help="Token of claim --visit: send only after the last values were confirmed.",
)
@click.option("--confirm", "code", help="Confirm what a visit has shown, by its code.")
@click.option("--refuse", is_flag=True, help="End a visit; nothing of it is sent.")
@with_console
def sync_command(
    console: Console,
    address: str | None,
    find_s: float,
    zone: ZoneInfo,
    server: Server | None,
    patient: str | None,
    now: datetime | None,
    visit: str | None,
    code: str | None,
    *,
    only_send: bool,
    set_clock: bool,
    refuse: bool,
) -> None:
    """Read a meter, send what waits, and say what was new."""
    if visit is None and (code or refuse):
        raise click.UsageError("--confirm and --refuse need --visit.")
    wishes = Wishes(
        zone,
        address,
        patient,
        server,
        find_s,
        reads=not (only_send or code or refuse),
        sets_clock=set_clock,
        visit=Choice(visit, code, refuse) if visit else None,
        clock=_clock(server, _instant(now, zone)),
    )
    with console.queue() as queue:
        errand.finish(console, errand.run(console, queue, wishes), wishes)


@main.command()
@address_option
@find_option
@zone_option
@server_options
@click.option(
    "--every",
    "every_s",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds between two rounds.",
)
@click.option("--times", type=click.IntRange(min=0), default=0, help="Rounds; 0 for no end.")
@with_console
def watch(
    console: Console,
    address: str | None,
    find_s: float,
    zone: ZoneInfo,
    server: Server | None,
    patient: str | None,
    every_s: float,
    times: int,
) -> None:
    """Keep looking for meters and send what they bring."""
    wishes = Wishes(zone, address, patient, server, find_s, clock=HubClock(server))
    console.note(console.say("watching"))
    with console.queue() as queue, contextlib.suppress(KeyboardInterrupt):
        for round_number in itertools.count(1):
            _watch_once(console, queue, wishes)
            if round_number == times:
                return
            time.sleep(every_s)


def _watch_once(console: Console, queue: Queue, wishes: Wishes) -> None:
    result = errand.run(console, queue, wishes)
    if errand.is_quiet(result):
        return
    said, _code = errand.advice(console, result, wishes)
    console.result(result.data | {"advice": said}, *errand.lines(console, result))
    for sentence in said:
        console.note(sentence)


@main.command()
@with_console
def status(console: Console) -> None:
    """Show the meters, and what waits, was sent, refused or set aside."""
    with console.queue() as queue:
        meters, claims = queue.meters(), queue.open_claims()
        totals, kinds = queue.totals(), queue.kinds()
        aside = queue.listed(State.QUARANTINED, State.KEPT, State.REJECTED, limit=LISTED)
    data = {
        "meters": [meter_json(row, claims.get(row.id)) for row in meters],
        "queue": totals,
        "kinds": kinds,
        "aside": [record_json(row) for row in aside],
    }
    lines = [meter_line(row, claims.get(row.id)) for row in meters]
    lines = lines or [console.say("no_meters")]
    lines += [f"{pick(STATES[state], console.lang)}: {n}" for state, n in totals.items() if n]
    lines += [f"  {pick(KIND_WORDS[kind], console.lang)}: {n}" for kind, n in kinds.items()]
    console.result(data, *lines, *record_lines(aside, console.lang, with_keys=True))


@main.command()
@server_options
@click.option(
    "--kernel-log",
    type=click.Path(path_type=Path),
    default=kernel.LOG,
    show_default=True,
    help="Messages of the kernel to look through.",
)
@with_console
def doctor(console: Console, server: Server | None, patient: str | None, kernel_log: Path) -> None:
    """Check Bluetooth, the local queue, the meters and the server, in this order."""
    del patient  # nothing here is sent for anybody
    findings = list(checks.examine(console, server, kernel_log=kernel_log))
    data = [one.as_data() for one in findings]
    lines = [f"{'ok ' if one.is_good else 'BAD'}  {one.message}" for one in findings]
    console.result(data, *lines)
    raise SystemExit(next((one.code for one in findings if not one.is_good), 0))


@main.command()
@click.argument("kind", type=click.Choice(sorted(KINDS)))
@click.argument("text", metavar="HEX")
@with_console
def decode(console: Console, kind: str, text: str) -> None:
    """Read the bytes of one characteristic value."""
    try:
        raw = bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("not hexadecimal digits", param_hint="HEX") from error
    try:
        fields = printed(kind, raw)
    except WireError as error:
        if console.as_json:
            console.result({"error": error.fault})
            raise SystemExit(UNEXPECTED) from error
        console.fail("unreadable", str(error), UNEXPECTED)
    records = fields if isinstance(fields, list) else [fields]
    lines = [f"{name}: {value}" for record in records for name, value in record.items()]
    console.result(fields, *lines)


@main.command()
@click.option(
    "--socket",
    "socket_path",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the socket is made.",
)
@click.option("--records", type=click.IntRange(0, 20_000), default=60, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME[:N]",
    help=f"Misbehave; may be repeated. One of: {', '.join(Fault)}.",
)
@click.option(
    "--now",
    type=clock_type(),
    help="What the meter's clock shows; the time in --zone by default.",
)
@click.option("--paired", is_flag=True, help="Begin with the pairing done.")
@zone_option
@with_console
def simulate(
    console: Console,
    socket_path: Path,
    records: int,
    seed: int,
    faults: tuple[str, ...],
    now: datetime | None,
    zone: ZoneInfo,
    *,
    paired: bool,
) -> None:
    """Play a meter behind a socket, until Ctrl-C.

    Prints the line that points this and other programs at it instead of the real radio.
    """
    try:
        parsed = Faults.parse(faults)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error
    if sys.platform != "linux":
        console.fail("linux_only", console.say("linux_only"), NO_SUCH_METER)
    wall = now or datetime.now(zone).replace(tzinfo=None)
    played = stage.Play(socket_path, records, seed, parsed, wall, is_paired=paired)
    try:
        asyncio.run(stage.play(played, console.result))
    except KeyboardInterrupt:
        return
    except OSError as error:
        raise click.BadParameter(str(error), param_hint="--socket") from error


for command in (claim, release, discard, unit, file_command):
    main.add_command(command)

if __name__ == "__main__":
    main()
