"""Bringing a meter's records into the queue: rounds of connecting and conversing.

Each batch is in the queue before the conversation goes on, so a broken link costs nothing: the
next round resumes behind it. Knows a link only by what it can do; the radio is in `sync`.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from devices import clocks
from devices.clocks import ClockOutcome
from devices.gatt import info
from devices.gatt.glucose import Measurement
from devices.gatt.wire import WireError
from devices.meaning import DRIFT, Circumstances, Reading, key_of, reading_of
from devices.queue import Queue
from devices.quirks import Quirk, quirk_of
from devices.rows import MeterRow
from devices.session import Action, End, Known, NewEpoch, Outcome, Session, Stage, Store, Write
from devices.trouble import RadioError, Trouble

FRUITLESS_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds; tests wait less."""

    find_s: float = 30.0
    grace_s: float = 2.0
    """How long a meter paired with this computer is preferred to a stranger's."""
    connect_s: float = 30.0
    pair_s: float = 90.0
    """A person needs time to read and type the number."""
    io_s: float = 15.0
    watchdog_s: float = 30.0
    quiet_s: float = 0.3
    retry_s: float = 1.0
    """Doubled after each round without a new record."""
    overall_s: float = 900.0


@dataclass(frozen=True, slots=True)
class About:
    """What a meter says about itself."""

    identity: str
    name: str
    address: str
    quirk: Quirk
    firmware: str | None
    battery_percent: int | None
    clock_wall: datetime | None
    read_at: datetime


@dataclass(slots=True)
class Report:
    """What reading a meter brought."""

    meter: MeterRow | None = None
    new: list[Reading] = field(default_factory=list)
    outcome: Outcome = Outcome.INCOMPLETE
    code: int | None = None
    rounds: int = 0
    drift_s: int | None = None
    """How far the meter's clock was ahead, before it was set."""
    clock: ClockOutcome | None = None
    """What came of setting the clock; `None` when that was not asked for, or not yet its turn."""
    trouble: RadioError | None = None
    """What ended the reading early; what came before it is in the queue."""


Progress = Callable[[int, int | None], None]
"""Told how many records came and how many there are."""


class LinkLostError(Exception):
    """The link broke in the middle."""


class Link(Protocol):
    """A connected meter. Every method raises `LinkLostError` when the link is down."""

    @property
    def name(self) -> str:
        """The advertised name."""

    @property
    def address(self) -> str:
        """The address; after pairing the one that stays."""

    async def read(self, uuid: str) -> bytes | None:
        """Read a characteristic; `None` when the meter has none or does not give it."""

    def takes(self, uuid: str) -> bool:
        """Whether the meter lets a characteristic be written."""

    async def set(self, uuid: str, raw: bytes) -> bool:
        """Write a characteristic; false when the meter refuses."""

    async def subscribe(self) -> None:
        """Listen to records, contexts and the control point."""

    async def write(self, raw: bytes) -> None:
        """Write to the control point."""

    async def next(self, wait_s: float) -> tuple[str, bytes]:
        """Return the next notification; `TimeoutError` when none came."""


Connect = Callable[[str | None], AbstractAsyncContextManager[Link]]
"""Connects to the meter at an address, or to the first one heard."""


async def about(link: Link, now: Callable[[], datetime]) -> About:
    """Read who the meter is, its battery and its clock.

    Raises:
        RadioError: this kind of meter cannot be used.
    """
    texts = [
        info.decode_text(await link.read(uuid) or b"")
        for uuid in (info.MANUFACTURER, info.MODEL, info.SERIAL)
    ]
    maker, model, serial = texts
    quirk = quirk_of(maker=maker, model=model, name=link.name)
    if not quirk.is_usable:
        raise RadioError(Trouble.NOT_USABLE, quirk.name)
    battery = await link.read(info.BATTERY)
    firmware = info.decode_text(await link.read(info.FIRMWARE) or b"")
    shown = await clocks.shown(link)
    read_at = now()
    address = link.address
    return About(
        # The address stands in only where the meter has no serial number.
        identity=f"{maker} | {model} | {serial}" if serial else address,
        name=model or link.name or quirk.name,
        address=address,
        quirk=quirk,
        firmware=firmware or None,
        battery_percent=_quietly(info.decode_battery, battery),
        clock_wall=shown,
        read_at=read_at,
    )


def _quietly(decode: Callable[[bytes], int], raw: bytes | None) -> int | None:
    """Decode what is nice to know; a meter is read without it too."""
    try:
        return None if raw is None else decode(raw)
    except WireError:
        return None


class Reader:
    """One run over one meter: rounds of connecting and conversing."""

    def __init__(
        self,
        queue: Queue,
        connect: Connect,
        *,
        zone: ZoneInfo,
        patience: Patience,
        now: Callable[[], datetime],
        progress: Progress = lambda _received, _count: None,
        sets_clock: bool = False,
        judges_clock: bool = True,
    ) -> None:
        """Prepare to read.

        Args:
            queue: where records are kept.
            connect: makes a link.
            zone: of the meter's clock.
            patience: how long to wait.
            now: the present, UTC.
            progress: told how far it is.
            sets_clock: whether to set the meter's clock after everything was read.
            judges_clock: whether `now` can be believed against the meter's clock. Otherwise a
                meter that shows another time is not read, and no drift is noted.
        """
        self.patience = patience
        self.report = Report()
        self._queue = queue
        self._connect = connect
        self._zone = zone
        self._now = now
        self._progress = progress
        self._sets_clock = sets_clock
        self._judges_clock = judges_clock

    async def read(self, address: str | None) -> None:
        """Go on until the meter has given everything, or gives nothing more."""
        fruitless = 0
        while True:
            before = len(self.report.new)
            is_over = await self._round(address)
            if is_over:
                return
            fruitless = 0 if len(self.report.new) > before else fruitless + 1
            if fruitless >= FRUITLESS_ROUNDS:
                raise RadioError(Trouble.LINK_LOST)
            await asyncio.sleep(self.patience.retry_s * 2**fruitless)

    async def _round(self, address: str | None) -> bool:
        """Connect once; true when there is nothing more to do."""
        if self.report.meter is not None:
            address = self.report.meter.address
        self.report.rounds += 1
        async with self._connect(address) as link:
            try:
                meter = await about(link, self._now)
                await link.subscribe()
                end = await self._converse(link, meter)
                if self._sets_clock and end.outcome is Outcome.DONE:
                    await self._set_clock(link, meter)
            except LinkLostError:
                return False
        return self._is_over(end)

    async def _set_clock(self, link: Link, about: About) -> None:
        """Set the meter's clock, now that everything on it is in the queue."""
        now = self._now()
        wall = now.astimezone(self._zone).replace(tzinfo=None)
        outcome = await clocks.put_right(link, about.quirk, wall, drift_s=self.report.drift_s)
        self.report.clock = outcome
        if outcome is ClockOutcome.SET and self.report.meter is not None:
            self._queue.clock_was_set(self.report.meter.id, at=now)

    def _is_over(self, end: End) -> bool:
        self.report.outcome, self.report.code = end.outcome, end.code
        meter = self.report.meter
        match end.outcome:
            case Outcome.SILENT:
                raise RadioError(Trouble.SILENT)
            case Outcome.REFUSED:
                raise RadioError(Trouble.REFUSED, f"code {end.code}")
            case Outcome.DONE if meter is not None:
                self._queue.complete(meter.id, end.count)
        return end.outcome is not Outcome.INCOMPLETE

    async def _converse(self, link: Link, meter: About) -> End:
        around = self._circumstances(meter)
        session = Session(meter.quirk, self._known(around))
        actions = session.start()
        while True:
            end = await self._carry_out(actions, link, around) if actions else None
            if end is not None:
                return end
            is_settling = session.stage is Stage.SETTLING
            wait_s = self.patience.quiet_s if is_settling else self.patience.watchdog_s
            try:
                event = await link.next(wait_s)
            except TimeoutError:
                actions = session.timeout()
            except LinkLostError:
                await self._carry_out(session.lost(), link, around)
                raise
            else:
                actions = session.feed(*event)
                self._progress(session.received, session.count)

    def _circumstances(self, about: About) -> Circumstances:
        around = Circumstances(
            meter=about.identity,
            quirk=about.quirk,
            zone=self._zone,
            now=about.read_at,
            meter_clock_wall=about.clock_wall,
        )
        meter = self._queue.meter(about.identity, name=about.name, address=about.address)
        drift = around.drift
        self.report.meter = meter
        if not self._judges_clock and drift is not None and abs(drift) > DRIFT:
            raise RadioError(Trouble.CLOCKS_DIFFER)
        self.report.drift_s = None if drift is None else round(drift.total_seconds())
        self._queue.describe(
            meter.id,
            battery_percent=about.battery_percent,
            drift_s=self.report.drift_s if self._judges_clock else None,
            firmware=about.firmware,
            at=about.read_at,
        )
        return around

    def _known(self, around: Circumstances) -> Known:
        meter = self.report.meter
        assert meter is not None  # noqa: S101 - set by _circumstances just before
        keys = self._queue.keys(meter.id)

        def has(record: Measurement) -> bool:
            return key_of(record, around.meter, around.quirk) in keys

        return Known(meter.cursor, meter.count, meter.gained, has)

    async def _carry_out(
        self, actions: list[Action], link: Link, around: Circumstances
    ) -> End | None:
        meter = self.report.meter
        assert meter is not None  # noqa: S101 - set by _circumstances before the conversation
        for action in actions:
            match action:
                case Write():
                    await link.write(action.raw)
                case Store():
                    self.report.new += self._queue.store(
                        meter.id,
                        [reading_of(arrival, around) for arrival in action.arrivals],
                        cursor=action.cursor,
                        zone=self._zone.key,
                        drift_s=self.report.drift_s,
                        at=around.now,
                    )
                case NewEpoch():
                    self._queue.begin_epoch(meter.id)
                case End():
                    return action
        return None
