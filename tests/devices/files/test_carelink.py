"""CareLink: sections, semicolons, a decimal comma; readings of sensor and meter, nothing twice."""

import io
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from devices import files
from devices.files import FileError, FileRecord, Format, Reason, RecordKind, Skipped, Trouble
from devices.glucose import Unit

CARELINK = Path(__file__).parent / "data" / "carelink_mmol.csv"
ZONE = ZoneInfo("Europe/Ljubljana")


def read_all(raw: bytes) -> list[FileRecord | Skipped]:
    seen = files.preview(io.BytesIO(raw), ZONE)
    return list(files.read(io.BytesIO(raw), seen.format, ZONE, seen.answers))


def test_sections_are_read_with_their_own_headings() -> None:
    seen = files.preview(io.BytesIO(CARELINK.read_bytes()), ZONE)

    assert seen.format is Format.CARELINK
    assert seen.unit is Unit.MMOL_L
    assert seen.needs_answer == ()
    assert dict(seen.taken) == {RecordKind.METER: 2, RecordKind.CGM: 4}
    assert {why: one.count for why, one in seen.skipped.items()} == {
        Reason.PERSONAL: 4,
        Reason.DEVICE: 6,
        Reason.NOT_GLUCOSE: 6,
    }


def test_values_times_and_devices_are_those_of_the_rows() -> None:
    found = [one for one in read_all(CARELINK.read_bytes()) if isinstance(one, FileRecord)]

    assert [(str(one.value), one.kind) for one in found] == [
        ("7.2 mmol/L", RecordKind.METER),
        ("11.4 mmol/L", RecordKind.METER),
        ("4.9 mmol/L", RecordKind.CGM),
        ("5.1 mmol/L", RecordKind.CGM),
        ("8.0 mmol/L", RecordKind.CGM),
        ("16.7 mmol/L", RecordKind.CGM),
    ]
    assert found[0].measured_at.isoformat() == "2026-10-24T05:31:05+00:00"
    assert found[2].measured_at.isoformat() == "2026-10-25T02:05:00+00:00"
    assert {one.device for one in found} == {"MiniMed 780G MMT-1886"}


def test_a_calibration_is_not_counted_beside_its_blood_glucose() -> None:
    lines = {one.line for one in read_all(CARELINK.read_bytes()) if isinstance(one, FileRecord)}

    assert 10 not in lines


def test_a_row_with_two_values_gives_both() -> None:
    text = (
        "Index;Date;Time;BG Reading (mg/dL);Sensor Glucose (mg/dL)\n1;2026/10/24;07:00:00;110;120"
    )

    found = [one for one in read_all(text.encode()) if isinstance(one, FileRecord)]
    assert [(str(one.value), one.kind) for one in found] == [
        ("120 mg/dL", RecordKind.CGM),
        ("110 mg/dL", RecordKind.METER),
    ]


def test_headings_in_another_language_are_refused_by_name() -> None:
    text = "Index;Datum;Uhrzeit;New Device Time;BZ-Messwert (mg/dl)\n"

    with pytest.raises(FileError) as refused:
        files.preview(io.BytesIO(text.encode()), ZONE)

    assert refused.value.trouble is Trouble.CARELINK
    assert Format.CARELINK in refused.value.nearest


def test_the_name_in_the_preamble_is_found_for_showing() -> None:
    assert files.person_in(io.BytesIO(CARELINK.read_bytes())) == "Oseba Vzorčna"
