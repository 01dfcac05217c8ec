"""A long file takes time and disk, not memory: measured in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.make import imports as made

MIB = 2**20
LOOK = """
import sys
from pathlib import Path
from zoneinfo import ZoneInfo
from devices import files
from telehealth.imports import service as imports
from telehealth.imports.gateways import Shelf
from tests import make

def peak():
    # Not `ru_maxrss`: a child begins with that of its parent, which has run other tests.
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024

shelf = Shelf(Path(sys.argv[2]))
with open(sys.argv[1], "rb") as stream:
    token = shelf.copy(stream)
before = peak()
task = imports.Task(1, 1, token, ZoneInfo("Europe/Ljubljana"), files.Answers())
looked = imports.look(task, shelf, lambda _: None, now=make.NOW)
print(peak() - before, peak(), looked.sight.n_taken)
"""


@pytest.fixture
def dialect() -> str:
    """No database takes part."""
    return "sqlite"


def test_a_file_of_eight_megabytes_is_looked_at_in_much_less_memory(tmp_path: Path) -> None:
    n = 140_000
    path = tmp_path / "long.csv"
    path.write_bytes(made.clarity(*(["108", "112"] * (n // 2)), first="2024-01-01 08:00:00"))
    assert path.stat().st_size > 7 * MIB

    done = subprocess.run(
        [sys.executable, "-c", LOOK, path, tmp_path / "shelf"],
        capture_output=True,
        text=True,
        check=True,
    )

    grown, peak, n_taken = map(int, done.stdout.split())
    assert n_taken > 0.99 * n
    assert grown < 24 * MIB, f"{grown / MIB:.0f} MiB more for a file of 8"
    assert peak < 300 * MIB
