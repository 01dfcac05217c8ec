"""How fast the metrics are: one person beside iglu_python, a hundred people, and memory."""

import csv
import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from bench.table import Line, seconds
from devices.glucose import Unit
from telehealth.glycemia.panel import panel
from telehealth.glycemia.series import Series, series

DAYS, STEP_MIN = 90, 5
ROUNDS = 15
SUBJECTS = 100
PEER = "iglu_python==0.4.3"
ROOT = Path(__file__).parents[1]
_HOME = ROOT / ".cache" / "bench-peer"
_START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())


def subject(number: int, days: int = DAYS) -> Series:
    """An invented five-minute trace through every band, with some gaps."""
    draw = np.random.default_rng(number)
    n = days * 24 * 60 // STEP_MIN
    hours = np.arange(n) * STEP_MIN / 60
    wave = 150 + 55 * np.sin(hours / 3.3) + 35 * np.sin(hours / 11 + number)
    ticks = np.clip(np.round(wave + draw.normal(0, 6, n)), 40, 400).astype(np.int64)
    kept = (np.arange(n) // 60 + number) % 41 > 0  # five hours without a reading now and then
    t = _START + 60 * STEP_MIN * np.arange(n, dtype=np.int64)
    return series(t[kept], np.zeros(int(kept.sum()), np.int64), ticks[kept], Unit.MG_DL)


def run() -> Sequence[Line]:
    """One person, many, and what it takes of memory."""
    one = subject(0)
    panel(one)
    ours = median(seconds(lambda: panel(one)) for _ in range(ROUNDS))
    people = [subject(number) for number in range(SUBJECTS)]
    many = seconds(lambda: [panel(person) for person in people])
    what = f"all metrics, {DAYS} days of {STEP_MIN} minutes"
    return [
        Line(f"{what}, 1 person", f"{ours * 1000:.1f} ms", _beside_peer(one, ours)),
        Line(f"{what}, {SUBJECTS} people", f"{many:.2f} s", _memory()),
    ]


def _beside_peer(one: Series, ours_s: float) -> str:
    python = _peer()
    if python is None:
        return f"{PEER} could not be installed: no ratio"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "one.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["id", "time", "gl"])
            for t, tick in zip(one.t.tolist(), one.ticks.tolist(), strict=True):
                rows.writerow(["one", datetime.fromtimestamp(t, UTC).replace(tzinfo=None), tick])
        script = Path(__file__).with_name("foreign_panel.py")
        done = subprocess.run(  # noqa: S603 - our own script
            [python, script, path], capture_output=True, text=True, check=False
        )
    if done.returncode:
        return f"{PEER} failed: no ratio"
    theirs = sum(json.loads(done.stdout).values())
    return f"{PEER}, same metrics: {theirs:.2f} s; ratio {theirs / ours_s:.0f}"


def _peer() -> Path | None:
    """An interpreter that has the peer, made beside the project on the first run."""
    python = _HOME / "bin" / "python"
    if not python.exists():
        venv.create(_HOME, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", PEER]
        if subprocess.run(install, capture_output=True, check=False).returncode:  # noqa: S603
            return None
    found = subprocess.run(  # noqa: S603 - our own interpreter
        [python, "-c", "import iglu_python"], capture_output=True, check=False
    )
    return None if found.returncode else python


def _memory() -> str:
    """Peak memory of 25 and of 100 people in processes of their own: it must grow in step."""
    peaks = {n: _peak_mb(n) for n in (0, SUBJECTS // 4, SUBJECTS)}
    few, all_of_them = (peaks[n] - peaks[0] for n in (SUBJECTS // 4, SUBJECTS))
    return f"{few:.0f} MB for {SUBJECTS // 4}, {all_of_them:.0f} MB for {SUBJECTS}"


def _peak_mb(people: int) -> float:
    done = subprocess.run(  # noqa: S603 - this module
        [sys.executable, "-m", "bench.glycemia", str(people)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=os.environ,
    )
    return float(done.stdout)


if __name__ == "__main__":
    held = [subject(number) for number in range(int(sys.argv[1]))]
    for person in held:
        panel(person)
    # Not `ru_maxrss`: a child begins with its parent's.
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
