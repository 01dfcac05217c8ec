"""Whatever a file holds, it is read or refused with a name; and a long one fits into memory."""

import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import files
from devices.files import DateOrder, FileError, FileRecord, Reason, Skipped
from devices.files.array import MAX_ELEMENT_CHARS, Element, elements
from devices.files.text import CHUNK_BYTES, MAX_LINE_CHARS, lines, pieces
from devices.glucose import Unit

DATA = Path(__file__).parent / "data"
ZONE = ZoneInfo("Europe/Ljubljana")
EXPORTS = sorted(path for path in DATA.iterdir() if path.suffix != ".txt")
EXPORTED = {path.name: path.read_bytes() for path in EXPORTS}


def read_through(raw: bytes) -> list[FileRecord | Skipped] | None:
    """Read with every question answered; `None` when the file is refused."""
    stream = io.BytesIO(raw)
    try:
        seen = files.preview(
            stream, ZONE, date_order=DateOrder.DMY, unit=Unit.MMOL_L, confirms_columns=True
        )
        return list(files.read(stream, seen.format, ZONE, seen.answers))
    except FileError:
        return None


class Counting(io.BytesIO):
    """A file that remembers how much was asked of it at once."""

    most_asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.most_asked = max(self.most_asked, -1 if size is None else size)
        assert size is not None
        assert 0 < size <= CHUNK_BYTES
        return super().read(size)


@given(st.binary(max_size=400))
def test_any_bytes_are_recognised_or_refused(raw: bytes) -> None:
    recognised = files.recognise(raw)

    assert (read_through(raw) is None) == (recognised is None)


@given(
    st.sampled_from(sorted(EXPORTED)),
    st.integers(0, 3000),
    st.integers(0, 40),
    st.binary(max_size=40),
)
def test_a_damaged_export_is_read_or_refused_and_reads_the_same_again(
    name: str, at: int, lost: int, put: bytes
) -> None:
    raw = EXPORTED[name]
    raw = raw[:at] + put + raw[at + lost :]

    first, again = read_through(raw), read_through(raw)

    assert first == again
    assert all(
        one.measured_at.utcoffset() is not None
        for one in first or ()
        if isinstance(one, FileRecord)
    )


@given(
    st.text(st.sampled_from('0123456789-/.: TPMamHhiLo",;\t\n'), max_size=60),
    st.text(st.sampled_from("0123456789.,-HhiLoe "), max_size=12),
)
def test_any_cells_give_one_row_one_outcome(written: str, value: str) -> None:
    head = "Timestamp\tCGM Glucose Value (mg/dl)\tSerial Number\n"
    row = "\t".join(cell.replace('"', "").replace("\n", "") for cell in (written, value))

    found = read_through((head + row + "\tS1").encode())

    assert found is not None
    assert len(found) == 1


@given(
    st.lists(
        st.one_of(
            st.dictionaries(st.text(max_size=3), st.text(max_size=5) | st.integers(), max_size=3),
            st.integers(),
        ),
        max_size=5,
    ),
    st.integers(1, 7),
)
def test_an_array_comes_whole_out_of_any_pieces(items: list[object], size: int) -> None:
    text = json.dumps(items, indent=1, ensure_ascii=False)

    found = list(elements(iter([text[i : i + size] for i in range(0, len(text), size)])))

    assert [one.fields if isinstance(one, Element) else None for one in found] == [
        item if isinstance(item, dict) else None for item in items
    ]


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_keys_are_the_same_from_one_reading_to_the_next(name: str) -> None:
    assert read_through(EXPORTED[name]) == read_through(EXPORTED[name])


def test_a_long_table_is_read_a_piece_at_a_time() -> None:
    rows = "\n".join(
        f"2025-{m:02}-{d:02} {h:02}:{n:02}:00\t6.5\tS1"
        for m in range(1, 13)
        for d in range(1, 29)
        for h in range(24)
        for n in range(0, 60, 15)
    )
    stream = Counting(f"Timestamp\tCGM Glucose Value (mmol/l)\tSerial Number\n{rows}".encode())

    seen = files.preview(stream, ZONE)
    first = next(files.read(stream, seen.format, ZONE, seen.answers))

    assert seen.n_taken + sum(one.count for one in seen.skipped.values()) == 12 * 28 * 24 * 4
    assert stream.most_asked == CHUNK_BYTES
    assert stream.tell() == CHUNK_BYTES < len(stream.getvalue())
    assert isinstance(first, FileRecord)


def test_a_long_array_is_read_a_piece_at_a_time() -> None:
    entry = b'{"type":"sgv","date":1622383620000,"sgv":118,"_id":"%d"}'
    stream = Counting(b"[" + b",\n".join(entry % n for n in range(20_000)) + b"]")

    seen = files.preview(stream, ZONE)
    first = next(files.read(stream, seen.format, ZONE, seen.answers))

    assert (seen.n_taken, seen.skipped) == (20_000, {})
    assert stream.tell() == CHUNK_BYTES < len(stream.getvalue())
    assert isinstance(first, FileRecord)


def test_a_line_without_an_end_is_not_held() -> None:
    endless = ("x" * CHUNK_BYTES for _ in range(50))

    assert list(lines(endless)) == [(1, None)]
    assert list(lines(iter(["a" * (MAX_LINE_CHARS + 1), "\nb\n"]))) == [(1, None), (2, "b")]


def test_an_element_without_an_end_is_said_and_not_held() -> None:
    asked = []

    def endless() -> object:
        yield "["
        for n in range(10_000):
            asked.append(n)
            yield '{"a": "' if n == 0 else "x" * CHUNK_BYTES

    found = list(elements(endless()))  # type: ignore[arg-type]  # a generator of pieces

    assert found == [Skipped(1, Reason.CUT_OFF)]
    assert len(asked) <= MAX_ELEMENT_CHARS // CHUNK_BYTES + 2


def test_two_byte_order_marks_and_mixed_line_ends_leave_no_trace() -> None:
    stream = io.BytesIO(b"\xef\xbb\xbf\xef\xbb\xbfa\r\nb\rc\nd")

    assert list(lines(pieces(stream))) == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]
