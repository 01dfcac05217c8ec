"""A patient's turn at a clinic's computer: read, show the last values, and send only after a yes.

A program asks in two steps: the first answer carries the code of the offer, the second run
gives it back. Whatever happens between them, only the records that were shown are sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from devices import visits
from devices.printing import record_json, record_line
from devices.queue import Queue
from devices.visits import Offer, OtherRecordsError, Visit
from devices.words import say


class Turn(StrEnum):
    """How far a visit has come."""

    UNREAD = "unread"
    """No meter was read to its end."""
    EMPTY = "empty"
    """The meter was read and holds nothing new for nobody."""
    WAITING = "waiting"
    """A person has yet to say whose values these are."""
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says about a visit."""

    token: str
    code: str | None = None
    """Confirms the offer of this code."""
    refuses: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What a turn came to."""

    visit: Visit
    turn: Turn
    offer: Offer | None = None
    given: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return the turn for programs; with the offer while it waits."""
        data: dict[str, Any] = {
            "patient": self.visit.patient,
            "state": self.turn,
            "until": self.visit.expires_at,
            "given": self.given,
        }
        if self.offer is not None and self.turn is Turn.WAITING:
            data["confirm"] = {
                "code": self.offer.code,
                "records": len(self.offer.record_ids),
                "left": self.offer.left,
                "last": [record_json(row) for row in self.offer.last],
            }
        return data


Ask = Callable[[Offer], bool | None]
"""Asks a person; `None` where nobody can be asked now."""


def answer(queue: Queue, choice: Choice) -> Taken:
    """Carry out a confirmation or a refusal that was decided elsewhere.

    Raises:
        VisitError: no such visit, it is over, or the records are other ones.
    """
    visit = _visit(queue, choice)
    if choice.refuses:
        visits.refuse(queue, visit, at=_now())
        return Taken(visit, Turn.REFUSED)
    offers = [visits.offer(queue, visit, meter.id) for meter in queue.meters()]
    meant = next((one for one in offers if one.code == choice.code), None)
    if meant is None or not meant.record_ids:
        raise OtherRecordsError(choice.code or "")
    return _give(queue, meant)


def begin_turn(queue: Queue, choice: Choice) -> Taken:
    """Look up the visit before the meter is read.

    Raises:
        VisitError: no such visit, or it is over.
    """
    return Taken(_visit(queue, choice), Turn.UNREAD)


def end_turn(queue: Queue, turn: Taken, meter_id: int, ask: Ask) -> Taken:
    """Show what the meter gave and ask whose it is.

    Raises:
        VisitError: the visit ended while the person was thinking.
    """
    offered = visits.offer(queue, turn.visit, meter_id)
    if not offered.record_ids:
        return Taken(turn.visit, Turn.EMPTY, offered)
    is_theirs = ask(offered)
    if is_theirs is None:
        return Taken(turn.visit, Turn.WAITING, offered)
    visit = visits.open_visit(queue, turn.visit.token, at=_now())  # a person may think for long
    if not is_theirs:
        visits.refuse(queue, visit, at=_now())
        return Taken(visit, Turn.REFUSED, offered)
    return _give(queue, offered)


def question(offered: Offer, lang: str) -> list[str]:
    """Put an offer into words: whose turn it is, and the last values to compare."""
    lines = [
        say("visit_shows", lang, patient=offered.visit.patient, n=len(offered.record_ids)),
        *(f"  {record_line(row, lang)}" for row in offered.last),
    ]
    if offered.left:
        lines.append(say("visit_left", lang, n=offered.left))
    return lines


def lines(taken: Taken, lang: str) -> list[str]:
    """Say how a turn ended."""
    return [say(f"visit_{taken.turn}", lang, patient=taken.visit.patient, n=taken.given)]


def _visit(queue: Queue, choice: Choice) -> Visit:
    return visits.open_visit(queue, choice.token, at=_now())


def _give(queue: Queue, offered: Offer) -> Taken:
    given = visits.confirm(queue, offered, offered.code, at=_now())
    return Taken(offered.visit, Turn.CONFIRMED, offered, given)


def _now() -> datetime:
    return datetime.now(UTC)
