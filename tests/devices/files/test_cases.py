"""Files that other programs stumbled over: exact values, limits and reasons."""

import io
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices import files
from devices.files import FileError, FileRecord, Limit, Reason, Skipped, Trouble
from devices.files.values import read_value
from devices.glucose import Unit

CASES = Path(__file__).parent / "cases"
ZONE = ZoneInfo("Europe/Ljubljana")


def read_all(raw: bytes) -> list[FileRecord | Skipped]:
    seen = files.preview(io.BytesIO(raw), ZONE, confirms_columns=True)
    return list(files.read(io.BytesIO(raw), seen.format, ZONE, seen.answers))


def told(found: list[FileRecord | Skipped]) -> list[str]:
    """Each reading as local time and value, each row left out as its reason."""
    return [
        one.reason.value
        if isinstance(one, Skipped)
        else f"{one.measured_at.astimezone(ZONE):%d %H:%M} {one.limit or one.value}"
        for one in found
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "01-clarity-german.csv",
            ["personal", "personal", "01 08:00 7.2 mmol/L", "01 08:05 low", "01 08:10 10.4 mmol/L"],
        ),
        (
            "02-carelink-us-comma.csv",
            ["personal"] * 8
            + ["device", "not_glucose"]
            + ["25 09:22 298 mg/dL", "25 09:27 292 mg/dL", "25 12:19 91 mg/dL"],
        ),
        ("05-nightscout-decimal-date.json", ["21 16:13 255 mg/dL", "21 16:18 168 mg/dL"]),
        (
            "06-nightscout-1970.json",
            ["bad_time", "21 15:33 110 mg/dL", "bad_time", "21 16:18 120 mg/dL"],
        ),
        ("07-mongoexport.json", ["21 16:13 72 mg/dL", "21 16:18 81 mg/dL"]),
        ("18-nightscout-api-v3.json", ["21 16:18 120 mg/dL"]),
        ("07b-mongoexport-array.json", ["21 16:13 72 mg/dL", "21 16:18 81 mg/dL"]),
        (
            "09-libreview-13pm.csv",
            ["21 13:05 120 mg/dL", "21 00:20 131 mg/dL", "22 11:35 140 mg/dL"],
        ),
        (
            "17c-libreview-utf16-nobom.csv",
            ["21 09:05 7.2 mmol/L", "21 09:20 8.1 mmol/L", "21 09:35 8.3 mmol/L"],
        ),
        (
            "19-nightscout-low.json",
            ["21 16:13 low", "21 16:18 low", "21 16:23 high", "21 16:28 34 mg/dL", "error_code"],
        ),
        ("42-libreview-meter-timestamp.csv", ["13 08:00 5.4 mmol/L", "13 08:15 5.9 mmol/L"]),
    ],
)
def test_a_case_gives_its_values(name: str, expected: list[str]) -> None:
    assert told(read_all((CASES / name).read_bytes())) == expected


def test_mmol_in_a_field_of_mg_dl_is_refused_by_name() -> None:
    with pytest.raises(FileError) as refused:
        read_all((CASES / "04-nightscout-mmol.json").read_bytes())

    assert refused.value.trouble is Trouble.LOOKS_LIKE_MMOL


def test_clarity_in_another_language_is_confirmed_first() -> None:
    raw = (CASES / "01-clarity-german.csv").read_bytes()

    assert files.preview(io.BytesIO(raw), ZONE).needs_answer == (files.Question.COLUMNS,)


def test_headings_from_before_2020_are_known() -> None:
    raw = (CASES / "42-libreview-meter-timestamp.csv").read_bytes()

    assert files.preview(io.BytesIO(raw), ZONE).needs_answer == ()


def test_the_doubled_hour_in_order_of_measuring_is_right() -> None:
    found = read_all((CASES / "13-clarity-dst-fold.csv").read_bytes())

    readings = [one for one in found if isinstance(one, FileRecord)]
    assert len({one.measured_at for one in readings}) == len(readings) == 36


@pytest.mark.parametrize(
    ("text", "unit", "limit"),
    [
        ("Low", Unit.MG_DL, Limit.LOW),
        ("LO", Unit.MMOL_L, Limit.LOW),
        ("Niedrig", Unit.MMOL_L, Limit.LOW),
        ("Nizko", Unit.MMOL_L, Limit.LOW),
        ("<40", Unit.MG_DL, Limit.LOW),
        ("< 2,2", Unit.MMOL_L, Limit.LOW),
        ("<2.2 mmol/L", Unit.MMOL_L, Limit.LOW),
        ("High", Unit.MG_DL, Limit.HIGH),
        ("Hoch", Unit.MMOL_L, Limit.HIGH),
        (">400", Unit.MG_DL, Limit.HIGH),
        (">22.2", Unit.MMOL_L, Limit.HIGH),
        ("<150", Unit.MG_DL, Reason.BAD_VALUE),
        (">40", Unit.MG_DL, Reason.BAD_VALUE),
        ("0", Unit.MG_DL, Reason.IMPLAUSIBLE),
    ],
)
def test_words_and_bounds_of_vendors_are_limits(
    text: str, unit: Unit, limit: Limit | Reason
) -> None:
    assert read_value(text, unit) is limit


@pytest.mark.parametrize(("number", "limit"), [(39, Limit.LOW), (401, Limit.HIGH)])
def test_codes_of_dexcom_are_limits_in_tables_and_tidepool(number: int, limit: Limit) -> None:
    table = f"Timestamp\tCGM Glucose Value (mg/dl)\tSerial Number\n2026-10-01 08:00\t{number}\tS1"
    array = (
        f'[{{"type":"cbg","units":"mg/dL","value":{number},"time":"2026-10-01T08:00:00Z",'
        '"uploadId":"u","deviceId":"DexG6"}]'
    )

    for text in (table, array):
        found = read_all(text.encode())
        assert [one.limit for one in found if isinstance(one, FileRecord)] == [limit]
