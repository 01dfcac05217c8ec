"""bleak's own client against a simulated meter behind a socket that plays `org.bluez`."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from devices import pairing, sync
from devices.gatt import racp
from devices.queue import Queue
from devices.quirks import quirk_of
from devices.session import Outcome
from devices.sim.bluez.objects import Peripheral
from devices.sim.faults import Faults
from devices.sim.memory import believable
from devices.sim.meter import Meter
from devices.transfer import Patience, Report
from devices.trouble import RadioError, Trouble

from .conftest import NOW, NOW_WALL, ZONE, Reach

QUICK = Patience(
    find_s=3, grace_s=0.2, quiet_s=0.03, watchdog_s=0.3, retry_s=0.01, connect_s=5, pair_s=5
)


class Typist:
    """Types a number, or gives up."""

    def __init__(self, number: int | None = 123_456) -> None:
        self.number = number

    async def passkey(self) -> int | None:
        return self.number

    async def confirm(self, passkey: int | None) -> bool:
        return passkey is not None


def read(queue: Queue) -> Report:
    return asyncio.run(sync.read(queue, zone=ZONE, patience=QUICK, now=lambda: NOW))


def pair(queue: Queue, number: int | None = 123_456, *, again: bool = False) -> bool:
    async def attempt() -> bool:
        async with pairing.agent(Typist(number)) as agent:
            try:
                await sync.pair(queue, again=again, patience=QUICK, now=lambda: NOW)
            except RadioError as error:
                error.add_note(f"asked: {agent.was_asked}")
                raise
            return agent.was_asked

    return asyncio.run(attempt())


def numbers(queue: Queue) -> list[int]:
    found = queue._db.execute("SELECT seq FROM record ORDER BY seq")
    return [seq for (seq,) in found]


def in_memory(peripheral: Peripheral) -> list[int]:
    return sorted(stored.seq for stored in peripheral.meter.memory)


def test_an_unpaired_meter_gives_nothing_until_the_number_it_shows_is_typed(
    queue: Queue, reach: Reach
):
    peripheral = reach.put(paired=False)

    before = read(queue)
    was_asked = pair(queue)
    after = read(queue)

    assert before.trouble is not None
    assert before.trouble.trouble is Trouble.NEEDS_PAIRING
    assert was_asked
    assert after.trouble is None
    assert numbers(queue) == in_memory(peripheral)


def test_a_wrong_number_and_giving_up_are_told_apart(queue: Queue, reach: Reach):
    peripheral = reach.put(paired=False)

    with pytest.raises(RadioError) as wrong:
        pair(queue, 111_111)
    with pytest.raises(RadioError) as given_up:
        pair(queue, None)

    assert wrong.value.trouble is Trouble.PAIRING_FAILED
    assert wrong.value.__notes__ == ["asked: True"]
    assert given_up.value.trouble is Trouble.PAIRING_CANCELED
    assert not peripheral.is_paired


def test_without_an_agent_pairing_fails_and_nobody_was_asked(queue: Queue, reach: Reach):
    reach.put(paired=False)

    with pytest.raises(RadioError) as refused:
        asyncio.run(sync.pair(queue, patience=QUICK))

    assert refused.value.trouble is Trouble.PAIRING_FAILED


def test_a_meter_that_forgot_the_computer_is_paired_again(queue: Queue, reach: Reach):
    peripheral = reach.put()
    peripheral.forgot_bond = True

    lost = read(queue)
    pair(queue, again=True)
    found = read(queue)

    assert lost.trouble is not None
    assert lost.trouble.trouble is Trouble.NEEDS_PAIRING
    assert (found.trouble, len(found.new)) == (None, 12)


def test_a_thousand_records_arrive_once_and_a_second_sync_adds_nothing(queue: Queue, reach: Reach):
    peripheral = reach.put(records=1000)

    first, second = read(queue), read(queue)

    assert (len(first.new), first.outcome, first.rounds) == (1000, Outcome.DONE, 1)
    assert (len(second.new), second.outcome) == (0, Outcome.DONE)
    assert numbers(queue) == in_memory(peripheral)


def test_only_what_is_new_is_asked_for(queue: Queue, reach: Reach):
    peripheral = reach.put(records=40)
    read(queue)
    peripheral.meter.asked.clear()
    peripheral.meter.memory += believable(1, seed=9, now_wall=NOW_WALL, first_seq=41)

    report = read(queue)

    assert [reading.seq for reading in report.new] == [41]
    assert racp.report_from(36).to_bytes() in peripheral.meter.asked


@pytest.mark.parametrize("drop", [18, 20, 33])  # 18: the last round and its two checks
def test_a_link_that_breaks_again_and_again_loses_and_doubles_nothing(
    queue: Queue, reach: Reach, drop: int
):
    peripheral = reach.put(f"drop:{drop}", records=60)

    report = read(queue)

    assert report.trouble is None
    assert report.rounds > 1
    assert numbers(queue) == in_memory(peripheral)


def test_a_link_that_never_holds_is_reported_after_some_rounds(queue: Queue, reach: Reach):
    reach.put("drop:0")

    report = read(queue)

    assert report.trouble is not None
    assert report.trouble.trouble is Trouble.LINK_LOST
    assert report.rounds == 3


def test_what_came_before_the_break_is_kept_for_the_next_run(queue: Queue, reach: Reach):
    peripheral = reach.put("drop:9", records=60)
    broken = read(queue)
    peripheral.meter.faults = Faults()

    whole = read(queue)

    assert broken.trouble is not None
    assert len(broken.new) + len(whole.new) == 60
    assert numbers(queue) == in_memory(peripheral)


@pytest.mark.parametrize(
    "fault",
    ["duplicate", "context-first", "context-missing", "end-first", "backwards", "no-count",
     "only-all", "truncated", "month-13", "nan", "hi", "lo", "placeholder", "control"],
)  # fmt: skip
def test_a_meter_with_bad_manners_still_gives_each_record_once(
    queue: Queue, reach: Reach, fault: str
):
    peripheral = reach.put(fault, records=20)

    first, second = read(queue), read(queue)

    assert (first.trouble, second.trouble) == (None, None)
    assert numbers(queue) == in_memory(peripheral)
    assert second.new == []


def test_a_meter_that_stops_early_is_asked_until_it_gave_everything(queue: Queue, reach: Reach):
    peripheral = reach.put("stops-early:9", records=20)

    report = read(queue)

    assert report.trouble is None
    assert report.rounds > 1
    assert numbers(queue) == in_memory(peripheral)


def test_a_meter_that_always_stops_at_the_same_record_is_reported(queue: Queue, reach: Reach):
    reach.put("stops-early:5", records=20)

    report = read(queue)

    assert report.trouble is not None
    assert report.trouble.trouble is Trouble.LINK_LOST
    assert len(report.new) == 5


def test_a_procedure_that_still_runs_on_the_meter_is_aborted_first(queue: Queue, reach: Reach):
    peripheral = reach.put("busy", records=7)

    report = read(queue)

    assert (report.trouble, len(report.new)) == (None, 7)
    assert peripheral.meter.asked[0] == racp.abort().to_bytes()


def test_a_silent_meter_is_reported_not_waited_for(queue: Queue, reach: Reach):
    reach.put("silent")

    report = read(queue)

    assert report.trouble is not None
    assert report.trouble.trouble is Trouble.SILENT


def test_a_cleared_meter_whose_numbers_begin_again_loses_no_new_record(queue: Queue, reach: Reach):
    peripheral = reach.put(records=30)
    read(queue)
    later = NOW_WALL - timedelta(hours=1)
    peripheral.meter.memory = believable(30, seed=8, now_wall=later)

    report = read(queue)

    assert len(report.new) == 30
    assert queue.meters()[0].epoch == 2


def test_an_emptied_meter_is_no_error_and_fills_again(queue: Queue, reach: Reach):
    peripheral = reach.put(records=30)
    read(queue)
    peripheral.meter.memory = []
    emptied = read(queue)
    peripheral.meter.memory = believable(2, seed=8, now_wall=NOW_WALL)

    filled = read(queue)

    assert (emptied.trouble, emptied.outcome) == (None, Outcome.DONE)
    assert len(filled.new) == 2


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [("no-adapter", Trouble.NO_ADAPTER), ("powered-off", Trouble.POWERED_OFF)],
)
def test_a_missing_or_switched_off_adapter_is_named(
    queue: Queue, reach: Reach, fault: str, trouble: Trouble
):
    reach.put(fault)

    report = read(queue)

    assert report.trouble is not None
    assert report.trouble.trouble is trouble


def test_no_bus_at_all_is_named(queue: Queue, monkeypatch: pytest.MonkeyPatch, tmp_path: Any):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/nothing")

    report = read(queue)

    assert report.trouble is not None
    assert report.trouble.trouble is Trouble.NO_DBUS


def test_a_meter_out_of_reach_is_named(queue: Queue, reach: Reach):
    reach.put()

    report = asyncio.run(
        sync.read(
            queue,
            zone=ZONE,
            address="C0:26:DF:99:99:99",
            patience=Patience(find_s=0.2),
            now=lambda: NOW,
        )
    )

    assert report.trouble is not None
    assert report.trouble.trouble is Trouble.NOT_FOUND


def test_ones_own_meter_is_preferred_to_a_neighbours(queue: Queue, reach: Reach):
    neighbours = Meter.believable(5, seed=1, now_wall=NOW_WALL)
    own = Meter.believable(7, seed=2, now_wall=NOW_WALL)
    reach.put_meters(
        Peripheral(neighbours, address="C0:26:DF:00:00:09"),
        Peripheral(own, address="C0:26:DF:00:00:02", is_paired=True),
    )

    report = read(queue)

    assert (report.trouble, len(report.new)) == (None, 7)
    assert neighbours.asked == []


def test_no_request_that_reached_the_meter_was_to_delete(queue: Queue, reach: Reach):
    meter = Meter.believable(30, seed=1, now_wall=NOW_WALL, faults=Faults.parse(("backwards",)))
    peripheral = reach.put_meter(meter)

    read(queue)
    read(queue)

    assert peripheral.meter.asked
    assert all(request[0] != 2 for request in peripheral.meter.asked)


def test_a_meter_that_cannot_be_used_is_known_by_name():
    assert not quirk_of(name="OneTouch Verio Flex").is_usable
    assert not quirk_of(maker="Roche", model="Accu-Chek Mobile").is_usable
    assert quirk_of(maker="Roche", model="Accu-Chek Guide").is_usable


def test_two_meters_at_once_are_read_into_one_queue(queue: Queue, reach: Reach):
    first = Meter.believable(200, seed=1, now_wall=NOW_WALL)
    second = Meter.believable(150, seed=2, now_wall=NOW_WALL, faults=Faults.parse(("drop:90",)))
    reach.put_meters(
        Peripheral(first, address="C0:26:DF:00:00:01", is_paired=True),
        Peripheral(second, address="C0:26:DF:00:00:02", is_paired=True),
    )

    async def both() -> list[Report]:
        return await asyncio.gather(
            *(
                sync.read(queue, zone=ZONE, address=address, patience=QUICK, now=lambda: NOW)
                for address in ("C0:26:DF:00:00:01", "C0:26:DF:00:00:02")
            )
        )

    one, two = asyncio.run(both())

    assert (one.trouble, len(one.new)) == (None, 200)
    assert (two.trouble, len(two.new)) == (None, 150)
    assert two.rounds > 1
    kept = dict(
        queue.rows(
            "SELECT identity, count(*) FROM record JOIN meter ON meter.id = meter_id"
            " GROUP BY identity"
        )
    )
    assert sorted(kept.values()) == [150, 200]
