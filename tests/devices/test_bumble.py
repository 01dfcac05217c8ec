"""The same transfer over a real Bluetooth stack: pairing by passkey, refusals, a lost bond."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from devices.clocks import ClockOutcome
from devices.queue import Queue
from devices.session import Outcome
from devices.sim.faults import Faults
from devices.sim.meter import Meter
from devices.transfer import Patience, Reader, Report
from devices.trouble import RadioError, Trouble

from .conftest import NOW, NOW_WALL, ZONE

pytest.importorskip("bumble", reason="the extra radio-sim is not installed")

from devices.sim.bumble import Air

QUICK = Patience(quiet_s=0.05, watchdog_s=1, retry_s=0.01)
RIGHT = 123_456


class Typist:
    """Types a number, or gives up."""

    def __init__(self, number: int | None = RIGHT) -> None:
        self.number = number

    async def passkey(self) -> int | None:
        return self.number


async def read(air: Air, queue: Queue, *, sets_clock: bool = False) -> Report:
    reader = Reader(
        queue, air.connect(), zone=ZONE, patience=QUICK, now=lambda: NOW, sets_clock=sets_clock
    )
    try:
        await reader.read(None)
    except RadioError as error:
        reader.report.trouble = error
    return reader.report


def on_air(
    story: Callable[[Air], Coroutine[Any, Any, None]], *faults: str, records: int = 40
) -> Meter:
    """Play a story with a meter in reach."""

    async def play() -> None:
        async with Air(meter).powered() as air:
            await story(air)

    meter = Meter.believable(records, seed=4, now_wall=NOW_WALL, faults=Faults.parse(faults))
    asyncio.run(asyncio.wait_for(play(), 30))
    return meter


def test_an_unpaired_meter_refuses_with_0x05_until_the_number_is_typed(queue: Queue):
    seen: list[Report] = []

    async def story(air: Air) -> None:
        seen.append(await read(air, queue))
        await air.pair(Typist())
        seen.append(await read(air, queue))
        seen.append(await read(air, queue))

    meter = on_air(story)

    before, first, second = seen
    assert before.trouble is not None
    assert (before.trouble.trouble, before.trouble.detail) == (Trouble.NEEDS_PAIRING, "ATT 0x05")
    assert (first.trouble, first.outcome, len(first.new)) == (None, Outcome.DONE, 40)
    assert second.new == []
    numbers = [seq for (seq,) in queue.rows("SELECT seq FROM record ORDER BY seq")]
    assert numbers == [one.seq for one in meter.memory]


@pytest.mark.parametrize(
    ("typed", "trouble"),
    [(111_111, Trouble.WRONG_NUMBER), (None, Trouble.PAIRING_CANCELED)],
)
def test_a_wrong_number_and_giving_up_are_told_apart_and_give_nothing(
    queue: Queue, typed: int | None, trouble: Trouble
):
    async def story(air: Air) -> None:
        with pytest.raises(RadioError) as refused:
            await air.pair(Typist(typed))
        after = await read(air, queue)
        await air.pair(Typist())
        paired = await read(air, queue)

        assert refused.value.trouble is trouble
        assert after.trouble is not None
        assert after.trouble.trouble is Trouble.NEEDS_PAIRING
        assert paired.trouble is None

    on_air(story, records=3)


def test_a_bond_the_meter_lost_is_named_and_made_anew(queue: Queue):
    async def story(air: Air) -> None:
        await air.pair(Typist())
        first = await read(air, queue)
        lost = await read(air, queue)
        await air.computer_forgets()
        air.meter.faults = Faults()
        await air.pair(Typist())
        again = await read(air, queue)

        assert (first.trouble, len(first.new)) == (None, 40)
        assert lost.trouble is not None
        assert lost.trouble.trouble is Trouble.NEEDS_PAIRING
        assert (again.trouble, again.new) == (None, [])

    on_air(story, "bond-lost")


def test_a_link_that_breaks_is_resumed_without_loss(queue: Queue):
    async def story(air: Air) -> None:
        await air.pair(Typist())
        report = await read(air, queue)

        assert report.trouble is None
        assert report.rounds > 1
        assert len(report.new) == 40

    on_air(story, "drop:30")


def test_the_clock_is_set_over_the_air(queue: Queue):
    async def story(air: Air) -> None:
        await air.pair(Typist())
        report = await read(air, queue, sets_clock=True)

        assert report.clock is ClockOutcome.SET

    assert on_air(story, "clock-off", records=3).clock_wall == NOW_WALL
