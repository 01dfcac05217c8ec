"""The command `glucometer file` as a person or another program uses it."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from devices.cli import main

DATA = Path(__file__).parent / "data"
AMBIGUOUS = str(DATA / "libreview_mmol_ambiguous_date.csv")


def run(*words: str) -> Result:
    environment = {"GLUCOMETER_LANG": "en", "GLUCOMETER_ZONE": "Europe/Ljubljana"}
    return CliRunner().invoke(main, ["file", *words], env=environment)


def test_a_file_is_told_in_sentences_with_what_was_left_out_and_why():
    said = run(str(DATA / "clarity_mgdl.csv"))

    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "Format clarity, unit mg/dL, times in Europe/Ljubljana.",
        "Readings: 5",
        "  sensor: 5",
        "Not taken, data of a person: 4 (from line 2)",
        "Not taken, data of the device: 1 (from line 6)",
        "Not taken, alert setting: 7 (from line 7)",
        "From 2020-02-13 17:50 to 2020-02-13 18:10",
    ]


def test_an_ambiguous_date_is_asked_and_the_answer_taken():
    asked = json.loads(run(AMBIGUOUS, "--json").stdout)
    answered = json.loads(run(AMBIGUOUS, "--date-order", "mdy", "--json").stdout)

    assert (asked["needs_answer"], asked["first"], asked["n_taken"]) == (["date_order"], None, 6)
    assert "day or month" in run(AMBIGUOUS).stdout
    assert (answered["needs_answer"], answered["date_order"]) == ([], "mdy")
    assert answered["first"] == "2019-05-12T14:25:00+00:00"
    assert answered["sample"][0]["value"] == "6.3"


def test_the_columns_of_an_unknown_table_are_named_by_heading_or_number(tmp_path: Path) -> None:
    table = tmp_path / "zvezek.csv"
    table.write_text("Dan;Ura;mmol/L\n21.9.2026;7.30;5,4\n22.9.2026;8.00;prenizko\n")
    named = [
        "--time-column",
        "dan",
        "--clock-column",
        "2",
        "--value-column",
        "3",
        "--kind",
        "meter",
    ]

    asked = json.loads(run(str(table), "--json").stdout)
    words = run(str(table), *named)
    read = json.loads(run(str(table), *named, "--low", "Prenizko", "--json").stdout)

    assert asked["needs_answer"] == ["table"]
    assert words.stdout.splitlines()[-1] == "  prenizko"
    assert (read["n_taken"], read["out_of_range"], read["skipped"]) == (2, 1, {})
    assert read["sample"][1]["value"] == "low"
    assert "no such column" in run(str(table), *named, "--unit-column", "9").output
    assert "together" in run(str(table), "--time-column", "1").output
    assert "one thing" in run(str(table), *named, "--unit-column", "Dan").output


def test_a_picture_is_called_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "merilnik.csv"
    picture.write_bytes(b"\xff\xd8\xff\xe0" + bytes(50))

    assert "This is a picture." in run(str(picture)).stderr


def test_a_file_of_no_known_format_is_refused_in_the_persons_language():
    refused = run(str(DATA / "LICENSES.txt"), "--lang", "sl")

    assert refused.exit_code == 5
    assert "Oblika datoteke ni znana" in refused.stderr
