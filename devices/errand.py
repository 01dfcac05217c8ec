"""One errand from meter to server: read, keep, send, and say what was new."""

import asyncio
import sys
from dataclasses import dataclass, field
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click
import httpx

from devices import condition, kiosk, sync, upload
from devices.console import (
    CLOCK_NOT_SET,
    HUB_CLOCK,
    NOT_CONFIRMED,
    SOME_REJECTED,
    STOP_CODES,
    UNCLAIMED,
    Console,
)
from devices.kiosk import Choice, Taken, Turn
from devices.printing import (
    SHOWN_AT_ONCE,
    drift_line,
    drift_minutes,
    duration,
    meter_json,
    record_json,
    record_lines,
    record_of,
)
from devices.queue import Queue
from devices.rows import RecordRow, State
from devices.server_time import HubClock, Standing
from devices.session import Outcome
from devices.transfer import Patience, Progress, Report
from devices.trouble import EXIT_CODES, Trouble
from devices.upload import Delivery, Server
from devices.visits import Offer
from devices.words import STOPS, pick

NOTABLE_DRIFT_MIN = 5
TURN_CODES = {Turn.WAITING: NOT_CONFIRMED, Turn.REFUSED: UNCLAIMED}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for."""

    zone: ZoneInfo
    address: str | None = None
    patient: str | None = None
    server: Server | None = None
    find_s: float = 30.0
    reads: bool = True
    sets_clock: bool = False
    visit: Choice | None = None
    clock: HubClock = field(default_factory=lambda: HubClock(None))
    """The present, held against the server's."""


@dataclass(slots=True)
class Result:
    """What an errand did."""

    report: Report = field(default_factory=Report)
    delivery: Delivery | None = None
    is_unclaimed: bool = False
    is_other_patient: bool = False
    turn: Taken | None = None
    """What became of a visit; `None` beside a claimed meter."""
    told: int = 0
    """Of how many meters the server took note."""
    data: dict[str, Any] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def records(self) -> list[RecordRow]:
        """The records that were new."""
        return [record_of(reading) for reading in self.report.new]


def run(console: Console, queue: Queue, wishes: Wishes) -> Result:
    """Read a meter and send what waits; a meter that is not there stops no sending.

    Raises:
        VisitError: there is no such visit (any more), or it was begun for other records.
    """
    result = Result()
    if wishes.visit is not None:
        decides = wishes.visit.code is not None or wishes.visit.refuses
        begin = kiosk.answer if decides else kiosk.begin_turn
        result.turn = begin(queue, wishes.visit)
    wishes.clock.compare()
    if wishes.reads:
        result.report = _read(console, queue, wishes)
    _check_claim(queue, wishes, result)
    _take_turn(console, queue, result)
    _send(queue, wishes, result)
    result.totals = queue.totals()
    result.data = _data(queue, result)
    return result


def _read(console: Console, queue: Queue, wishes: Wishes) -> Report:
    clock = wishes.clock
    report = asyncio.run(
        sync.read(
            queue,
            zone=wishes.zone,
            address=wishes.address,
            patience=Patience(find_s=wishes.find_s),
            now=clock.now,
            progress=_progress(console),
            sets_clock=wishes.sets_clock and clock.standing is Standing.AGREES,
            judges_clock=clock.standing is not Standing.UNKNOWN,
        )
    )
    error = report.trouble
    if error is None or error.trouble is not Trouble.NOT_FOUND:  # absence is no ailment
        trouble, detail = ("", "") if error is None else (error.trouble, error.detail)
        queue.note_attempt("sync", trouble, detail, at=clock.now())
    return report


def _check_claim(queue: Queue, wishes: Wishes, result: Result) -> None:
    meter = result.report.meter
    if meter is None:
        return
    claim = queue.open_claims().get(meter.id)
    patient = wishes.patient if result.turn is None else result.turn.visit.patient
    result.is_unclaimed = claim is None and result.turn is None
    result.is_other_patient = claim is not None and patient is not None and claim.patient != patient


def _take_turn(console: Console, queue: Queue, result: Result) -> None:
    """Ask in a visit whose values these are; only a meter read to its end is asked about."""
    turn, report = result.turn, result.report
    if turn is None or report.meter is None or report.trouble or result.is_other_patient:
        return
    result.turn = kiosk.end_turn(queue, turn, report.meter.id, lambda it: _ask(console, it))


def _ask(console: Console, offered: Offer) -> bool | None:
    if console.as_json:
        return None
    for line in kiosk.question(offered, console.lang):
        console.note(line)
    question = console.say("visit_question", patient=offered.visit.patient)
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:  # nobody is there to answer
        return None


def _send(queue: Queue, wishes: Wishes, result: Result) -> None:
    """Send what waits; in a visit only what was just confirmed, and only for its patient."""
    turn = result.turn
    is_held = turn is not None and turn.turn is not Turn.CONFIRMED
    if wishes.server is None or result.is_other_patient or is_held:
        return
    patient = None if turn is None else turn.visit.patient
    with httpx.Client() as client:
        result.delivery = upload.deliver(queue, wishes.server, client=client, patient=patient)
        if result.delivery.stop is None:
            result.told = condition.tell(
                queue, wishes.server, client=client, at=wishes.clock.now(), patient=patient
            )


def _progress(console: Console) -> Progress:
    """Show how far a long transfer is, on a terminal only."""
    if console.as_json or not sys.stderr.isatty():
        return lambda _received, _count: None

    def show(received: int, count: int | None) -> None:
        of = "" if count is None else f" / {count}"
        click.echo(f"\r{received}{of} \r", err=True, nl=False)

    return show


def _data(queue: Queue, result: Result) -> dict[str, Any]:
    report, delivery = result.report, result.delivery
    meter = next((m for m in queue.meters() if report.meter and m.id == report.meter.id), None)
    return {
        "meter": meter_json(meter, queue.open_claims().get(meter.id)) if meter else None,
        "new": [record_json(row) for row in result.records],
        "outcome": report.outcome if report.meter else None,
        "rounds": report.rounds,
        "trouble": report.trouble.trouble if report.trouble else None,
        "claimed": None if meter is None else not result.is_unclaimed,
        "upload": None
        if delivery is None
        else {
            "accepted": delivery.accepted,
            "duplicate": delivery.duplicate,
            "rejected": delivery.rejected,
            "stop": delivery.stop,
            "detail": delivery.detail,
        },
        "clock": report.clock,
        "visit": None if result.turn is None else result.turn.as_data(),
        "told": result.told,
        "queue": result.totals,
    }


def lines(console: Console, result: Result) -> list[str]:
    """Say in plain lines what an errand did."""
    said = _read_lines(console, result) if result.report.meter else []
    if result.turn is not None:
        said += kiosk.lines(result.turn, console.lang)
    delivery = result.delivery
    if delivery is not None and (delivery.accepted or delivery.duplicate or delivery.rejected):
        said.append(
            console.say(
                "delivered",
                accepted=delivery.accepted,
                duplicate=delivery.duplicate,
                rejected=delivery.rejected,
            )
        )
    if result.totals[State.PENDING]:
        said.append(console.say("waiting", n=result.totals[State.PENDING]))
    aside = sum(1 for row in result.records if row.state == State.QUARANTINED)
    if aside:
        said.append(console.say("aside", n=aside))
    return said


def _read_lines(console: Console, result: Result) -> list[str]:
    report, records = result.report, result.records
    name = report.meter.name if report.meter else ""
    if not records:
        said = [] if report.trouble else [console.say("no_new")]
    else:
        said = [console.say("new", n=len(records)), *record_lines(records, console.lang)]
    if len(records) > SHOWN_AT_ONCE:
        said.append(f"  {console.say('more', n=len(records) - SHOWN_AT_ONCE)}")
    if report.outcome is Outcome.NEWEST_ONLY:
        said.append(console.say("newest_only"))
    if report.trouble is None and drift_minutes(report.drift_s) > NOTABLE_DRIFT_MIN:
        said.append(drift_line(report.drift_s or 0, console.lang))
    if report.clock is not None:
        said.append(console.say(f"clock_{report.clock}", name=name))
    return said


def advice(console: Console, result: Result, wishes: Wishes) -> tuple[list[str], int]:
    """Say what stands in the way, and the exit code for it; nothing and 0 when all is well."""
    trouble = result.report.trouble
    said, code = [], 0
    if trouble is not None:
        said.append(console.advice(trouble.trouble))
        code = EXIT_CODES[trouble.trouble]
    clock_said, clock_code = _clock_advice(console, wishes)
    said += clock_said
    code = code or clock_code
    if result.is_other_patient:
        said.append(console.say("other_patient"))
        code = code or UNCLAIMED
    elif wishes.server is None:
        said.append(console.say("no_server"))
    if result.is_unclaimed:
        said.append(console.say("unclaimed"))
        code = code or UNCLAIMED
    if result.turn is not None:
        code = code or TURN_CODES.get(result.turn.turn, 0)
    delivery = result.delivery
    if delivery is not None and delivery.stop is not None:
        said.append(pick(STOPS[delivery.stop], console.lang))
        code = code or STOP_CODES[delivery.stop]
    if delivery is not None and delivery.rejected:
        code = code or SOME_REJECTED
    return said, code


def _clock_advice(console: Console, wishes: Wishes) -> tuple[list[str], int]:
    """Say that this computer's clock is off, and that therefore no meter's clock was set."""
    said, code = [], 0
    skew, standing = wishes.clock.skew, wishes.clock.standing
    if standing is Standing.OFF and skew is not None:
        said.append(console.say("hub_clock", off=duration(skew, console.lang)))
        code = HUB_CLOCK
    if wishes.sets_clock and standing is not Standing.AGREES:
        said.append(console.say("clock_not_set"))
        code = CLOCK_NOT_SET
    return said, code


def finish(console: Console, result: Result, wishes: Wishes) -> NoReturn:
    """Print everything and end with the right code."""
    said, code = advice(console, result, wishes)
    console.result(result.data | {"advice": said}, *lines(console, result))
    for sentence in said:
        console.note(sentence)
    raise SystemExit(code)


def is_quiet(result: Result) -> bool:
    """Whether there is nothing to say about a round of watching."""
    trouble = result.report.trouble
    is_absent = trouble is not None and trouble.trouble is Trouble.NOT_FOUND
    sent = result.delivery is not None and (result.delivery.accepted or result.delivery.stop)
    return (is_absent or trouble is None) and not result.report.new and not sent
