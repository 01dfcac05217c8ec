"""The panel of iglu_python, timed in an interpreter of its own; run by `bench.glycemia`.

Only the calls whose metrics our panel gives as well, each once, after one warm call. The package is
GPL-2: it is installed beside the project for this measurement and never imported by it.

Usage: python foreign_panel.py FILE.csv  (columns id, time, gl); prints JSON {call: seconds}.
"""

import json
import sys
import time
import warnings

import iglu_python
import pandas as pd

CALLS = (
    "mean_glu", "cv_glu", "sd_glu", "gmi", "ea1c", "j_index", "gri", "below_percent",
    "above_percent", "in_range_percent", "active_percent", "lbgi", "hbgi", "adrr", "grade",
    "modd", "conga", "mag", "gvp", "sd_roc", "mage", "episode_calculation", "quantile_glu",
)  # fmt: skip


def main() -> None:
    """Time every call."""
    warnings.simplefilter("ignore")
    frame = pd.read_csv(sys.argv[1], parse_dates=["time"])
    iglu_python.mean_glu(frame)
    times = {}
    for name in CALLS:
        begun = time.perf_counter()
        getattr(iglu_python, name)(frame)
        times[name] = time.perf_counter() - begun
    print(json.dumps(times))


if __name__ == "__main__":
    main()
