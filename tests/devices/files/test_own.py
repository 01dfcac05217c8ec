"""Our own exports come back as they went out, through any spreadsheet's separators."""

import io
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import files
from devices.files import FileError, FileRecord, Format, Limit, Reason, Skipped, Trouble
from devices.glucose import Unit

ZONE = ZoneInfo("Europe/Ljubljana")
HEADINGS = "id,measured_at,value,unit,kind,device,meal,note,entered_by,provenance"


def read_all(text: str) -> list[FileRecord | Skipped]:
    stream = io.BytesIO(text.encode())
    seen = files.preview(stream, ZONE)
    assert seen.format is Format.OWN
    return list(files.read(stream, seen.format, ZONE, seen.answers))


def first(text: str) -> FileRecord:
    found = read_all(text)[0]
    assert isinstance(found, FileRecord)
    return found


def test_a_row_is_read_column_by_column() -> None:
    row = "r0123456789abcdef,2026-11-23T07:40:00+01:00,7.25,mmol/L,manual,,fasting,po teku,,direct"

    found = first(f"\ufeff{HEADINGS}\r\n{row}\r\n")

    assert found.key == "r0123456789abcdef"
    assert found.measured_at.isoformat() == "2026-11-23T06:40:00+00:00"
    assert found.offset_min == 60
    assert str(found.value) == "7.25 mmol/L"
    assert (found.meal, found.note) == ("fasting", "po teku")


def test_a_spreadsheet_with_semicolons_and_decimal_comma_is_the_same() -> None:
    row = "r0123456789abcdef;2026-11-23T07:40:00+01:00;7,2;mmol/L;cgm;Sensor;;;;direct"

    found = first(f"{HEADINGS.replace(',', ';')}\n{row}")

    assert str(found.value) == "7.2 mmol/L"


def test_hi_and_lo_have_no_number_but_a_unit() -> None:
    found = first(f"{HEADINGS}\nr0,2026-11-23T07:40:00Z,HI,mg/dL,meter,Guide,,,,direct")

    assert (found.value, found.limit, found.limit_unit) == (None, Limit.HIGH, Unit.MG_DL)


def test_an_id_that_is_not_ours_is_replaced_by_the_content() -> None:
    row = "{id},2026-11-23T07:40:00Z,5.5,mmol/L,meter,Guide,,,,direct"

    one, other = (first(f"{HEADINGS}\n{row.format(id=own)}") for own in ("12", "r9"))

    assert len(one.key) == 64
    assert len(other.key) == 64


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("r1,yesterday,5.5,mmol/L,meter,,,,,", Reason.BAD_TIME),
        ("r1,2026-11-23T07:40:00,5.5,mmol/L,meter,,,,,", Reason.BAD_TIME),
        ("r1,2026-11-23T07:40:00Z,5.5,,meter,,,,,", Reason.BAD_VALUE),
        ("r1,2026-11-23T07:40:00Z,,mmol/L,meter,,,,,", Reason.NO_VALUE),
        ("r1,2026-11-23T07:40:00Z,5.5,mmol/L,guess,,,,,", Reason.BAD_ROW),
        ("r1,2026-11-23T07:40:00Z,99,mmol/L,meter,,,,,", Reason.IMPLAUSIBLE),
    ],
)
def test_a_row_that_cannot_be_read_says_why(row: str, reason: Reason) -> None:
    assert read_all(f"{HEADINGS}\n{row}") == [Skipped(2, reason)]


def test_a_guarded_formula_loses_its_guard() -> None:
    found = first(f"{HEADINGS}\nr1,2026-11-23T07:40:00Z,5.5,mmol/L,meter,,,'=1+1,,direct")

    assert found.note == "=1+1"


@given(note=st.text(max_size=60), device=st.text(max_size=40))
def test_any_text_survives_the_way_through_json(note: str, device: str) -> None:
    row = {
        "id": "r0123456789abcdef",
        "measured_at": "2026-11-23T07:40:00+01:00",
        "value": "5.5",
        "unit": "mmol/L",
        "kind": "meter",
        "device": device,
        "note": note,
    }

    found = first(json.dumps([row]))

    assert (found.note, found.device) == (note, device)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Device,Serial Number,Something\n", Format.LIBREVIEW),
        ("Event Type,Event Subtype,Patient Info\n", Format.CLARITY),
        ('[{"sgv": 120}]', Format.NIGHTSCOUT),
    ],
)
def test_an_unknown_file_is_refused_with_the_two_nearest_formats(
    text: str, nearest: Format
) -> None:
    with pytest.raises(FileError) as refused:
        files.preview(io.BytesIO(text.encode()), ZONE)

    assert refused.value.trouble is Trouble.UNKNOWN
    assert refused.value.nearest[0] is nearest
    assert len(set(refused.value.nearest)) == 2


def test_an_archive_is_refused_as_one() -> None:
    with pytest.raises(FileError, match="archive"):
        files.preview(io.BytesIO(b"PK\x03\x04" + bytes(40)), ZONE)
