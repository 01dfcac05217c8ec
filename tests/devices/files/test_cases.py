"""Files that other programs stumbled over: exact values, limits and reasons."""

import io
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices import files
from devices.files import (
    FileError,
    FileRecord,
    Format,
    Limit,
    Question,
    Reason,
    Skipped,
    Trouble,
)
from devices.files.values import read_value
from devices.glucose import Unit

CASES = Path(__file__).parent / "cases"
ZONE = ZoneInfo("Europe/Ljubljana")
HOUR_BEFORE = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
DOUBLED_HOUR = [
    f"{(HOUR_BEFORE + n * timedelta(minutes=5)).astimezone(ZONE):%d %H:%M} {5 + n / 10:.1f} mmol/L"
    for n in range(36)
]


def read_all(raw: bytes, unit: Unit | None = None) -> list[FileRecord | Skipped]:
    seen = files.preview(io.BytesIO(raw), ZONE, unit=unit, confirms_columns=True)
    assert seen.needs_answer == ()
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
        ("03-carelink-dutch.csv", ["device", "25 09:22 7.3 mmol/L", "25 09:27 7.9 mmol/L"]),
        ("10-libre-desktop.txt", ["25 12:19 7.3 mmol/L", "25 12:34 7.6 mmol/L"]),
        ("11-mysugr.csv", ["25 12:19 7.3 mmol/L"]),
        ("12-glucosio.csv", ["21 08:08 4.3 mmol/L", "21 01:30 12.2 mmol/L"]),
        ("18b-librelinkup.json", ["21 15:33 120 mg/dL"]),
        ("21-sidiary.csv", ["21 13:33 120 mg/dL", "21 13:38 118 mg/dL"]),
        (
            "43-guardian-german.csv",
            ["personal", "device", "13 08:00 5.4 mmol/L", "13 08:05 5.6 mmol/L"],
        ),
        ("13-clarity-dst-fold.csv", ["personal", "personal", *DOUBLED_HOUR]),
    ],
)
def test_a_case_gives_its_values(name: str, expected: list[str]) -> None:
    unit = Unit.MG_DL if name == "21-sidiary.csv" else None  # the only one that names none

    assert told(read_all((CASES / name).read_bytes(), unit)) == expected


def test_every_file_of_the_corpus_is_in_the_table() -> None:
    marks = [mark for mark in test_a_case_gives_its_values.pytestmark if mark.name == "parametrize"]
    named = {name for name, _ in marks[0].args[1]}

    assert {path.name for path in CASES.iterdir()} - named == {"04-nightscout-mmol.json"}


@pytest.mark.parametrize(
    ("name", "format_", "questions"),
    [
        ("03-carelink-dutch.csv", Format.CARELINK, (Question.COLUMNS,)),
        ("10-libre-desktop.txt", Format.LIBRE_DESKTOP, ()),
        ("11-mysugr.csv", Format.MYSUGR, ()),
        ("12-glucosio.csv", Format.GLUCOSIO, ()),
        ("18b-librelinkup.json", Format.LIBRELINKUP, ()),
        ("21-sidiary.csv", Format.SIDIARY, (Question.UNIT,)),
        ("43-guardian-german.csv", Format.CARELINK, (Question.COLUMNS,)),
    ],
)
def test_a_case_is_recognised_and_asks_only_what_it_does_not_say(
    name: str, format_: Format, questions: tuple[Question, ...]
) -> None:
    seen = files.preview(io.BytesIO((CASES / name).read_bytes()), ZONE)

    assert (seen.format, seen.needs_answer) == (format_, questions)


def test_kinds_meals_and_notes_of_diaries_are_those_of_the_rows() -> None:
    found = [
        one
        for name in ("03-carelink-dutch.csv", "11-mysugr.csv", "12-glucosio.csv", "21-sidiary.csv")
        for one in read_all((CASES / name).read_bytes(), Unit.MG_DL)
        if isinstance(one, FileRecord)
    ]

    assert [(one.kind.value, one.meal, one.note) for one in found] == [
        ("meter", "", ""),
        ("cgm", "", ""),
        ("meter", "before_meal", "malica"),
        ("meter", "before_breakfast", ""),
        ("meter", "night", ""),
        ("cgm", "", ""),
        ("meter", "", ""),
    ]


LOWS = [
    ("03-carelink-dutch.csv", b"7,3;A1", "LO;A1", "low"),
    ("03-carelink-dutch.csv", b"7,3;A1", "2,1;A1", "2.1 mmol/L"),
    ("10-libre-desktop.txt", b"7,3", "LO", "low"),
    ("10-libre-desktop.txt", b"7,6", "2,3", "2.3 mmol/L"),
    ("11-mysugr.csv", b"7.3", "Lo", "low"),
    ("11-mysugr.csv", b"7.3", "2.1", "2.1 mmol/L"),
    ("12-glucosio.csv", b"4.3mmol/L", "LO mmol/L", "low"),
    ("12-glucosio.csv", b"4.3mmol/L", "<1.1 mmol/L", "low"),
    ("18b-librelinkup.json", b"120,", '40,"isLow":true,', "low"),
    ("18b-librelinkup.json", b"120,", '44,"isLow":true,', "44 mg/dL"),
    ("18b-librelinkup.json", b"120,", '500,"isHigh":true,', "high"),
    ("21-sidiary.csv", b"120;", "Low;", "low"),
    ("21-sidiary.csv", b"118;", "34;", "34 mg/dL"),
    ("43-guardian-german.csv", b"5,4", "Niedrig", "low"),
    ("43-guardian-german.csv", b"5,4", "2,2", "2.2 mmol/L"),
]


@pytest.mark.parametrize(("name", "was", "put", "expected"), LOWS)
def test_a_low_of_any_case_is_never_dropped(name: str, was: bytes, put: str, expected: str) -> None:
    raw = (CASES / name).read_bytes()
    assert was in raw

    found = read_all(raw.replace(was, put.encode()), Unit.MG_DL)

    assert expected in [line[9:] for line in told(found)]


def test_a_diarys_row_with_sensor_and_meter_gives_both() -> None:
    raw = (CASES / "21-sidiary.csv").read_bytes().replace(b"120;;", b"120;41;")

    assert told(read_all(raw, Unit.MG_DL))[:2] == ["21 13:33 120 mg/dL", "21 13:33 41 mg/dL"]


def test_a_limit_without_a_unit_beside_rows_that_have_one_is_asked_about() -> None:
    raw = (CASES / "12-glucosio.csv").read_bytes().replace(b"4.3mmol/L", b"LO")

    asked = files.preview(io.BytesIO(raw), ZONE)

    assert asked.needs_answer == (Question.UNIT,)
    assert told(read_all(raw, Unit.MMOL_L)) == ["21 08:08 low", "21 01:30 12.2 mmol/L"]


@pytest.mark.parametrize("unit", [Unit.MG_DL, Unit.MMOL_L])
def test_a_unit_that_the_numbers_contradict_is_asked_again(unit: Unit) -> None:
    raw = (CASES / "21-sidiary.csv").read_bytes()
    if unit is Unit.MG_DL:
        raw = raw.replace(b"120;", b"6,7;").replace(b"118;", b"2,9;")

    assert files.preview(io.BytesIO(raw), ZONE, unit=unit).needs_answer == (Question.UNIT,)


def test_the_newest_value_of_librelinkup_stands_outside_its_list() -> None:
    one = (
        '{"FactoryTimestamp":"9/21/2026 1:38:20 PM","Timestamp":"9/21/2026 3:38:20 PM",'
        '"ValueInMgPerDl":61}'
    )
    raw = (CASES / "18b-librelinkup.json").read_text()
    raw = raw.replace('"data":{', f'"data":{{"connection":{{"glucoseMeasurement":{one}}},\n')

    found = read_all(raw.encode())

    assert told(found) == ["21 15:38 61 mg/dL", "21 15:33 120 mg/dL"]
    assert [one.line for one in found] == [1, 2]


def doubled_hour(order: Callable[[list[str]], object]) -> dict[datetime, str]:
    head, *rows = (CASES / "13-clarity-dst-fold.csv").read_text().splitlines()
    order(rows)
    found = read_all("\n".join([head, *rows]).encode())
    readings = [one for one in found if isinstance(one, FileRecord)]
    assert len(readings) == 36
    return {one.measured_at: str(one.value) for one in readings}


@pytest.mark.parametrize(
    "order",
    [list.copy, list.reverse, *(random.Random(seed).shuffle for seed in range(5))],  # noqa: S311 - no secret
    ids=["as measured", "reversed", *(f"shuffled {seed}" for seed in range(5))],
)
def test_the_doubled_hour_is_right_in_every_order_of_the_rows(
    order: Callable[[list[str]], object],
) -> None:
    assert doubled_hour(order) == {
        HOUR_BEFORE + n * timedelta(minutes=5): f"{5 + n / 10:.1f} mmol/L" for n in range(36)
    }


@pytest.mark.parametrize("step", [1, -1])
def test_without_a_counter_the_order_of_the_rows_tells_the_passes_apart(
    step: int,
) -> None:
    head = "Timestamp\tCGM Glucose Value (mmol/l)\tSerial Number"
    times = ["01:30", "02:00", "02:20", "02:40", "02:00", "02:20", "02:40", "03:00"]
    rows = [f"2026-10-25 {at}\t{5 + n / 10}\tS1" for n, at in enumerate(times)]

    found = read_all("\n".join([head, *rows[::step]]).encode())

    readings = sorted(
        (one.measured_at, str(one.value)) for one in found if isinstance(one, FileRecord)
    )
    assert [at.strftime("%H:%M") for at, _ in readings] == [
        "23:30", "00:00", "00:20", "00:40", "01:00", "01:20", "01:40", "02:00",
    ]  # fmt: skip
    assert [value for _, value in readings] == [f"{5 + n / 10} mmol/L" for n in range(8)]


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
