"""Traces for the tests: values every few minutes, from an instant on."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from devices.glucose import Unit
from telehealth.glycemia.series import Series, Source, series

DATA = Path(__file__).parent / "data"
MIDNIGHT = int(datetime(2026, 1, 12, tzinfo=UTC).timestamp())


def trace(
    values: Sequence[int],
    *,
    start: int = MIDNIGHT,
    step_min: int = 5,
    unit: Unit = Unit.MG_DL,
    offset: int = 0,
    source: Source = Source.SENSOR,
    interval_min: int | None = None,
) -> Series:
    t = start + 60 * step_min * np.arange(len(values), dtype=np.int64)
    ticks = np.asarray(values, dtype=np.int64)
    intervals = None if interval_min is None else np.full_like(t, interval_min)
    return series(t, np.full_like(t, offset), ticks, unit, source, intervals)


def joined(*parts: Series) -> Series:
    return series(
        np.concatenate([part.t for part in parts]),
        np.concatenate([part.offset for part in parts]),
        np.concatenate([part.ticks for part in parts]),
        parts[0].unit,
        parts[0].source,
        None
        if parts[0].intervals_min is None
        else np.concatenate([part.intervals_min for part in parts]),
    )


def wavy(days: int, step_min: int = 5, seed: int = 1) -> Series:
    """An invented trace that wanders through every band."""
    n = days * 1_440 // step_min
    random = np.random.default_rng(seed)
    hours = np.arange(n) * step_min / 60
    values = 140 + 60 * np.sin(hours / 3) + 40 * np.sin(hours / 11) + random.normal(0, 5, n)
    return trace(np.clip(np.round(values), 40, 400).astype(int).tolist(), step_min=step_min)


@cache
def rows() -> list[dict[str, Any]]:
    """The reference data: subject, local time and mg/dL of three people."""
    with (DATA / "azt1d.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
