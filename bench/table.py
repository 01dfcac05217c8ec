"""One line of the table, and the hygiene all measurements share."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One measured figure."""

    what: str
    figure: str
    beside: str = ""
    """What it was measured against in the same run, with the ratio."""


def seconds(deed: Callable[[], object]) -> float:
    """How long `deed` takes once, in seconds."""
    begun = time.perf_counter()
    deed()
    return time.perf_counter() - begun


def spread(times_s: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(times_s)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"median {statistics.median(ordered) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms"


def paired_ratio(ours_s: Sequence[float], theirs_s: Sequence[float]) -> float:
    """Median of theirs / ours over interleaved rounds: above 1 means ours is quicker."""
    return statistics.median(b / a for a, b in zip(ours_s, theirs_s, strict=True))
