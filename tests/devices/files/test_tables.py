"""Any table, by the columns that a person names once."""

import io
from zoneinfo import ZoneInfo

import pytest

from devices import files
from devices.files import (
    Columns,
    DateOrder,
    FileError,
    FileRecord,
    Format,
    Limit,
    Preview,
    Question,
    Reason,
    RecordKind,
    Skipped,
    Trouble,
)
from devices.glucose import Unit

ZONE = ZoneInfo("Europe/Ljubljana")
TABLE = (
    "Zvezek sladkorja;;;\n"
    "Dan;Ura;Krvni sladkor;Enota;Opomba\n"
    "21. 9. 2026;7.30;5,4;mmol/L;zajtrk\n"
    "21. 9. 2026;12.15;LO;mmol/L;\n"
    "22. 9. 2026;8.00;3,1;mmol/L;tresenje\n"
)
COLUMNS = Columns(time=0, clock=1, value=2, unit=3, kind=RecordKind.METER)
ONE_COLUMN = Columns(time=0, value=1, kind=RecordKind.METER)


def look(text: str, columns: Columns | None = COLUMNS, **more: object) -> Preview:
    raw = io.BytesIO(text.encode())
    return files.preview(raw, ZONE, columns=columns, **more)  # type: ignore[arg-type] # answers


def told(text: str, seen: Preview) -> list[str]:
    assert seen.needs_answer == ()
    found = files.read(io.BytesIO(text.encode()), seen.format, ZONE, seen.answers)
    return [
        one.reason.value
        if isinstance(one, Skipped)
        else f"{one.measured_at.astimezone(ZONE):%d %H:%M} {one.limit or one.value}"
        for one in found
    ]


def test_an_unknown_table_is_shown_and_its_columns_asked() -> None:
    seen = look(TABLE, None)
    table = files.table_in(io.BytesIO(TABLE.encode()))

    assert (seen.format, seen.needs_answer, seen.n_taken) == (Format.TABLE, (Question.TABLE,), 0)
    assert table is not None
    assert table.headings == ("Dan", "Ura", "Krvni sladkor", "Enota", "Opomba")
    assert table.first_rows[0] == ("21. 9. 2026", "7.30", "5,4", "mmol/L", "zajtrk")
    assert files.recognise(TABLE.encode()) is None


def test_the_named_columns_are_read() -> None:
    assert told(TABLE, look(TABLE)) == [
        "21 07:30 5.4 mmol/L",
        "21 12:15 low",
        "22 08:00 3.1 mmol/L",
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_one_column_of_time_and_one_unit_for_all(delimiter: str) -> None:
    text = delimiter.join(
        ["When", "Sugar\n2026-09-21 07:30", "97\n2026-09-21T12:00:00+02:00", "48"]
    )

    assert look(text, ONE_COLUMN).needs_answer == (Question.UNIT,)
    assert told(text, look(text, ONE_COLUMN, unit=Unit.MG_DL)) == [
        "21 07:30 97 mg/dL",
        "21 12:00 48 mg/dL",
    ]


def test_the_unit_in_the_heading_of_the_values_is_enough() -> None:
    text = "When;Glucose [mmol/l]\n2026-09-21 07:30;2,9\n"

    assert told(text, look(text, ONE_COLUMN)) == ["21 07:30 2.9 mmol/L"]


def test_an_ambiguous_date_is_asked_and_a_shown_order_is_not() -> None:
    open_, shown = (f"When;mmol/L\n{day}.9.2026 7:30;2,9\n" for day in (5, 25))

    assert look(open_, ONE_COLUMN).needs_answer == (Question.DATE_ORDER,)
    assert told(open_, look(open_, ONE_COLUMN, date_order=DateOrder.DMY)) == ["05 07:30 2.9 mmol/L"]
    assert told(shown, look(shown, ONE_COLUMN)) == ["25 07:30 2.9 mmol/L"]


def test_words_and_codes_nobody_knows_are_asked_and_then_kept() -> None:
    text = (
        "When;mmol/L\n2026-09-21 07:30;prenizko\n2026-09-21 08:30;-1\n2026-09-21 09:30;HI\n"
        "2026-09-21 10:30;test\n2026-09-21 11:30;5,5\n"
    )
    asked = look(text, ONE_COLUMN)
    assert (asked.needs_answer, asked.words) == ((Question.WORDS,), ("prenizko", "-1", "test"))
    assert asked.n_taken == 0

    words = (("prenizko", Limit.LOW), ("-1", Limit.LOW), ("test", None))
    assert told(text, look(text, ONE_COLUMN, words=words)) == [
        "21 07:30 low",
        "21 08:30 low",
        "21 09:30 high",
        "bad_value",
        "21 11:30 5.5 mmol/L",
    ]


def test_words_of_a_confirmed_language_are_asked_too() -> None:
    text = (
        "Index;Datum;Tijd;Sensorglucose (mmol/l);ISIG-waarde\n"
        "0;2026/09/25;09:22:00;te weinig;1\n1;2026/09/25;09:27:00;4,1;1\n"
    )
    raw = io.BytesIO(text.encode())

    asked = files.preview(raw, ZONE, confirms_columns=True)
    words = (("te weinig", Limit.LOW),)
    answered = files.preview(raw, ZONE, confirms_columns=True, words=words)

    assert (asked.needs_answer, asked.words) == ((Question.WORDS,), ("te weinig",))
    assert told(text, answered)[1:] == ["25 09:22 low", "25 09:27 4.1 mmol/L"]


def test_rows_that_cannot_be_read_are_left_out_with_their_reason() -> None:
    text = TABLE + (
        "23. 9. 2026;8.00;;mmol/L;\n31. 9. 2026;8.00;5,0;mmol/L;\n23. 9. 2026;9.00;80;kg;teža\n"
    )

    seen = look(text)

    assert {why: one.lines for why, one in seen.skipped.items()} == {
        Reason.NO_VALUE: (6,),
        Reason.BAD_TIME: (7,),
        Reason.UNKNOWN_UNIT: (8,),
    }
    assert seen.n_taken == 3


def test_a_row_without_its_unit_is_asked_about() -> None:
    text = TABLE.replace("3,1;mmol/L", "3,1;")

    assert look(text).needs_answer == (Question.UNIT,)
    assert "22 08:00 3.1 mmol/L" in told(text, look(text, unit=Unit.MMOL_L))


def test_a_table_without_headings_loses_no_row_and_has_no_key() -> None:
    text = "2026-09-21 07:30;5,4\n2026-09-21 08:30;2,8\n"
    table = files.table_in(io.BytesIO(text.encode()))

    assert table is not None
    assert (table.headings, table.key) == (("", ""), "")
    assert told(text, look(text, ONE_COLUMN, unit=Unit.MMOL_L)) == [
        "21 07:30 5.4 mmol/L",
        "21 08:30 2.8 mmol/L",
    ]


def test_the_key_of_a_table_is_that_of_its_headings_alone() -> None:
    other_rows = TABLE.replace("5,4", "9,9").replace("Zvezek sladkorja", "Ana")
    keys = [
        table.key
        for text in (TABLE, other_rows, TABLE.replace("Opomba", "Opombe"))
        if (table := files.table_in(io.BytesIO(text.encode())))
    ]

    assert keys[0] == keys[1] != keys[2]
    assert len(keys[0]) == 64


@pytest.mark.parametrize(
    ("columns", "trouble"),
    [
        (Columns(time=4, value=2, kind=RecordKind.METER), Trouble.WRONG_COLUMNS),
        (Columns(time=0, value=9, kind=RecordKind.METER), Trouble.WRONG_COLUMNS),
    ],
)
def test_columns_without_times_or_beyond_the_table_are_refused(
    columns: Columns, trouble: Trouble
) -> None:
    with pytest.raises(FileError, match=trouble):
        look(TABLE, columns, unit=Unit.MMOL_L)


def test_a_column_full_of_other_words_is_no_column_of_values() -> None:
    rows = "".join(f"2026-09-{day:02} 07:30;beseda {day}\n" for day in range(1, 29))

    with pytest.raises(FileError, match="wrong_columns"):
        look("When;What\n" + rows, ONE_COLUMN, unit=Unit.MMOL_L)


def test_one_column_does_not_hold_two_things() -> None:
    with pytest.raises(ValueError, match="one thing"):
        Columns(time=0, value=0, kind=RecordKind.METER)


def test_a_table_that_is_too_wide_or_too_long_is_refused_by_name() -> None:
    wide = ";".join(["When"] * 101) + "\n2026-09-21 07:30" + ";5" * 100
    long = "When;mmol/L\n" + "2026-09-21 07:30;5\n" * 400_001

    for text in (wide, long):
        with pytest.raises(FileError, match="too_long"):
            look(text, ONE_COLUMN)


def test_a_cell_of_a_page_is_no_value() -> None:
    text = f"When;mmol/L\n2026-09-21 07:30;5,5\n2026-09-21 08:30;{'5' * 5000}\n{'9' * 500};4,4\n"

    assert told(text, look(text, ONE_COLUMN)) == ["21 07:30 5.5 mmol/L", "bad_value", "bad_time"]


def test_a_preamble_with_dates_is_not_the_table() -> None:
    text = "Report,9/25/26,to,9/26/26\n\nWhen,Sugar\n" + "".join(
        f"2026-09-2{n} 07:30,{90 + n}\n" for n in range(1, 5)
    )
    table = files.table_in(io.BytesIO(text.encode()))

    assert table is not None
    assert table.headings == ("When", "Sugar")


@pytest.mark.parametrize(
    ("head", "trouble"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Trouble.PICTURE),
        (b"\x89PNG\r\n\x1a\n\0\0", Trouble.PICTURE),
        (b"\0\0\0\x18ftypheic\0\0", Trouble.PICTURE),
        (b"RIFF\x10\0\0\0WEBPVP8 ", Trouble.PICTURE),
        (b"%PDF-1.7\n", Trouble.PDF),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", Trouble.WORKBOOK),
        (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml", Trouble.WORKBOOK),
        (b"PK\x03\x04\x14\0export.csv", Trouble.ARCHIVE),
        (b"\x1f\x8b\x08\0", Trouble.ARCHIVE),
        (b"\n<!DOCTYPE html><html>", Trouble.WEB_PAGE),
    ],
)
def test_a_file_that_is_no_text_is_refused_by_what_it_is(head: bytes, trouble: Trouble) -> None:
    with pytest.raises(FileError, match=trouble):
        files.preview(io.BytesIO(head + bytes(100)), ZONE)


def test_what_was_read_is_a_record_of_the_kind_that_was_named() -> None:
    seen = look(TABLE)

    assert dict(seen.taken) == {RecordKind.METER: 3}
    assert all(isinstance(one, FileRecord) for one in seen.sample)
