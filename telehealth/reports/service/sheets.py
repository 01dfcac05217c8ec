"""A report as plain data: what pages, the PDF, the API and a shared report all show.

Only types of JSON, so that a shared report is stored and read back unchanged. Figures of formulas
are in mg/dL, as the engine gives them; curves and single values are on the patient's unit.
"""

from typing import NotRequired, TypedDict


class Measure(TypedDict):
    """One figure: its value or the reason why there is none, and of how many values."""

    value: float | None
    n: int
    reason: str | None


class GoalLine(TypedDict):
    """A limit in percent that a share is to pass."""

    limit: float
    is_minimum: bool


class Targets(TypedDict):
    """The targets a report is read against."""

    preset: str
    low: float
    """Ends of the target range, both inside, on the report's unit."""
    high: float
    goals: dict[str, GoalLine]


class Strip(TypedDict):
    """One day of a sensor: a small curve and its figures."""

    on: str
    n: int
    covered_pct: int
    in_range_pct: float | None
    """None where less than 70 % of the day is covered."""
    lowest: float | None
    highest: float | None
    n_low: int
    minutes: list[int]
    """Minutes after midnight on the wall clock, beside `values`."""
    values: list[float | None]
    """None breaks the line: the sensor was silent."""


class Hour(TypedDict):
    """One hour of the day, unsmoothed."""

    hour: int
    n: int
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float
    place: int
    """-1: the median is under the target range, 1: over it, 0: inside."""


class ProfileCurves(TypedDict):
    """Percentiles by time of day, smoothed for drawing."""

    minutes: list[int]
    curves: dict[str, list[float | None]]
    hours: list[Hour]
    lowest_hour: int
    """Hour with the lowest 5th percentile."""
    highest_hour: int
    """Hour with the highest 95th percentile."""


class EpisodeLine(TypedDict):
    """Episodes of one kind."""

    count: int
    n_open: int
    n_nocturnal: int
    per_day: float | None
    mean_minutes: float | None


class SensorPart(TypedDict):
    """What a sensor says."""

    n: int
    n_days: int
    interval_min: int | None
    n_beyond: int
    n_below_meter: NotRequired[int]
    """LO; absent in a report that was shared before both were told apart."""
    n_above_meter: NotRequired[int]
    """HI."""
    measures: dict[str, Measure]
    is_enough: bool
    bands: dict[str, float] | None
    """Percent, unrounded (whole in a report shared earlier); None where the data do not suffice."""
    gri_zone: str | None
    episodes: dict[str, EpisodeLine]
    profile: ProfileCurves | None
    strips: list[Strip]


class Cell(TypedDict):
    """A fingerstick in the logbook."""

    at: str
    """Time of day, `07:40`."""
    value: float | None
    """None: the meter said HI or LO, as the band tells."""
    band: str
    is_by_time: bool
    """Placed in its slot by its time: nobody marked the meal."""


class LogRow(TypedDict):
    """A day of the logbook; slots without a reading are absent."""

    on: str
    cells: dict[str, list[Cell]]


class SlotLine(TypedDict):
    """The readings of one slot."""

    slot: str
    n: int
    n_days: int
    median: float | None
    lowest: float | None
    highest: float | None
    n_low: int
    n_high: int


class PairLine(TypedDict):
    """Pairs before and after one meal."""

    meal: str
    n: int
    before: float
    after: float
    delta: float


class PointLine(TypedDict):
    """One of the seven points."""

    slot: str
    mean: float | None
    n: int
    n_days: int


class PatternLine(TypedDict):
    """The same slot out of range on several of the last fourteen days."""

    slot: str
    is_low: bool
    days: list[str]


class ModalDay(TypedDict):
    """Every fingerstick by its time of day; with few readings only points."""

    minutes: list[int]
    values: list[float]
    bands: list[str]
    hours: list[int]
    """Middles of the windows of `medians`; empty under thirty readings."""
    medians: list[float]


class SticksPart(TypedDict):
    """What fingersticks say; shares are of readings, never of time."""

    n: int
    n_beyond: int
    n_below_meter: NotRequired[int]
    """LO; absent in a report that was shared before both were told apart."""
    n_above_meter: NotRequired[int]
    """HI."""
    n_days: int
    per_day: float | None
    bands: dict[str, float]
    counts: dict[str, int]
    lowest: float | None
    highest: float | None
    measures: dict[str, Measure]
    slots: list[SlotLine]
    pairs: list[PairLine]
    points: list[PointLine]
    patterns: list[PatternLine]
    weekday_mean: float | None
    weekend_mean: float | None
    modal: ModalDay
    log: list[LogRow]


class Sheet(TypedDict):
    """A report."""

    patient_id: int
    first_on: str
    last_on: str
    n_days: int
    made_at: str
    unit: str
    targets: Targets
    sensor: SensorPart | None
    """None: no sensor reading in these days."""
    sticks: SticksPart | None
