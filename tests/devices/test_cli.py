"""The command `glucometer` as a person or another program uses it."""

import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from devices.queue import Queue
from devices.sim.memory import record

from .conftest import NOW_WALL, ZONE, Glucometer, Reach, StandInServer, put
from .test_gatt import VECTORS, agrees

COMMANDS = [
    "scan",
    "pair",
    "claim",
    "sync",
    "watch",
    "status",
    "release",
    "discard",
    "unit",
    "simulate",
    "doctor",
    "decode",
    "file",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(glucometer: Glucometer, command: str):
    helped = glucometer(command, "--help")

    assert helped.exit_code == 0
    assert command in glucometer("--help").stdout
    assert "--json" in helped.stdout


def test_from_pairing_to_the_server_and_a_second_time_nothing(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach, paired=False)

    seen = sending("scan", "--seconds", "0.3")
    paired = sending("pair", typed="123456\n")
    claimed = sending("claim")
    first = sending("sync")
    second = sending("sync")

    assert "meter+00000001" in seen.stdout
    assert (paired.exit_code, claimed.exit_code) == (0, 0)
    assert "Paired with Accu-Chek Guide" in paired.stdout
    assert "claimed for patient 7" in claimed.stdout
    assert first.exit_code == 0
    assert "New readings: 12" in first.stdout
    assert "Sent: 12 new, 0 known already, 0 refused." in first.stdout
    assert second.exit_code == 0
    assert second.stdout == "No new readings.\n"
    assert len(server.stored) == 12
    assert {sent["device"] for sent in server.stored.values()} == {
        "Roche | Accu-Chek Guide (simulated) | SIM0000003"
    }


def test_a_server_that_was_down_has_everything_once_it_is_back(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach)
    sending("sync")
    sending("claim", "--with-history")
    down = Glucometer(sending.environment | {"GLUCOMETER_SERVER": "http://127.0.0.1:1"})
    server.broken = [401]

    refused = sending("sync", "--only-send")
    away = down("doctor")
    back = sending("sync", "--only-send")

    assert "does not accept this device token" in refused.stderr
    assert refused.exit_code == 10
    assert "cannot be reached" in away.stdout
    assert back.exit_code == 0
    assert len(server.stored) == 12


def test_an_unclaimed_meter_is_read_but_nothing_is_sent(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach)

    read = sending("sync")

    assert read.exit_code == 6
    assert "Nobody has claimed this meter" in read.stderr
    assert "New readings: 12" in read.stdout
    assert server.requests == []


def test_a_meter_claimed_for_another_patient_sends_nothing(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach)
    sending("sync")
    sending("claim", "--with-history")

    other = sending("sync", "--patient", "8")

    assert other.exit_code == 6
    assert "another patient" in other.stderr
    assert server.requests == []


def test_a_wrong_number_is_said_plainly(glucometer: Glucometer, reach: Reach):
    put(reach, paired=False)

    wrong = glucometer("pair", "--passkey", "111111")
    given_up = glucometer("pair", typed="\n")
    unpaired = glucometer("sync")

    assert "not the one the meter shows" in wrong.stderr
    assert "given up" in given_up.stderr
    assert "glucometer pair" in unpaired.stderr
    assert len({wrong.exit_code, given_up.exit_code, unpaired.exit_code, 0}) == 4


def test_the_present_can_be_given_beside_a_simulated_meter(glucometer: Glucometer, reach: Reach):
    reach.put()  # its clock shows a day long ago

    synced = glucometer("sync", "--now", NOW_WALL.isoformat())

    assert "New readings: 12" in synced.stdout
    assert glucometer.data("status")["queue"]["quarantined"] == 0


def test_a_refused_reading_is_told_and_listed_and_the_others_arrive(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach)
    sending("pair")
    sending("claim")
    refused: list[str] = []
    server.refuses = lambda sent: refused.append(sent["key"]) or "too_old" if not refused else None

    synced = sending("sync")
    status = sending.data("status")

    assert synced.exit_code == 7
    assert "Sent: 11 new, 0 known already, 1 refused." in synced.stdout
    assert status["queue"]["rejected"] == 1
    assert status["aside"][0]["reasons"] == ["value: too_old"]


def test_what_is_no_certain_glucose_is_shown_with_its_reason_and_not_sent(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach, "hi", "lo", "nan", "control", "placeholder", "month-13", "truncated")
    sending("pair")
    sending("claim")

    synced = sending("sync")
    status = sending("status")
    data = sending.data("status")

    assert "HI, above meter range" in synced.stdout
    assert len(server.stored) == 14
    assert data["queue"] == {
        "pending": 0, "sent": 14, "rejected": 0, "quarantined": 3, "kept": 2, "discarded": 0
    }  # fmt: skip
    assert "time uncertain: no such date" in status.stdout
    assert "control solution" in status.stdout
    assert "no blood has this value" in status.stdout


def test_a_meter_whose_clock_is_wrong_is_told_so(glucometer: Glucometer, reach: Reach):
    put(reach, "clock-off")

    synced = glucometer("sync")

    assert "The meter's clock is 60 minutes ahead" in synced.stdout
    assert glucometer.data("status")["queue"]["quarantined"] == 12


def test_watching_says_only_what_is_new(sending: Glucometer, reach: Reach):
    peripheral = put(reach)
    sending("pair")
    sending("claim")
    peripheral.meter.memory.append(
        record(13, datetime.now(ZONE).replace(tzinfo=None, microsecond=0), 111)
    )

    watched = sending("watch", "--times", "3", "--every", "0", "--find", "3")

    assert watched.exit_code == 0
    assert watched.stdout.count("New readings: 13") == 1
    assert "No new readings." not in watched.stdout


def test_programs_get_the_same_as_data(sending: Glucometer, reach: Reach):
    put(reach)
    sending("pair")
    sending("claim")

    data = sending.data("sync")

    assert len(data["new"]) == 12
    assert data["upload"]["accepted"] == 12
    assert data["meter"]["patient"] == "7"
    assert (data["trouble"], data["outcome"], data["claimed"]) == (None, "done", True)
    assert sending.data("scan", "--seconds", "0.3")[0]["kind"] == "Accu-Chek"


@pytest.mark.parametrize(
    ("fault", "lang", "sentence"),
    [
        ("powered-off", "en", "Bluetooth is switched off. Switch it on."),
        ("powered-off", "sl", "Bluetooth je izklopljen. Vklopite ga."),
        ("no-adapter", "en", "This computer has no Bluetooth adapter."),
    ],
)
def test_bluetooth_that_cannot_be_used_is_one_plain_sentence(
    glucometer: Glucometer, reach: Reach, fault: str, lang: str, sentence: str
):
    put(reach, fault)

    scanned = glucometer("scan", "--lang", lang)
    checked = glucometer("doctor", "--lang", lang)

    assert scanned.exit_code == checked.exit_code > 20
    assert sentence in scanned.stderr
    assert sentence in checked.stdout
    assert "Traceback" not in scanned.output


def test_without_any_bus_the_person_is_told_what_else_can_be_done(
    glucometer: Glucometer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")

    for words in (["scan"], ["pair"], ["sync"]):
        failed = glucometer(*words)
        assert "System D-Bus is not running." in failed.stderr
        assert failed.exit_code == 20
    assert glucometer.data("scan")["error"] == "no_dbus"


def test_two_meters_must_be_told_apart_when_claiming(glucometer: Glucometer, tmp_path: Path):
    with Queue(tmp_path / "data" / "queue.sqlite3") as queue:
        queue.meter("Roche | Guide | 1", name="Guide", address="C0:01")
        queue.meter("Roche | Guide | 2", name="Guide", address="C0:02")

    unclear = glucometer("claim", "--patient", "7")
    clear = glucometer("claim", "c0:02", "--patient", "7")
    nobody = glucometer("claim", "Contour", "--patient", "7")
    ended = glucometer("claim", "C0:02", "--end")

    assert "Roche | Guide | 1; Roche | Guide | 2" in unclear.stderr
    assert (unclear.exit_code, clear.exit_code, nobody.exit_code) == (4, 0, 4)
    assert "ended" in ended.stdout


def test_a_folder_that_cannot_be_written_is_one_line(glucometer: Glucometer, tmp_path: Path):
    (tmp_path / "file").write_text("in the way")

    failed = glucometer("status", "--data", str(tmp_path / "file" / "data"))

    assert failed.exit_code == 3
    assert "The local queue cannot be used" in failed.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["decode", "glucose_measurement", "zz"],
        ["decode", "nothing", "00"],
        ["sync", "--zone", "Mars/Olympus"],
        ["sync", "--server", "http://clinic.example", "--token", "t"],
        ["simulate", "--socket", "x", "--fault", "nonsense"],
        ["claim"],
    ],
)
def test_wrong_words_are_refused_with_usage(glucometer: Glucometer, words: list[str]):
    refused = glucometer(*words)

    assert refused.exit_code in {2, 4}
    assert "Traceback" not in refused.output


def test_bytes_are_decoded_for_people_and_for_programs(glucometer: Glucometer):
    hex_ = "070100e3070815061f0db4003bc0f1"

    people = glucometer("decode", "glucose_measurement", hex_)
    refused = glucometer("decode", "racp_response", "0500030201", "--json")

    assert "value: 5.9" in people.stdout
    assert glucometer.data("decode", "glucose_measurement", hex_)["value"] == 5.9
    assert glucometer.data("decode", "cgm_measurement", "06000c100600")[0]["glucose_mgdl"] == 120
    assert json.loads(refused.stdout) == {"error": "invalid"}
    assert refused.exit_code == 1


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: f"{v['kind']}-{v['hex']}")
def test_decode_prints_each_published_vector_by_the_published_names(
    glucometer: Glucometer, vector: dict[str, Any]
):
    decoded = glucometer("decode", vector["kind"], vector["hex"], "--json")
    printed = json.loads(decoded.stdout)

    if vector["error"]:
        assert (decoded.exit_code, printed) == (1, {"error": vector["error"]})
    else:
        assert decoded.exit_code == 0
        assert agrees(printed, vector["expect"])


def test_a_simulated_meter_in_another_process_is_read_by_this_one(
    glucometer: Glucometer, monkeypatch: pytest.MonkeyPatch
):
    socket_path = Path(f"/tmp/sim{os.getpid()}")  # noqa: S108 - a socket's path must be short
    words = ["simulate", "--socket", str(socket_path), "--records", "5", "--paired"]
    with subprocess.Popen(
        [sys.executable, "-m", "devices.cli", *words], stdout=subprocess.PIPE, text=True
    ) as simulated:
        assert simulated.stdout is not None
        about, line = simulated.stdout.readline(), simulated.stdout.readline()
        name, _, address = line.removeprefix("export ").strip().partition("=")
        monkeypatch.setenv(name, address)

        synced = glucometer("sync")
        simulated.send_signal(signal.SIGTERM)

    assert "5 records, passkey 123456" in about
    assert "New readings: 5" in synced.stdout
    assert simulated.returncode == 0
    assert not socket_path.exists()
