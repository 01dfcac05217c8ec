"""The meter's clock: read, judged, set when asked for, and never worked into a stored time."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.clocks import ClockOutcome, put_right
from devices.gatt import clock
from devices.printing import duration
from devices.queue import Queue
from devices.quirks import ISENS, ROCHE, ROWS, TAIDOC, UNKNOWN, Quirk
from devices.server_time import HubClock, Standing
from devices.sim.direct import Beside, Wire
from devices.sim.faults import Faults
from devices.sim.meter import Meter
from devices.transfer import Patience, Reader, Report
from devices.upload import Server

from .conftest import NOW, NOW_WALL, ZONE, Glucometer, Reach, StandInServer, put

NO_WAIT = Patience(quiet_s=0, watchdog_s=0, retry_s=0)


def meter(*faults: str, records: int = 8) -> Meter:
    return Meter.believable(records, seed=1, now_wall=NOW_WALL, faults=Faults.parse(faults))


def read(queue: Queue, beside: Meter, *, sets_clock: bool = True) -> Report:
    reader = Reader(
        queue,
        Beside(beside).connect(),
        zone=ZONE,
        patience=NO_WAIT,
        now=lambda: NOW,
        sets_clock=sets_clock,
    )
    asyncio.run(reader.read(None))
    return reader.report


def times(queue: Queue) -> list[Any]:
    return queue.rows("SELECT seq, measured_at, base, offset_min, drift_s FROM record ORDER BY seq")


def test_the_clock_is_set_only_after_the_whole_transfer_and_the_drift_before_is_kept(
    queue: Queue,
):
    beside = meter("clock-off")

    report = read(queue, beside)

    (row,) = queue.meters()
    assert report.clock is ClockOutcome.SET
    assert beside.clock_wall == NOW_WALL
    assert beside.clock_writes == [clock.WireTime.of(NOW_WALL).to_bytes()]
    assert (report.drift_s, row.drift_s, row.clock_set_at) == (3600, 3600, NOW.isoformat())
    assert len(report.new) == 8
    assert beside.times_read == 1


def test_nobody_sets_a_clock_who_was_not_asked_to(queue: Queue):
    beside = meter("clock-off")

    report = read(queue, beside, sets_clock=False)

    assert (report.clock, beside.clock_writes) == (None, [])


def test_setting_the_clock_changes_no_time_that_was_stored_and_reading_again_adds_nothing(
    queue: Queue,
):
    beside = meter("clock-off")
    read(queue, beside, sets_clock=False)
    before = times(queue)

    read(queue, beside)
    again = read(queue, beside)

    assert times(queue) == before
    assert {drift for *_, drift in before} == {3600}
    assert all(at.startswith(base) for _, at, base, _, _ in before)
    assert (again.new, again.clock) == ([], ClockOutcome.RIGHT)


@pytest.mark.parametrize("stop", ["stops-early:3", "drop:9"])
def test_a_clock_is_not_set_before_everything_was_read(queue: Queue, stop: str):
    beside = meter("clock-off", stop)

    with pytest.raises(Exception, match="link_lost"):
        read(queue, beside)

    assert beside.clock_writes == []


def test_a_right_clock_is_left_alone(queue: Queue):
    beside = meter()
    beside.clock_wall += timedelta(seconds=5)

    assert read(queue, beside).clock is ClockOutcome.RIGHT
    assert beside.clock_writes == []


@pytest.mark.parametrize("fault", ["clock-fixed", "reversed"])
def test_a_meter_that_lets_nobody_set_its_clock_is_told_so(queue: Queue, fault: str):
    beside = meter("clock-off", fault)

    report = read(queue, beside)

    assert report.clock is ClockOutcome.NOT_OFFERED
    assert beside.clock_writes == []


def test_i_sens_takes_its_own_request_and_shows_no_clock(queue: Queue):
    beside = meter("ketone", "clock-off")

    report = read(queue, beside)

    assert (report.clock, report.drift_s) == (ClockOutcome.SET, None)
    assert beside.clock_writes == [
        bytes.fromhex("c0030100") + clock.WireTime.of(NOW_WALL).to_bytes()
    ]
    assert beside.clock_wall == NOW_WALL


def test_a_meter_that_takes_the_time_and_keeps_its_own_is_not_believed():
    class Stubborn(Meter):
        def write(self, uuid: str, raw: bytes) -> bool:
            del uuid, raw
            return True

    wire = Wire(Stubborn([], NOW_WALL + timedelta(hours=1)))

    outcome = asyncio.run(put_right(wire, ROCHE, NOW_WALL, drift_s=3600))

    assert outcome is ClockOutcome.REFUSED


def test_a_meter_that_refuses_the_write_is_told_so():
    class Refusing(Meter):
        def write(self, uuid: str, raw: bytes) -> bool:
            del uuid, raw
            return False

    wire = Wire(Refusing([], NOW_WALL + timedelta(hours=1)))

    assert asyncio.run(put_right(wire, UNKNOWN, NOW_WALL, drift_s=3600)) is ClockOutcome.REFUSED


@pytest.mark.parametrize(
    ("quirk", "uuids"),
    [
        (ROCHE, ["00002a08"]),
        (ISENS, ["0000fff1", "c4dea010"]),
        (TAIDOC, []),
        (UNKNOWN, ["00002a2b", "00002a08"]),
    ],
)
def test_each_makers_row_says_where_its_clock_is_set(quirk: Quirk, uuids: list[str]):
    assert [door.uuid.split("-")[0] for door in quirk.clocks] == uuids


def test_the_request_of_the_current_time_service_has_ten_bytes_with_the_weekday():
    friday = datetime(2026, 11, 20, 12, 0, 5)  # noqa: DTZ001 - a meter's clock has no zone
    door = UNKNOWN.clocks[0]

    assert door.request(friday).hex() == "ea070b140c0005050000"
    assert clock.decode_current_time(door.request(friday)).weekday == 5


def test_no_row_sets_a_clock_by_the_control_point():
    doors = {door.uuid for row in (*ROWS, UNKNOWN) for door in row.clocks}

    assert "00002a52-0000-1000-8000-00805f9b34fb" not in doors


def test_over_the_bus_with_the_command(sending: Glucometer, reach: Reach, server: StandInServer):
    peripheral = put(reach, "clock-off")
    sending("sync", "--json")
    sending("claim", "--patient", "7")

    first = sending("sync", "--set-clock")
    second = sending.data("sync", "--set-clock")

    assert "The clock of Accu-Chek Guide (simulated) was set." in first.stdout
    assert len(peripheral.meter.clock_writes) == 1
    assert second["clock"] == "right"
    assert server.conditions[0]["clock_drift_s"] == pytest.approx(3600, abs=5)
    assert server.conditions[0]["clock_set_at"] is not None


def test_over_the_bus_a_clock_that_cannot_be_set_is_told(sending: Glucometer, reach: Reach):
    put(reach, "clock-off", "clock-fixed")

    told = sending("sync", "--set-clock", "--lang", "sl")

    assert "ne pusti nastaviti ure prek Bluetootha" in told.stdout


@pytest.mark.parametrize("ahead_s", [-365 * 86400.0, 6 * 3600.0, 600.0])
def test_a_wrong_clock_of_the_computer_sets_nothing_aside_and_blames_no_meter(
    sending: Glucometer, reach: Reach, server: StandInServer, ahead_s: float
):
    """The meter shows the server's time, the computer another one."""
    server.clock_ahead_s = ahead_s
    put(reach, ahead_s=ahead_s)

    told = sending("sync")
    sending("claim", "--patient", "7", "--with-history")
    sending("sync", "--only-send")

    assert told.exit_code == 19
    assert "The clock of this computer is" in told.stderr
    assert "The meter's clock" not in told.output
    assert sending.data("status")["queue"]["quarantined"] == 0
    assert len(server.stored) == 12
    (state,) = server.conditions
    assert abs(state["clock_drift_s"]) <= 5
    read_at = datetime.fromisoformat(state["read_at"])
    assert abs(read_at - datetime.now(UTC) - timedelta(seconds=ahead_s)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("en", "The meter's clock was not set: the server did not confirm"),
        ("sl", "Ura merilnika ni nastavljena: strežnik ni potrdil"),
    ],
)
@pytest.mark.parametrize("doubt", ["server differs", "server silent", "no server"])
def test_no_clock_is_set_by_one_that_nobody_confirmed(
    sending: Glucometer, reach: Reach, server: StandInServer, lang: str, sentence: str, doubt: str
):
    peripheral = put(reach)
    environment = dict(sending.environment)
    if doubt == "server differs":
        server.clock_ahead_s = -3600.0
    elif doubt == "server silent":
        environment["GLUCOMETER_SERVER"] = "http://127.0.0.1:1"
    else:
        del environment["GLUCOMETER_SERVER"]
    before = peripheral.meter.clock_wall

    told = Glucometer(environment)("sync", "--set-clock", "--lang", lang)

    assert told.exit_code == 17
    assert sentence in told.stderr
    assert (peripheral.meter.clock_writes, peripheral.meter.clock_wall) == ([], before)


def test_while_the_server_is_silent_no_meter_is_judged_by_a_computer(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach, "clock-off")
    silent = Glucometer(sending.environment | {"GLUCOMETER_SERVER": "http://127.0.0.1:1"})

    told = silent("sync")
    nothing = sending.data("status")["queue"]
    sending("sync")

    assert "did not say which one is right" in told.stderr
    assert told.exit_code == 37
    assert sum(nothing.values()) == 0
    assert sending.data("status")["queue"]["quarantined"] == 12


def test_a_server_that_answers_with_an_error_tells_the_time_all_the_same(server: StandInServer):
    server.clock_ahead_s = 7200.0
    clock = HubClock(Server(server.url + "/nowhere", "x"))
    clock.compare()

    assert clock.standing is Standing.OFF
    assert abs(clock.now() - datetime.now(UTC) - timedelta(hours=2)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("seconds", "english", "slovenian"),
    [
        (60, "1 minute", "1 minuto"),
        (119 * 60, "119 minutes", "119 minut"),
        (-6 * 3600, "6 hours", "6 ur"),
        (2 * 3600, "2 hours", "2 uri"),
        (3 * 86400, "3 days", "3 dni"),
        (365 * 86400, "365 days", "365 dni"),
        (101 * 86400, "101 days", "101 dan"),
    ],
)
def test_how_long_is_said_in_units_people_use(seconds: int, english: str, slovenian: str):
    length = timedelta(seconds=seconds)

    assert (duration(length, "en"), duration(length, "sl")) == (english, slovenian)
