"""`make bench`: print one table of figures, each beside what it is measured against."""

import os
import platform
import sys
from importlib.metadata import version

from bench import readings, signing_in
from bench.ground import grounds


def main() -> None:
    """Measure and print."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in ("sqlalchemy", "flask", "marshmallow")))
    print("One run; figures swing with load: read the ratios.\n")
    with grounds() as found:
        for ground in found:
            for measure in (readings.run, signing_in.run):
                for line in measure(ground):
                    print(f"{line.what:<44} {line.figure:<40} {line.beside}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
