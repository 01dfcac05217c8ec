"""Exports of other systems, as patients bring them: exact counts and values."""

import io
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices import files
from devices.files import (
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
from devices.meaning import Doubt

DATA = Path(__file__).parent / "data"
ZONE = ZoneInfo("Europe/Ljubljana")
LIBREVIEW = (
    "Device,Serial Number,Device Timestamp,Record Type,Historic Glucose {unit},"
    "Scan Glucose {unit},Non-numeric Rapid-Acting Insulin,Rapid-Acting Insulin (units),"
    "Non-numeric Food,Carbohydrates (grams),Carbohydrates (servings),"
    "Non-numeric Long-Acting Insulin,Long-Acting Insulin (units),Notes,Strip Glucose {unit},"
    "Ketone mmol/L,Meal Insulin (units),Correction Insulin (units),User Change Insulin (units)\n"
)
SWEDISH = (
    "Enhet,Serienummer,Enhetens tidsstämpel,Registertyp,Historiskt glukosvärde mmol/L,"
    "Skanna glukosvärde mmol/L,a,b,c,d,e,f,g,Anteckningar,Glukossticka mmol/L,Keton mmol/L,h,i,j\n"
)
GERMAN = (
    "Gerät,Seriennummer,Gerätezeitstempel,Aufzeichnungstyp,Glukosewert-Verlauf mg/dL,"
    "Glukose-Scan mg/dL,a,b,c,d,e,f,g,Notizen,Glukose-Teststreifen mg/dL,Keton mmol/L,h,i,j,"
    "Zurückliegender Ketonwert mmol/L,Scan-Ketonwert mmol/L\n"
)


def libreview(*rows: str, unit: str = "mmol/L") -> str:
    return LIBREVIEW.format(unit=unit) + "\n".join(f"Libre,S1,{row}" for row in rows)


def looked_at(text: str | bytes, zone: ZoneInfo = ZONE) -> Preview:
    return files.preview(io.BytesIO(text.encode() if isinstance(text, str) else text), zone)


def everything(text: str | bytes, seen: Preview | None = None) -> list[FileRecord | Skipped]:
    raw = text.encode() if isinstance(text, str) else text
    seen = seen or looked_at(raw)
    return list(files.read(io.BytesIO(raw), seen.format, seen.zone, seen.answers))


def records(text: str | bytes, seen: Preview | None = None) -> list[FileRecord]:
    return [one for one in everything(text, seen) if isinstance(one, FileRecord)]


def values(found: list[FileRecord]) -> list[str]:
    return [str(one.value) for one in found]


@pytest.mark.parametrize(
    ("name", "format_", "unit", "taken", "skipped", "first", "last"),
    [
        (
            "clarity_mgdl.csv",
            Format.CLARITY,
            Unit.MG_DL,
            {RecordKind.CGM: 5},
            {Reason.PERSONAL: 4, Reason.DEVICE: 1, Reason.ALERT: 7},
            "2020-02-13T16:50:00",
            "2020-02-13T17:10:00",
        ),
        (
            "libreview_mgdl_mdy.csv",
            Format.LIBREVIEW,
            Unit.MG_DL,
            {RecordKind.CGM: 6, RecordKind.SCAN: 4},
            {Reason.NOT_GLUCOSE: 4},
            "2021-05-30T14:58:00",
            "2021-06-07T15:20:00",
        ),
        (
            "glooko_bg_mmol.tsv",
            Format.GLOOKO_BG,
            Unit.MMOL_L,
            {RecordKind.METER: 52},
            {},
            "2025-01-01T06:30:00",
            "2025-01-13T21:00:00",
        ),
        (
            "glooko_cgm_mmol.tsv",
            Format.GLOOKO_CGM,
            Unit.MMOL_L,
            {RecordKind.CGM: 598},
            {},
            "2024-12-31T23:00:00",
            "2025-01-04T12:14:00",
        ),
        (
            "nightscout_entries.json",
            Format.NIGHTSCOUT,
            Unit.MG_DL,
            {RecordKind.CGM: 60},
            {},
            "2026-04-05T15:35:26",
            "2026-04-05T20:30:29",
        ),
        (
            "tidepool.json",
            Format.TIDEPOOL,
            Unit.MG_DL,
            {RecordKind.CGM: 90},
            {Reason.NO_VALUE: 22, Reason.NOT_GLUCOSE: 28},
            "2018-01-17T10:51:17",
            "2018-01-18T09:36:24",
        ),
        (
            "xdrip_sgv.json",
            Format.XDRIP,
            Unit.MG_DL,
            {RecordKind.CGM: 2},
            {},
            "2026-10-25T00:30:00",
            "2026-10-25T01:30:00",
        ),
    ],
)
def test_an_export_is_recognised_and_counted_to_the_last_row(
    name: str,
    format_: Format,
    unit: Unit,
    taken: dict[RecordKind, int],
    skipped: dict[Reason, int],
    first: str,
    last: str,
) -> None:
    raw = (DATA / name).read_bytes()

    seen = looked_at(raw)

    assert files.recognise(raw[: files.HEAD_BYTES]) is format_
    assert (seen.format, seen.unit, seen.needs_answer) == (format_, unit, ())
    assert seen.taken == taken
    assert {why: one.count for why, one in seen.skipped.items()} == skipped
    assert seen.first is not None
    assert seen.last is not None
    assert seen.first.replace(microsecond=0) == datetime.fromisoformat(first).replace(tzinfo=UTC)
    assert seen.last.replace(microsecond=0) == datetime.fromisoformat(last).replace(tzinfo=UTC)
    assert Counter(one.kind for one in records(raw)) == taken
    assert len({one.key for one in records(raw)}) == sum(taken.values())


def test_alert_settings_of_clarity_never_become_readings() -> None:
    found = records((DATA / "clarity_mgdl.csv").read_bytes())

    assert values(found) == [f"{n} mg/dL" for n in (108, 110, 112, 114, 116)]


def test_history_and_scan_of_one_minute_are_two_readings() -> None:
    found = records((DATA / "libreview_mgdl_mdy.csv").read_bytes())

    history = [one for one in found if one.kind is RecordKind.CGM]
    scans = [one for one in found if one.kind is RecordKind.SCAN]
    assert values(history) == [f"{n} mg/dL" for n in (69, 66, 62, 68, 67, 67)]
    assert values(scans) == [f"{n} mg/dL" for n in (50, 64, 65, 63)]


def test_a_date_that_may_be_may_or_december_is_asked() -> None:
    raw = (DATA / "libreview_mmol_ambiguous_date.csv").read_bytes()

    seen = looked_at(raw)

    assert seen.needs_answer == (Question.DATE_ORDER,)
    assert (seen.date_order, seen.first, seen.sample, seen.n_taken) == (None, None, (), 6)
    with pytest.raises(FileError) as refused:
        everything(raw, seen)
    assert refused.value.trouble is Trouble.UNANSWERED


@pytest.mark.parametrize(("order", "month"), [(DateOrder.DMY, 12), (DateOrder.MDY, 5)])
def test_the_answer_about_the_date_is_followed(order: DateOrder, month: int) -> None:
    raw = (DATA / "libreview_mmol_ambiguous_date.csv").read_bytes()

    seen = files.preview(io.BytesIO(raw), ZONE, date_order=order)

    assert (seen.needs_answer, seen.date_order) == ((), order)
    found = records(raw, seen)
    assert values(found) == [f"{n} mmol/L" for n in ("6.3", "6.4", "6.5", "6.7", "6.9", "7.1")]
    assert {one.wall.month for one in found if one.wall} == {month}


def test_a_day_beyond_twelve_decides_against_a_wrong_answer() -> None:
    raw = libreview("30-05-2021 10:00,0,5.1", "01-06-2021 10:00,0,5.2").encode()

    seen = files.preview(io.BytesIO(raw), ZONE, date_order=DateOrder.MDY)

    assert (seen.date_order, seen.needs_answer) == (DateOrder.DMY, ())
    assert [one.wall for one in records(raw, seen)] == [
        datetime(2021, 5, 30, 10),  # noqa: DTZ001 - a wall clock has no zone
        datetime(2021, 6, 1, 10),  # noqa: DTZ001 - a wall clock has no zone
    ]


def test_a_file_that_shows_both_orders_is_asked_about() -> None:
    seen = looked_at(libreview("30-05-2021 10:00,0,5.1", "05-30-2021 10:00,0,5.2"))

    assert seen.needs_answer == (Question.DATE_ORDER,)


@pytest.mark.parametrize(
    "written",
    [
        "30-05-2021 16:07",
        "30/05/2021 16:07:00",
        "30.05.2021 16:07",
        "30. 05. 2021 16:07",
        "05-30-2021 04:07 PM",
        "5/30/21 16:07",
        "2021-05-30T16:07:00",
        "2021-05-30 4:07 p.m.",
        "2021/05/30 16:07",
    ],
)
def test_every_layout_of_a_date_is_the_same_minute(written: str) -> None:
    found = records(libreview(f"{written},0,5.1"))

    assert [one.measured_at for one in found] == [datetime(2021, 5, 30, 14, 7, tzinfo=UTC)]


def test_semicolons_decimal_commas_and_utf_16_are_read() -> None:
    text = libreview("30-05-2021 16:07,0,5.1").replace(",", ";").replace("5.1", "5,1")

    seen = looked_at(text.encode("utf-16"))

    assert (seen.unit, seen.n_taken) == (Unit.MMOL_L, 1)
    assert values(records(text.encode("utf-16"))) == ["5.1 mmol/L"]


def test_a_file_with_columns_of_its_own_is_not_taken_for_the_format_it_resembles() -> None:
    heading = LIBREVIEW.format(unit="mmol/L").rstrip("\n") + ",Mean of the day mmol/L\n"

    seen = looked_at(heading + "Libre,S1,30-05-2021 16:07,0,5.1")

    assert (seen.format, seen.needs_answer) == (Format.TABLE, (Question.TABLE,))


def test_german_headings_are_known_and_unknown_ones_are_confirmed_first() -> None:
    german = GERMAN + "Libre,S1,30-05-2021 16:07,2,,,,,,,,,,,140,,,,,,"
    swedish = (SWEDISH + "Libre,S1,30-05-2021 16:07,0,5.1").encode()

    asked = looked_at(swedish)
    confirmed = files.preview(io.BytesIO(swedish), ZONE, confirms_columns=True)

    assert values(records(german)) == ["140 mg/dL"]
    assert (asked.needs_answer, asked.n_taken) == ((Question.COLUMNS,), 0)
    assert values(records(swedish, confirmed)) == ["5.1 mmol/L"]


def test_a_unit_no_heading_names_is_asked() -> None:
    raw = libreview("30-05-2021 16:07,0,20", unit="").encode()

    asked = looked_at(raw)
    answered = files.preview(io.BytesIO(raw), ZONE, unit=Unit.MMOL_L)

    assert (asked.needs_answer, asked.unit, asked.n_taken) == ((Question.UNIT,), None, 0)
    assert values(records(raw, answered)) == ["20.0 mmol/L"]


def test_a_heading_is_stronger_than_an_answer_about_the_unit() -> None:
    raw = libreview("30-05-2021 16:07,0,1.9").encode()

    seen = files.preview(io.BytesIO(raw), ZONE, unit=Unit.MG_DL)

    assert values(records(raw, seen)) == ["1.9 mmol/L"]


def test_ketones_hi_lo_and_nonsense_are_told_apart() -> None:
    text = libreview(
        "30-05-2021 16:00,0,HI",
        "30-05-2021 16:01,1,,LO",
        "30-05-2021 16:02,3,,,,,,,,,,,,1.9",
        "30-05-2021 16:03,0,",
        "30-05-2021 16:04,0,5.1.2",
        "30-05-2021 16:05,0,0.3",
        "31-02-2021 16:06,0,5.1",
        "30-05-2021 16:07,9,5.1",
        "30-05-2021 16:08,0,5.1",
    )

    found = everything(text)

    assert [one.limit for one in found if isinstance(one, FileRecord)] == [
        Limit.HIGH,
        Limit.LOW,
        None,
    ]
    assert [(one.line, one.reason) for one in found if isinstance(one, Skipped)] == [
        (4, Reason.KETONE),
        (5, Reason.NO_VALUE),
        (6, Reason.BAD_VALUE),
        (7, Reason.IMPLAUSIBLE),
        (8, Reason.BAD_TIME),
        (9, Reason.BAD_ROW),
    ]
    assert looked_at(text).out_of_range == 2


def test_a_quotation_mark_left_open_costs_one_row() -> None:
    text = libreview(
        '30-05-2021 15:00,6,,,,,,,,,,"two\nlines"',
        '30-05-2021 16:00,6,,,,,,,,,,"never closed',
        *(f"30-05-2021 17:{minute:02},0,5.1" for minute in range(40)),
    )

    found = everything(text)

    assert len([one for one in found if isinstance(one, FileRecord)]) == 40
    assert [one for one in found if isinstance(one, Skipped)] == [
        Skipped(2, Reason.NOT_GLUCOSE),
        Skipped(4, Reason.BAD_ROW),
    ]


def test_the_hour_that_is_left_out_and_the_one_that_comes_twice_are_told_apart() -> None:
    text = libreview(
        "28-03-2027 02:30,0,5.0",
        "31-10-2027 01:45,0,5.1",
        "31-10-2027 02:30,0,5.2",
        "31-10-2027 02:30,0,5.2",
        "31-10-2027 03:00,0,5.3",
    )

    seen, found = looked_at(text), records(text)

    assert seen.skipped[Reason.CLOCK_GAP].lines == (2,)
    assert seen.folds == (4, 5)
    assert [one.measured_at.strftime("%H:%M") for one in found] == [
        "23:45",
        "00:30",
        "01:30",
        "02:00",
    ]
    assert [one.doubt for one in found] == [None, Doubt.CLOCK_FOLD, Doubt.CLOCK_FOLD, None]
    assert len({one.key for one in found}) == 4


def test_the_same_row_in_another_layout_has_the_same_key() -> None:
    first = records(libreview("30-05-2021 16:07,0,5.0"))
    again = records(libreview("2021-05-30T16:07:00,0,5"))

    assert first[0].key == again[0].key


def test_glooko_in_german_with_commas_is_read() -> None:
    text = "Name:A\nZeitstempel,CGM-Glukosewert (mg/dl),Seriennummer\n2021-05-30 16:07,140,77\n"

    seen = looked_at(text)

    assert (seen.format, seen.unit, seen.n_taken) == (Format.GLOOKO_CGM, Unit.MG_DL, 1)


def test_tidepools_true_mmol_values_stay_mmol() -> None:
    text = """[
{"type":"smbg","units":"mmol/L","value":5.5,"time":"2021-05-30T14:07:00Z","uploadId":"u",
 "subType":"manual","deviceTime":"2021-05-30T16:07:00"},
{"type":"cbg","units":"mmol/L","value":3.94103,"time":"2021-05-30T14:07:00Z","uploadId":"u"},
{"type":"cbg","units":"mg/dL","value":40,"time":"2021-05-30T14:07:00Z","uploadId":"u",
 "annotations":[{"code":"bg/out-of-range","value":"low","threshold":40}]}]"""

    found = records(text)

    assert [(one.kind, str(one.value), one.limit) for one in found] == [
        (RecordKind.MANUAL, "5.5 mmol/L", None),
        (RecordKind.CGM, "3.9 mmol/L", None),
        (RecordKind.CGM, "None", Limit.LOW),
    ]


def test_nightscouts_texts_error_codes_and_other_types_are_told_apart() -> None:
    text = """[
{"type":"cal","date":1622383620000,"slope":1},
{"type":"sgv","date":1622383620000,"sgv":"118"},
{"type":"mbg","date":"1622383620000","mbg":120},
{"type":"sgv","date":1622383620000,"sgv":12},
{"type":"sgv","dateString":"2021-05-30T16:07:00.000+0200","sgv":119},
{"type":"sgv","sgv":120},
7,
{"type":"sgv","date":1622383620000,"sgv":1"""

    found = everything(text)

    assert [(one.kind, str(one.value)) for one in found if isinstance(one, FileRecord)] == [
        (RecordKind.CGM, "118 mg/dL"),
        (RecordKind.METER, "120 mg/dL"),
        (RecordKind.CGM, "119 mg/dL"),
    ]
    assert {one.measured_at for one in found if isinstance(one, FileRecord)} == {
        datetime(2021, 5, 30, 14, 7, tzinfo=UTC)
    }
    assert [(one.line, one.reason) for one in found if isinstance(one, Skipped)] == [
        (2, Reason.NOT_GLUCOSE),
        (5, Reason.ERROR_CODE),
        (7, Reason.BAD_TIME),
        (8, Reason.BAD_ROW),
        (9, Reason.CUT_OFF),
    ]


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1e-999999999", Reason.IMPLAUSIBLE),
        ("-5", Reason.IMPLAUSIBLE),
        ("0", Reason.ERROR_CODE),
        ('"12"', Reason.ERROR_CODE),
    ],
)
def test_only_codes_up_to_twelve_are_codes(number: str, reason: Reason) -> None:
    text = f'[{{"type":"sgv","date":1622383620000,"sgv":{number}}}]'

    assert everything(text) == [Skipped(1, reason)]


@pytest.mark.parametrize("number", ["13", "38", '"38"', "39"])
def test_a_number_between_codes_and_range_is_lo(number: str) -> None:
    text = f'[{{"type":"sgv","date":1622383620000,"sgv":{number}}}]'

    assert [one.limit for one in records(text)] == [Limit.LOW]


def test_xdrip_values_are_mg_dl_whatever_the_hint_says() -> None:
    found = records((DATA / "xdrip_sgv.json").read_bytes())

    assert values(found) == ["118 mg/dL", "109 mg/dL"]
