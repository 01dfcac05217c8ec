"""A program that reads a meter and sends, and dies by SIGKILL at a chosen step of it.

Asked line by line on stdin, it forks for each run, so that the imports are paid once. A step is
one statement that reaches the queue's file: the standard library's connection counts them, the
program itself is unchanged. The parent says how each run ended.
"""

import asyncio
import functools
import json
import os
import signal
import sqlite3
import ssl
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from devices import condition, sync, upload
from devices.queue import Queue
from devices.transfer import Patience

TRUST = ssl.create_default_context()
"""Made once, before the forks: it takes longer than a whole run."""
QUICK = Patience(find_s=5, quiet_s=0.01, watchdog_s=1, retry_s=0.01)


def die_at(step: int) -> None:
    """Arrange to be killed just before the n-th statement; 0 is never."""
    left = step

    def count(_statement: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    class Counted(sqlite3.Connection):
        """A connection that counts what it is told to do."""

        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self.set_trace_callback(count)

    sqlite3.connect = functools.partial(sqlite3.connect, factory=Counted)


def errand(wish: dict[str, Any]) -> None:
    """Read, keep and send, as `glucometer sync` does."""
    now = datetime.fromisoformat(wish["now"])
    with Queue(Path(wish["queue"])) as queue:
        if wish["only_opens"]:
            return
        report = asyncio.run(
            sync.read(queue, zone=ZoneInfo(wish["zone"]), patience=QUICK, now=lambda: now)
        )
        if report.trouble is not None:
            raise report.trouble
        if report.meter is not None and report.meter.id not in queue.open_claims():
            queue.claim(report.meter.id, wish["patient"], claimed_by="n", at=now, with_history=True)
        server = upload.Server(wish["url"], wish["token"])
        with httpx.Client(verify=TRUST) as client:
            delivery = upload.deliver(queue, server, client=client)
            condition.tell(queue, server, client=client, at=datetime.now(UTC))
        if delivery.stop is not None:
            raise RuntimeError(delivery.stop)


def say(number: int) -> None:
    """Tell the parent."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    """Fork for each line of stdin."""
    for line in sys.stdin:
        wish = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                die_at(wish["step"])
                errand(wish)
                code = 0
            except Exception:  # noqa: BLE001 - the exit code tells the test, this tells people
                traceback.print_exc()
            finally:
                os._exit(code)
        say(child)
        _, status = os.waitpid(child, 0)
        say(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
