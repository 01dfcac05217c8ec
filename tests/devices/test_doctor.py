"""`glucometer doctor`: each thing that can be missing has its own sentence and exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from devices import kernel
from devices.queue import Queue
from devices.trouble import EXIT_CODES, Trouble

from .conftest import Glucometer, Reach, StandInServer, put

NO_LOG = ("--kernel-log", "/nowhere")


def findings(glucometer: Glucometer, *words: str) -> dict[str, dict[str, Any]]:
    log = () if "--kernel-log" in words else NO_LOG
    return {one["check"]: one for one in glucometer.data("doctor", *log, *words)}


@pytest.fixture
def bare_bus(tmp_path: Path) -> Iterator[str]:
    """A real D-Bus daemon with nothing on it."""
    daemon = which("dbus-daemon")
    if daemon is None:
        pytest.skip("no dbus-daemon here")
    config = tmp_path / "bus.conf"
    config.write_text(
        '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"'
        ' "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">'
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/>'
        '<allow eavesdrop="true"/><allow own="*"/></policy>'
        "</busconfig>"
    )
    with subprocess.Popen(
        [daemon, f"--config-file={config}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


def test_with_everything_in_place_all_is_well(
    sending: Glucometer, reach: Reach, server: StandInServer
):
    put(reach)
    sending("sync", "--json")
    sending("claim")

    checked = sending("doctor", *NO_LOG)

    assert checked.exit_code == 0
    assert "BAD" not in checked.stdout
    assert [one["check"] for one in sending.data("doctor", *NO_LOG)] == [
        "bluetooth", "queue", "meter", "server", "clock",
    ]  # fmt: skip
    assert server.requests == []


def test_a_real_bus_without_bluez_is_told_by_two_commands(
    glucometer: Glucometer, bare_bus: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bare_bus)

    checked = glucometer("doctor", *NO_LOG)

    assert checked.exit_code == EXIT_CODES[Trouble.NO_BLUEZ]
    assert "sudo apt install bluez && sudo systemctl start bluetooth" in checked.stdout
    assert glucometer("pair", "--find", "0.2").exit_code == checked.exit_code


@pytest.mark.parametrize(
    ("fault", "trouble", "english", "slovenian"),
    [
        ("no-bluez", Trouble.NO_BLUEZ, "BlueZ is not running.", "BlueZ ne teče."),
        ("no-adapter", Trouble.NO_ADAPTER, "Plug one in.", "Priključite ga."),
        ("powered-off", Trouble.POWERED_OFF, "Switch it on.", "Vklopite ga."),
        ("no-low-energy", Trouble.NO_LOW_ENERGY, "(no Low Energy)", "(brez Low Energy)"),
        ("denied", Trouble.DENIED, "group bluetooth", "skupino bluetooth"),
    ],
)
def test_what_is_wrong_with_bluetooth_is_told_in_both_languages(
    glucometer: Glucometer, reach: Reach, fault: str, trouble: Trouble, english: str, slovenian: str
):
    put(reach, fault)

    plain = glucometer("doctor", *NO_LOG)
    domestic = glucometer("doctor", *NO_LOG, "--lang", "sl")

    assert plain.exit_code == domestic.exit_code == EXIT_CODES[trouble]
    assert english in plain.stdout
    assert slovenian in domestic.stdout
    assert findings(glucometer)["bluetooth"] == {
        "check": "bluetooth", "ok": False, "code": EXIT_CODES[trouble],
        "message": plain.stdout.splitlines()[0].removeprefix("BAD  "),
    }  # fmt: skip


def test_no_bus_at_all_is_told_and_the_other_checks_are_made(
    sending: Glucometer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/at/all")

    found = findings(sending)

    assert found["bluetooth"]["code"] == EXIT_CODES[Trouble.NO_DBUS]
    assert found["queue"]["ok"]
    assert found["server"]["ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without rights")
def test_a_bus_this_account_may_not_use_is_told(reach: Reach, tmp_path: Path):
    put(reach)
    socket_path = Path(os.environ["DBUS_SYSTEM_BUS_ADDRESS"].removeprefix("unix:path="))
    socket_path.parent.chmod(0o755)
    socket_path.chmod(0o600)
    script = (
        "import os, sys\n"
        "from devices.cli import main\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "main(['doctor', '--json', '--kernel-log', '/nowhere', '--data', '/nowhere'])\n"
    )

    checked = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert checked.returncode == EXIT_CODES[Trouble.DENIED], checked.stderr
    bluetooth, queue, *_ = json.loads(checked.stdout)
    assert "group bluetooth" in bluetooth["message"]
    assert (queue["check"], queue["ok"]) == ("queue", False)


def test_a_meter_that_lost_its_bond_is_named(glucometer: Glucometer, reach: Reach):
    peripheral = put(reach)
    glucometer("sync")
    glucometer("claim", "--patient", "7")
    peripheral.is_paired = False

    checked = glucometer("doctor", *NO_LOG)

    assert checked.exit_code == EXIT_CODES[Trouble.NEEDS_PAIRING]
    assert "Accu-Chek Guide (simulated): The meter and this computer are not" in checked.stdout
    assert "glucometer pair --again" in findings(glucometer)["bond"]["message"]


def test_a_bond_the_meter_forgot_is_told_from_the_last_reading(
    glucometer: Glucometer, reach: Reach
):
    peripheral = put(reach)
    glucometer("sync")
    glucometer("claim", "--patient", "7")
    peripheral.forgot_bond = True
    glucometer("sync")

    forgotten = glucometer("doctor", *NO_LOG)
    glucometer("pair", "--again", "--passkey", "123456")
    glucometer("sync")
    mended = glucometer("doctor", *NO_LOG)

    assert forgotten.exit_code == EXIT_CODES[Trouble.NEEDS_PAIRING]
    assert "The last reading, " in forgotten.stdout
    assert mended.exit_code == 0


def test_a_wrong_number_is_told_until_the_right_one_was_typed(glucometer: Glucometer, reach: Reach):
    put(reach, paired=False)
    glucometer("pair", "--passkey", "111111")

    wrong = glucometer("doctor", *NO_LOG)
    domestic = glucometer("doctor", *NO_LOG, "--lang", "sl")
    glucometer("pair", "--passkey", "123456")

    assert wrong.exit_code == EXIT_CODES[Trouble.WRONG_NUMBER]
    assert "The number was not the one the meter shows." in wrong.stdout
    assert "Številka ni tista, ki jo kaže merilnik." in domestic.stdout
    assert "last_pair" not in findings(glucometer)


def test_a_kernel_that_cannot_pair_is_told(glucometer: Glucometer, reach: Reach, tmp_path: Path):
    put(reach)
    log = tmp_path / "kern.log"
    log.write_bytes(
        b"x" * (kernel.PART_BYTES - 10) + b"Bluetooth: Unable to create ECDH crypto context\n"
    )

    checked = glucometer("doctor", "--kernel-log", str(log))

    assert checked.exit_code == EXIT_CODES[Trouble.PAIRING_HANGS]
    assert "drbg" in checked.stdout
    assert not findings(glucometer, "--kernel-log", str(log))["kernel"]["ok"]


def test_a_kernel_log_without_the_complaint_or_without_rights_is_no_finding(tmp_path: Path):
    log = tmp_path / "kern.log"
    log.write_text("Bluetooth: Core ver 2.22\n")

    assert not kernel.lacks_ecdh(log)
    assert not kernel.lacks_ecdh(tmp_path / "absent")
    assert not kernel.lacks_ecdh(tmp_path)


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"GLUCOMETER_SERVER": "http://127.0.0.1:1"}, 12, "The server cannot be reached."),
        ({"GLUCOMETER_TOKEN": "revoked"}, 10, "does not accept this device token"),
    ],
)
def test_what_is_wrong_with_the_server_is_told(
    sending: Glucometer, reach: Reach, changes: dict[str, str], code: int, sentence: str
):
    put(reach)

    checked = Glucometer(sending.environment | changes)("doctor", *NO_LOG)

    assert checked.exit_code == code
    assert sentence in checked.stdout


@pytest.mark.parametrize("ahead_s", [-3600.0, 600.0])
def test_a_computer_whose_clock_is_wrong_is_told(
    sending: Glucometer, reach: Reach, server: StandInServer, ahead_s: float
):
    put(reach)
    server.clock_ahead_s = ahead_s

    checked = sending("doctor", *NO_LOG)

    assert checked.exit_code == 19
    assert f"is {abs(ahead_s) / 60:.0f} minutes off" in checked.stdout
    assert "timedatectl set-ntp true" in checked.stdout


def test_a_meter_of_nobody_is_told(glucometer: Glucometer, reach: Reach):
    put(reach)
    glucometer("sync")

    assert glucometer("doctor", *NO_LOG).exit_code == 6


def test_a_queue_that_cannot_be_used_is_told(glucometer: Glucometer, reach: Reach, tmp_path: Path):
    put(reach)
    (tmp_path / "file").write_text("in the way")

    checked = glucometer("doctor", *NO_LOG, "--data", str(tmp_path / "file" / "data"))

    assert checked.exit_code == 3
    assert "The local queue cannot be used" in checked.stdout


def test_the_last_tries_are_remembered_one_of_each_kind(queue: Queue):
    at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    queue.note_attempt("pair", "wrong_number", "", at=at)
    queue.note_attempt("sync", "link_lost", "", at=at.replace(hour=10))
    queue.note_attempt("pair", "", "", at=at.replace(hour=11))

    assert [(one.deed, one.trouble) for one in queue.attempts()] == [
        ("pair", ""),
        ("sync", "link_lost"),
    ]


def test_no_case_ever_ends_in_a_traceback(glucometer: Glucometer, reach: Reach):
    for fault in ("no-bluez", "denied", "no-adapter", "silent"):
        put(reach, fault)
        for words in (["doctor", *NO_LOG], ["scan", "--seconds", "0.1"], ["pair", "--find", "0.1"]):
            assert "Traceback" not in glucometer(*words).output
