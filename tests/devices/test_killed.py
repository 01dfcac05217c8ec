"""Killed by SIGKILL at every step between meter and server: nothing lost, nothing twice."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devices.queue import Queue
from devices.sim.bluez.objects import Peripheral

from .conftest import NOW, ZONE, Reach, StandInServer

SCRIPT = Path(__file__).with_name("killable.py")
RECORDS = 3
PARTS = 4
"""Every fourth step each, so that several processors can share them."""

pytestmark = pytest.mark.fault


@dataclass
class Killable:
    """The other program, asked again and again."""

    process: subprocess.Popen[str]
    server: StandInServer
    pid: int = 0

    def run(self, queue: Path, *, step: int = 0, only_opens: bool = False) -> int:
        """Run once; returns the exit code, negative for the signal it died by."""
        wish = {
            "queue": str(queue),
            "step": step,
            "only_opens": only_opens,
            "zone": ZONE.key,
            "now": NOW.isoformat(),
            "url": self.server.url,
            "token": self.server.token,
            "patient": self.server.patient,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(wish) + "\n")
        self.process.stdin.flush()
        self.pid = int(self.process.stdout.readline())
        return int(self.process.stdout.readline())


@pytest.fixture
def meter(reach: Reach) -> Peripheral:
    return reach.put("hi", "month-13", records=RECORDS)


@pytest.fixture
def killable(meter: Peripheral, server: StandInServer) -> Iterator[Killable]:
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=SCRIPT.parents[2],
        env=os.environ | {"PYTHONPATH": str(SCRIPT.parents[2])},
    ) as process:
        yield Killable(process, server)
        process.kill()


def everything(server: StandInServer, queue: Path, meter: Peripheral) -> None:
    """Hold what the server and the queue have against the meter's memory."""
    accepted = sum(outcome["accepted"] for outcome in server.outcomes)
    with Queue(queue) as kept:
        numbers = [seq for (seq,) in kept.rows("SELECT seq FROM record ORDER BY seq")]
        states = kept.totals()
        cursor = kept.meters()[0].cursor
    assert numbers == [stored.seq for stored in meter.meter.memory]
    assert cursor == numbers[-1]
    assert len(server.stored) == accepted == RECORDS + 1
    assert {sent["value"] for sent in server.stored.values()} >= {"HI"}
    assert (states["sent"], states["pending"], states["quarantined"]) == (RECORDS + 1, 0, 1)


def test_killed_while_the_queue_is_made_the_next_run_makes_it_whole(
    killable: Killable, tmp_path: Path
):
    endings: list[int] = []
    for step in range(1, 100):
        queue = tmp_path / str(step) / "queue"

        endings.append(killable.run(queue, step=step, only_opens=True))
        Queue(queue).close()
        if endings[-1] == 0:
            break

    assert endings[-1] == 0
    assert len(endings) > 20


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_any_step_the_next_run_has_every_record_once(
    killable: Killable, meter: Peripheral, server: StandInServer, tmp_path: Path, part: int
):
    endings: list[int] = []
    for step in range(1 + part, 400, PARTS):
        server.forget()
        queue = tmp_path / str(step) / "queue"
        Queue(queue).close()

        endings.append(killable.run(queue, step=step))
        again = killable.run(queue)

        assert again == 0, f"the run after step {step}"
        everything(server, queue, meter)
        if endings[-1] == 0:  # the run has fewer steps than this
            break

    assert endings[-1] == 0
    assert set(endings[:-1]) == {-signal.SIGKILL}
    assert len(endings) > 8


@pytest.mark.parametrize("moment", ["before storing", "after storing"])
def test_killed_while_the_server_answers_the_next_run_has_every_record_once(
    killable: Killable, meter: Peripheral, server: StandInServer, tmp_path: Path, moment: str
):
    queue = tmp_path / "queue"

    def kill(path: str, token: str, body: dict[str, Any]) -> None:
        if moment == "after storing":
            server.answer(path, token, body)
        os.kill(killable.pid, signal.SIGKILL)

    server.broken = [kill]

    assert killable.run(queue) == -signal.SIGKILL
    assert bool(server.stored) == (moment == "after storing")
    assert killable.run(queue) == 0
    everything(server, queue, meter)


def test_killed_again_and_again_it_still_comes_to_the_end(
    killable: Killable, meter: Peripheral, server: StandInServer, tmp_path: Path
):
    queue = tmp_path / "queue"

    endings = [killable.run(queue, step=step) for step in range(12, 60, 3)]
    endings.append(killable.run(queue))

    assert endings[-1] == 0
    assert -signal.SIGKILL in endings
    everything(server, queue, meter)
