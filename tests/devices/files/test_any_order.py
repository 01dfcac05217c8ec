"""Whatever the order of a file's rows, the same readings come of it and no row is lost unnamed."""

import io
import random
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import files
from devices.files import Columns, DateOrder, FileRecord, RecordKind, Skipped
from devices.files.folds import doubled_hour
from devices.glucose import Unit

ZONE = ZoneInfo("Europe/Ljubljana")
HERE = Path(__file__).parent
CASES = {
    "01-clarity-german.csv": 1,
    "09-libreview-13pm.csv": 2,
    "10-libre-desktop.txt": 2,
    "11-mysugr.csv": 1,
    "12-glucosio.csv": 1,
    "13-clarity-dst-fold.csv": 3,
    "21-sidiary.csv": 1,
    "42-libreview-meter-timestamp.csv": 2,
}
"""Tables with one row of headings, and how many lines stand above the readings."""
DATA = {"clarity_mgdl.csv": 13, "glooko_bg_mmol.tsv": 2, "libreview_mgdl_mdy.csv": 2}
FIRST = datetime(2026, 10, 24, 20, 0)  # noqa: DTZ001 - a wall clock has no zone
WORDS = ["LO", "HI", "", "-", "2.1", "5.4", "22.5", "0", "kg"]


def stored(raw: bytes, columns: Columns | None = None) -> tuple[dict[str, datetime], int]:
    """The readings a file gives, each key once with its instant, and how many rows it has."""
    seen = files.preview(
        io.BytesIO(raw),
        ZONE,
        date_order=DateOrder.DMY,
        unit=Unit.MG_DL,
        confirms_columns=True,
        columns=columns,
        words=(("-", None), ("0", None), ("kg", None)),
    )
    assert seen.needs_answer == ()
    found = list(files.read(io.BytesIO(raw), seen.format, ZONE, seen.answers))
    assert seen.n_taken + sum(one.count for one in seen.skipped.values()) == len(found)
    assert all(isinstance(one, FileRecord | Skipped) for one in found)
    return {one.key: one.measured_at for one in found if isinstance(one, FileRecord)}, len(found)


def file_of(head: Sequence[str], rows: Sequence[str]) -> bytes:
    return "\n".join([*head, *rows]).encode()


CORPUS = [("cases", *one) for one in CASES.items()] + [("data", *one) for one in DATA.items()]


@pytest.mark.parametrize(("folder", "name", "n_head"), CORPUS)
@pytest.mark.parametrize("seed", range(3))
def test_order_repetition_and_splitting_change_nothing(
    folder: str, name: str, n_head: int, seed: int
) -> None:
    lines = (HERE / folder / name).read_text().splitlines()
    head, rows = lines[:n_head], lines[n_head:]
    whole, n_rows = stored(file_of(head, rows))
    dice = random.Random(seed)  # noqa: S311 - no secret
    shuffled = dice.sample(rows, len(rows))
    at = dice.randint(0, len(rows))
    parts = [stored(file_of(head, part))[0] for part in (rows[:at], rows[at:]) if part]

    assert whole
    assert n_rows >= sum(bool(row.strip(",;\t ")) for row in rows)
    assert stored(file_of(head, shuffled))[0] == whole
    assert stored(file_of(head, rows[::-1]))[0] == whole
    assert stored(file_of(head, rows + rows))[0] == whole
    if name != "13-clarity-dst-fold.csv":  # half a doubled hour may have no neighbour to tell by
        assert {key: at for part in parts for key, at in part.items()} == whole


@given(
    st.lists(
        st.tuples(st.integers(0, 4000), st.sampled_from(WORDS)),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[0],
    ),
    st.randoms(use_true_random=False),
)
def test_a_table_of_any_rows_gives_the_same_in_any_order(
    rows: list[tuple[int, str]], dice: random.Random
) -> None:
    columns = Columns(time=0, value=1, kind=RecordKind.METER)
    written = [
        f"{FIRST + timedelta(minutes=minute):%Y-%m-%d %H:%M};{value}"
        for minute, value in rows
        if doubled_hour(FIRST + timedelta(minutes=minute), ZONE) is None
    ]
    head = ["When;mmol/L", "2026-10-01 08:00;5.0"]
    dice.shuffle(shuffled := written.copy())

    whole, n_found = stored(file_of(head, written), columns)

    assert n_found == len(written) + 1
    assert stored(file_of(head, shuffled), columns)[0] == whole
    assert stored(file_of(head, written + shuffled), columns)[0] == whole
    parts = [stored(file_of(head, part), columns)[0] for part in (shuffled[:9], shuffled[9:])]
    assert parts[0] | parts[1] == whole


@given(st.lists(st.sampled_from(range(0, 180, 5)), min_size=1, max_size=36, unique=True))
def test_the_doubled_hour_with_a_counter_is_placed_alike_in_any_order(order: list[int]) -> None:
    head, *lines = (HERE / "cases" / "13-clarity-dst-fold.csv").read_text().splitlines()
    people, rows = lines[:2], lines[2:]
    anchor = rows[0]
    some = [rows[minute // 5] for minute in order if minute]
    right = dict(zip(rows, sorted(stored(file_of([head], lines))[0].values()), strict=True))

    found, _ = stored(file_of([head, *people], [*some, anchor]))

    assert Counter(found.values()) == Counter(right[row] for row in {*some, anchor})


@pytest.mark.parametrize("change", [sorted, lambda rows: sorted(rows, reverse=True)])
def test_rows_sorted_as_text_lose_nothing(change: Callable[[list[str]], list[str]]) -> None:
    head, *rows = (HERE / "cases" / "13-clarity-dst-fold.csv").read_text().splitlines()

    assert stored(file_of([head], change(rows)))[0] == stored(file_of([head], rows))[0]
