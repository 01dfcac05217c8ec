"""Tables of readings: columns, units, zones, days when the clock changes, clear refusals."""

import csv
import json
from contextlib import suppress
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from devices.glucose import Unit
from telehealth.cli import root
from telehealth.glycemia.local import BadZone, zone
from telehealth.glycemia.panel import panel
from telehealth.glycemia.table import BadTable, Subject, read
from tests.glycemia import made

LJUBLJANA = ZoneInfo("Europe/Ljubljana")


def _read(text: str, unit: Unit = Unit.MG_DL) -> dict[str, Subject]:
    return read(StringIO(text, newline=""), unit, LJUBLJANA)


def _day(wall: list[datetime], values: list[int] | None = None) -> Subject:
    values = values or [100] * len(wall)
    lines = [f"ana,{at},{value}" for at, value in zip(wall, values, strict=True)]
    return _read("\n".join(["subject,time,value", *lines]))["ana"]


def _walls(first: datetime, last: datetime) -> list[datetime]:
    """Every five minutes of elapsed time, as the clock on the wall shows them."""
    found, at = [], first.astimezone(ZoneInfo("UTC"))
    while at <= last.astimezone(ZoneInfo("UTC")):
        found.append(at.astimezone(LJUBLJANA).replace(tzinfo=None))
        at += timedelta(minutes=5)
    return found


def _whole_day(month: int, day: int) -> list[datetime]:
    start = datetime(2026, month, day, tzinfo=LJUBLJANA)
    return _walls(start, datetime(2026, month, day, 23, 55, tzinfo=LJUBLJANA))


@pytest.mark.parametrize(("month", "day", "slots"), [(3, 29, 276), (10, 25, 300), (6, 1, 288)])
def test_a_day_of_23_24_or_25_hours_is_worn_completely(month: int, day: int, slots: int):
    wall = _whole_day(month, day)

    for order in (wall, wall[::-1]):
        found = _day(order)

        assert len(found.readings.t) == slots
        assert found.readings.n_days == 1
        assert found.n_uncertain == 0
        assert panel(found.readings).results["wear_pct"].value == 100


def test_a_low_through_the_hour_that_exists_twice_is_one_episode_of_its_true_length():
    wall = _whole_day(10, 25)
    values = [60 if 2 <= at.hour < 3 else 100 for at in wall]

    found = panel(_day(wall, values).readings)

    assert found.episodes is not None
    assert found.episodes["hypo_l1"].count == 1  # type: ignore[index]  # the kind is its word
    assert found.episodes["hypo_l1"].mean_minutes == 120  # type: ignore[index]  # as above
    assert found.episodes["hypo_l1"].n_nocturnal == 1  # type: ignore[index]  # as above


def test_a_low_over_the_hour_that_never_was_is_one_episode():
    wall = _whole_day(3, 29)
    values = [60 if at.hour in {1, 3} else 100 for at in wall]

    found = panel(_day(wall, values).readings)

    assert found.episodes is not None
    assert found.episodes["hypo_l1"].mean_minutes == 120  # type: ignore[index]  # the kind is its word


def test_a_time_that_never_was_is_counted_as_uncertain_and_kept():
    found = _read("ana,2026-03-29 01:55,100\nana,2026-03-29 02:30,100\n")["ana"]

    assert found.n_uncertain == 1
    assert ((found.readings.t + found.readings.offset) % 86_400).tolist() == [6900, 9000]


def test_shuffled_rows_of_the_double_hour_are_uncertain_and_never_lost_elsewhere():
    wall = _whole_day(10, 25)
    wall.sort(key=lambda at: (at.minute, at.hour))

    found = _day(wall)

    assert found.n_uncertain == 24
    assert len(found.readings.t) == 288


def test_columns_may_stand_in_any_order_or_have_no_names():
    named = _read("\ufeffvalue,note,Time,subject\r\n100,x,2026-01-05 07:00:00,ana\r\n\r\n")
    plain = _read("ana,2026-01-05T07:00,100\n")

    for found in (named, plain):
        assert found["ana"].readings.ticks.tolist() == [100]
        assert found["ana"].readings.t.tolist() == [
            int(datetime(2026, 1, 5, 7, tzinfo=LJUBLJANA).timestamp())
        ]


def test_the_order_of_rows_and_repeated_rows_change_nothing():
    rows = [f"{row['id']},{row['time']},{row['gl']}" for row in made.rows()]
    mixed = rows + rows[:50]
    mixed.sort(key=lambda row: row[::-1])

    straight, shuffled = _read("\n".join(rows)), _read("\n".join(mixed))

    for name, subject in straight.items():
        first = panel(subject.readings, is_forced=True)
        second = panel(shuffled[name].readings, is_forced=True)
        assert first.results == second.results
        assert first.episodes == second.episodes
    assert sum(subject.n_repeated for subject in shuffled.values()) == 50


def test_values_in_mmol_are_tenths_and_never_converted_before_they_are_classified():
    found = _read("ana,2026-01-05 07:00,10.0\nana,2026-01-05 07:05,9.96\n", Unit.MMOL_L)

    readings = found["ana"].readings
    assert readings.ticks.tolist() == [100, 100]
    assert panel(readings, is_forced=True).results["tir_pct"].value == 100


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("subject,time\nana,2026-01-05 07:00\n", 1, "subject, time and value"),
        ("time,time,subject,value\n", 1, "subject, time and value"),
        ("ana,2026-01-05 07:00,100\nana,2026-01-05 07:05\n", 2, "2 columns"),
        ("ana,2026-01-05 07:00,100\n\n,2026-01-05 07:05,99\n", 3, "no subject"),
        ("ana,5. 1. 2026 07:00,100\n", 1, "5. 1. 2026 07:00 is no time"),
        ("ana,2026-01-05,100\n", 1, "is no time"),
        ("ana,0001-01-01 00:00,100\n", 1, "is no time"),
        ("ana,,100\n", 1, "an empty cell is no time"),
        ("ana,2026-01-05 07:00+01:00,100\n", 1, "has an offset"),
        ("ana,2026-01-05 07:00,lower\n", 1, "lower is no value in mg/dL"),
        ("ana,2026-01-05 07:00,\n", 1, "an empty cell is no value"),
        ("ana,2026-01-05 07:00,7.2\n", 1, "Is the unit right?"),
        ("ana,2026-01-05 07:00,NaN\n", 1, "NaN is no value"),
        ('ana,2026-01-05 07:00,"100\n', 1, "no CSV"),
        ("ana,2026-01-05 07:00,\x00\n", 1, ""),
    ],
)
def test_a_bad_row_is_refused_with_its_line(text: str, line: int, words: str):
    with pytest.raises(BadTable, match=rf"^Line {line}: ") as refused:
        _read(text)

    assert words in str(refused.value)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str):
    found = {}
    with suppress(BadTable):
        found = _read(text)

    assert all(len(subject.readings.t) for subject in found.values())


@pytest.mark.parametrize("name", ["GMT+4", "Etc/GMT+4", "EST", "Europe/Nowhere", "../etc", "", "/"])
def test_only_zones_of_places_and_utc_are_taken(name: str):
    with pytest.raises(BadZone):
        zone(name)

    assert zone("UTC").key == "UTC"


def _invoke(*words: str) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(root, ["glycemia", "report", *words, "--json"])
    return done.exit_code, json.loads(done.stdout or done.stderr)


def _mmol_file(folder: Path) -> Path:
    path = folder / "mmol.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "value", "subject"])
        for row in made.rows():
            tenths = np.round(int(row["gl"]) / 1.801559) / 10
            writer.writerow([row["time"], f"{tenths:.1f}", row["id"]])
    return path


def test_mean_and_spread_come_in_the_unit_of_the_file(tmp_path: Path):
    path = _mmol_file(tmp_path)

    code, answer = _invoke(
        str(path), "--unit", "mmol/L", "--zone", "Europe/Ljubljana", "--preset", "older", "--force"
    )

    assert code == 0
    found = answer["subjects"]["AZT1D-12"]
    assert answer["targets"]["in_range"] == [3.9, 10.0]
    assert answer["targets"]["goals"]["tir_pct"] == "> 50 %"
    assert abs(found["mean"] - 140.275 / 18.0156) < 0.01
    assert abs(found["sd"] - 47.68 / 18.0156) < 0.01
    assert abs(found["gmi_pct"] - 6.665) < 0.01
    assert abs(found["modd"] - 46.63) < 0.2
    assert found["episodes"]["hyper_l2"] == 4


def test_the_command_refuses_in_one_line(tmp_path: Path):
    bad, empty, bytes_ = tmp_path / "bad.csv", tmp_path / "empty.csv", tmp_path / "bytes.csv"
    bad.write_text("subject,time,value\nana,yesterday,100\n")
    empty.write_text("subject,time,value\n")
    bytes_.write_bytes(b"ana,\xff\xfe,1\n")
    options = ("--unit", "mg/dL", "--zone", "Europe/Ljubljana")

    code, answer = _invoke(str(bad), *options)
    assert (code, answer["error"], answer["line"]) == (1, "table", 2)
    assert answer["detail"].startswith("bad.csv: Line 2: yesterday is no time")
    assert _invoke(str(empty), *options)[1]["detail"] == "empty.csv has no readings."
    assert "UTF-8" in _invoke(str(bytes_), *options)[1]["detail"]
    code, answer = _invoke(str(empty), "--unit", "mg/dL", "--zone", "GMT+4")
    assert (code, answer["error"]) == (1, "zone")


def test_a_unit_is_never_guessed(tmp_path: Path):
    path = tmp_path / "some.csv"
    path.write_text("ana,2026-01-05 07:00,20\n")

    done = CliRunner().invoke(root, ["glycemia", "report", str(path), "--zone", "UTC"])

    assert done.exit_code == 2
    assert "--unit" in done.output


def test_people_get_lines_with_the_reason_beside_what_is_missing():
    file = str(made.DATA / "azt1d.csv")

    done = CliRunner().invoke(
        root, ["glycemia", "report", file, "--unit", "mg/dL", "--zone", "America/Phoenix"]
    )

    assert done.exit_code == 0
    assert "AZT1D-13" in done.output
    assert "136.23 mg/dL" in done.output
    assert "not enough data: 10 of 14 days, 99 % wear" in done.output


def test_a_few_scattered_readings_get_no_trace_metrics_and_say_why(tmp_path: Path):
    path = tmp_path / "few.csv"
    path.write_text("ana,2026-01-05 07:00,100\nana,2026-01-05 12:00,60\n")

    _, answer = _invoke(str(path), "--unit", "mg/dL", "--zone", "UTC", "--force")

    found = answer["subjects"]["ana"]
    assert found["mean"] == 80
    assert found["below_70_pct"] == 50
    assert found["modd"] is None
    assert found["episodes"]["hypo_l1"] is None
    assert found["why"]["modd"].startswith("no continuous trace")
    assert found["why"]["episodes"].startswith("no continuous trace")
