"""`make bench`: print one table of figures, each beside what it is measured against."""

import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import version

from bench import (
    alerting,
    devices,
    glycemia,
    imports,
    readings,
    rehearsal,
    signing_in,
    worklist,
)
from bench.ground import grounds
from bench.table import Line

ALONE = (devices.run, glycemia.run, rehearsal.run)
"""Measured once: no database takes part."""

ON_A_DATABASE = (readings.run, imports.run, worklist.run, signing_in.run, alerting.run)


def main() -> None:
    """Measure and print."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in ("sqlalchemy", "flask", "marshmallow")))
    print("One run; figures swing with load: read the ratios.\n")
    for measure in ALONE:
        _say(measure())
    with grounds() as found:
        for ground in found:
            for measure_on in ON_A_DATABASE:
                _say(measure_on(ground))


def _say(lines: Iterable[Line]) -> None:
    for line in lines:
        print(f"{line.what:<50} {line.figure:<40} {line.beside}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
