"""What looking at a file found, as it is kept: numbers, lines and three readings, no name."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from devices.files import FileError, FileRecord, Limit, Preview


@dataclass(frozen=True, slots=True)
class Omitted:
    """One reason why rows are left out."""

    reason: str
    """A value of `devices.files.Reason`."""
    count: int
    lines: tuple[int, ...]
    """The first lines with this reason."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A reading of the file, to show to a person."""

    line: int
    measured_at: datetime
    value: str
    """The literal, or `HI`, `LO`."""
    unit: str
    kind: str

    @property
    def number(self) -> Decimal | None:
        """The value, where it is a number."""
        return None if self.value in ("HI", "LO") else Decimal(self.value)


@dataclass(frozen=True, slots=True)
class Sight:
    """A file looked at."""

    format: str = ""
    unit: str = ""
    """Empty: not known yet, or the columns differ."""
    date_order: str = ""
    """Empty: the year comes first, or nobody has said."""
    questions: tuple[str, ...] = ()
    taken: Mapping[str, int] | None = None
    """Readings by kind."""
    n_limits: int = 0
    """How many of them are HI or LO."""
    skipped: tuple[Omitted, ...] = ()
    n_folds: int = 0
    folds: tuple[int, ...] = ()
    """Lines whose wall clock time came twice."""
    first_at: datetime | None = None
    last_at: datetime | None = None
    samples: tuple[Sample, ...] = ()
    n_new: int = 0
    n_duplicate: int = 0
    made_from_mg_dl: bool = False
    trouble: str = ""
    nearest: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """What stands in the place of values and has to be explained."""
    table_key: str = ""
    """Of an unknown table: names its headings (`devices.files.Table.key`)."""
    has_wrong_columns: bool = False
    """The columns chosen hold no times or values: they are asked again."""
    has_wrong_unit: bool = False
    """The numbers contradict the unit chosen: it is asked again."""

    @property
    def n_taken(self) -> int:
        """Readings of all kinds."""
        return sum((self.taken or {}).values())

    @property
    def n_skipped(self) -> int:
        """Rows left out for any reason."""
        return sum(one.count for one in self.skipped)

    def asks(self, question: str) -> bool:
        """Whether this is still in question."""
        return question in self.questions

    def to_json(self) -> dict[str, Any]:
        """Write for the row."""
        written = asdict(self)
        for name in ("first_at", "last_at"):
            written[name] = written[name].isoformat() if written[name] else None
        for sample in written["samples"]:
            sample["measured_at"] = sample["measured_at"].isoformat()
        # The release before this one refuses what it does not know; most files need none of it.
        return {key: one for key, one in written.items() if key not in _NEWER or one}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "Sight":
        """Read from the row; an empty one before anybody has looked."""
        if not written:
            return cls()
        times = {name: _instant(written[name]) for name in ("first_at", "last_at")}
        lists: dict[str, Any] = {
            "questions": tuple(written["questions"]),
            "words": tuple(written.get("words", ())),
            "folds": tuple(written["folds"]),
            "nearest": tuple(written["nearest"]),
            "skipped": tuple(
                Omitted(one["reason"], one["count"], tuple(one["lines"]))
                for one in written["skipped"]
            ),
            "samples": tuple(
                Sample(**one | {"measured_at": datetime.fromisoformat(one["measured_at"])})
                for one in written["samples"]
            ),
        }
        return cls(**{**written, **times, **lists})


_NEWER = frozenset({"words", "table_key", "has_wrong_columns", "has_wrong_unit"})


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def sight_of(seen: Preview) -> Sight:
    """What a preview says, without what must not be kept."""
    return Sight(
        format=seen.format.value,
        unit=seen.unit.value if seen.unit else "",
        date_order=seen.date_order.value if seen.date_order else "",
        questions=tuple(one.value for one in seen.needs_answer),
        taken={kind.value: n for kind, n in seen.taken.items()},
        n_limits=seen.out_of_range,
        skipped=tuple(
            Omitted(why.value, one.count, one.lines)
            for why, one in sorted(seen.skipped.items(), key=lambda item: -item[1].count)
        ),
        n_folds=seen.n_folds,
        folds=seen.folds,
        first_at=seen.first,
        last_at=seen.last,
        samples=tuple(_sample(one) for one in seen.sample),
        made_from_mg_dl=seen.answers.made_from_mg_dl,
        words=seen.words,
    )


def _sample(one: FileRecord) -> Sample:
    if one.value is not None:
        return Sample(one.line, one.measured_at, f"{one.value.value:f}", one.value.unit, one.kind)
    shown = "HI" if one.limit is Limit.HIGH else "LO"
    return Sample(one.line, one.measured_at, shown, one.limit_unit or "", one.kind)


def refused(error: FileError) -> Sight:
    """A file that is not read at all."""
    return Sight(trouble=error.trouble.value, nearest=tuple(one.value for one in error.nearest))


NOTHING = "nothing"
"""Trouble of a file that was read and has no reading in it."""

GONE = "gone"
"""Trouble of a file that is no longer on the shelf."""
