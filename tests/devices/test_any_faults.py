"""Whatever goes wrong first: one good sync, and the server has exactly the meter's records."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import upload
from devices.queue import Queue
from devices.session import Outcome
from devices.sim.direct import Beside
from devices.sim.faults import Fault, Faults
from devices.sim.meter import Meter
from devices.transfer import Patience, Reader, Report
from devices.trouble import RadioError

from .conftest import NOW, NOW_WALL, ZONE, StandInServer

NO_WAIT = Patience(quiet_s=0, watchdog_s=0, retry_s=0)
NUMBERED = {
    Fault.DROP: st.integers(0, 70),
    Fault.STOPS_EARLY: st.integers(1, 40),
    Fault.SLOW: st.just(0),
}
"""Faults with a number. Those that change the meter itself are chosen with the meter."""
OF_THE_METER = [
    Fault.NAN, Fault.HI, Fault.LO, Fault.PLACEHOLDER, Fault.CONTROL, Fault.KETONE,
    Fault.TRUNCATED, Fault.MONTH_13, Fault.CLOCK_OFF, Fault.CLOCK_RESET, Fault.CLOCK_FIXED,
    Fault.REVERSED, Fault.WRAP, Fault.BACKWARDS, Fault.DUPLICATE, Fault.CONTEXT_MISSING,
    Fault.CONTEXT_FIRST, Fault.END_FIRST, Fault.NO_COUNT, Fault.ONLY_ALL,
]  # fmt: skip
"""Faults a meter has for good: they are there in the good sync too."""
PASSING = sorted(set(Fault) - set(OF_THE_METER) - {Fault.CLEARED})
"""Faults that come and go."""


@dataclass
class Story:
    """A meter, a gateway and a server through some days."""

    queue: Queue
    meter: Meter
    beside: Beside
    server: StandInServer = field(default_factory=StandInServer)
    lasting: tuple[str, ...] = ()
    measured: int = 0

    def sync(self, *passing: str, server_fails: bool = False) -> Report:
        """Read and send once, with these faults on top of the meter's own."""
        self.meter.faults = Faults.parse((*self.lasting, *passing))
        reader = Reader(
            self.queue, self.beside.connect(), zone=ZONE, patience=NO_WAIT, now=lambda: NOW
        )
        try:
            asyncio.run(reader.read(None))
        except RadioError as error:
            reader.report.trouble = error
        found = reader.report.meter
        if found is not None and found.id not in self.queue.open_claims():
            self.queue.claim(found.id, "7", claimed_by="n", at=NOW, with_history=True)
        with httpx.Client(
            transport=httpx.MockTransport(self._answer(fails=server_fails))
        ) as client:
            patience = upload.Persistence(tries=1)
            at = upload.Server("https://clinic.example", self.server.token)
            upload.deliver(self.queue, at, client=client, persistence=patience)
        return reader.report

    def _answer(self, *, fails: bool) -> Callable[[httpx.Request], httpx.Response]:
        def answer(request: httpx.Request) -> httpx.Response:
            token = request.headers["Authorization"]
            status, body = self.server.answer(request.url.path, token, json.loads(request.content))
            return httpx.Response(502 if fails else status, json=body)

        return answer

    def measure(self, count: int) -> None:
        """Take some more readings."""
        for _ in range(count):
            self.measured += 1
            at_wall = NOW_WALL - timedelta(minutes=20) + timedelta(seconds=self.measured)
            self.meter.add(100, at_wall)

    def pair_again(self) -> None:
        """Do what a person does about a lost bond."""
        self.beside.has_bond = True


def as_one_maker_builds(faults: set[Fault]) -> set[Fault]:
    """No maker marks ketones and counts backwards."""
    return faults - {Fault.KETONE} if Fault.REVERSED in faults else faults


passing_faults = st.sets(st.sampled_from(PASSING), max_size=3).flatmap(
    lambda some: st.tuples(
        *(
            NUMBERED.get(one, st.just(1)).map(lambda n, one=one: f"{one}:{n}")
            for one in sorted(some)
        )
    )
)
events = st.lists(
    st.tuples(passing_faults, st.integers(0, 3), st.booleans(), st.booleans()), max_size=5
)


@given(
    count=st.integers(0, 40),
    lasting=st.sets(st.sampled_from(OF_THE_METER), max_size=4).map(as_one_maker_builds),
    days=events,
    seed=st.integers(0, 3),
)
def test_after_any_faults_a_good_sync_leaves_exactly_the_meters_records_once_each(
    count: int,
    lasting: set[Fault],
    days: list[tuple[tuple[str, ...], int, bool, bool]],
    seed: int,
):
    words = tuple(f"{one}:3" for one in sorted(lasting))
    meter = Meter.believable(count, seed=seed, now_wall=NOW_WALL, faults=Faults.parse(words))
    with TemporaryDirectory() as folder, Queue(Path(folder) / "q") as queue:
        story = Story(queue, meter, Beside(meter), lasting=words)

        for faults, measured, server_fails, pairs in days:
            story.sync(*faults, server_fails=server_fails)
            story.measure(measured)
            if pairs:
                story.pair_again()
        story.pair_again()
        last = story.sync()
        again = story.sync()

        assert (last.trouble, last.outcome) == (None, Outcome.DONE)
        assert again.new == []
        exactly_the_meters_records(story)


def exactly_the_meters_records(story: Story) -> None:
    raws = sorted(raw for (raw,) in story.queue.rows("SELECT raw FROM record"))
    moving = Fault.REVERSED in story.meter.faults
    expected = sorted(one.measurement for one in story.meter.sent_as())
    if moving:  # the number moves with each new record and names nothing
        raws, expected = ([raw[:1] + raw[3:] for raw in some] for some in (raws, expected))
        raws, expected = sorted(raws), sorted(expected)
    assert raws == expected
    totals = story.queue.totals()
    assert totals["pending"] == totals["rejected"] == 0
    assert totals["sent"] == len(story.server.stored)
    assert sum(totals.values()) == len(expected)
    assert all(request[:1] != b"\x02" for request in story.meter.asked)


@pytest.mark.parametrize("fault", sorted(Fault))
def test_every_fault_there_is_was_met_and_survived(fault: Fault, queue: Queue):
    words = (f"{fault}:3",) if fault in OF_THE_METER else ()
    meter = Meter.believable(30, seed=2, now_wall=NOW_WALL, faults=Faults.parse(words))
    story = Story(queue, meter, Beside(meter), lasting=words)

    if fault not in OF_THE_METER and fault is not Fault.CLEARED:
        story.sync(f"{fault}:{9 if fault is Fault.DROP else 0 if fault is Fault.SLOW else 1}")
        story.pair_again()
    last = story.sync()

    assert (last.trouble, last.outcome) == (None, Outcome.DONE)
    exactly_the_meters_records(story)


@given(before=st.integers(1, 30), after=st.integers(0, 40), drop=st.integers(0, 40))
def test_a_meter_that_was_cleared_gives_the_old_and_the_new_records_once_each(
    before: int, after: int, drop: int
):
    meter = Meter.believable(before, seed=1, now_wall=NOW_WALL)
    with TemporaryDirectory() as folder, Queue(Path(folder) / "q") as queue:
        story = Story(queue, meter, Beside(meter))
        old = {one.measurement for one in meter.memory}

        story.sync("cleared:1")
        story.measure(after)
        story.sync(f"drop:{drop}")
        last = story.sync()

        new = {one.measurement for one in meter.memory}
        assert (last.trouble, len(new)) == (None, after)
        assert {raw for (raw,) in queue.rows("SELECT raw FROM record")} == old | new
        assert len(story.server.stored) == len(old | new)


def test_a_clock_that_was_reset_is_told_and_its_drift_moves_no_time(queue: Queue):
    faults = Faults.parse(("clock-reset:3",))
    meter = Meter.believable(10, seed=2, now_wall=NOW_WALL, faults=faults)
    story = Story(queue, meter, Beside(meter), lasting=("clock-reset:3",))

    report = story.sync()

    rows = queue.rows("SELECT measured_at, base, drift_s, state FROM record ORDER BY seq")
    assert report.drift_s is not None
    assert report.drift_s < -6 * 365 * 86_400
    assert {drift for _, _, drift, _ in rows} == {report.drift_s}
    assert all(at.startswith(base) for at, base, _, _ in rows)
    assert {state for _, _, _, state in rows} == {"quarantined"}
    assert story.server.stored == {}
