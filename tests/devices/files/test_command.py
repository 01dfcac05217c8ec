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


def test_a_file_of_no_known_format_is_refused_in_the_persons_language():
    refused = run(str(DATA / "LICENSES.txt"), "--lang", "sl")

    assert refused.exit_code == 5
    assert "Oblika datoteke ni znana" in refused.stderr
