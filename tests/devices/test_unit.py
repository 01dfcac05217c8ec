"""The systemd unit of a home hub: systemd takes it, and it may do little."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import Glucometer

MOST_EXPOSURE = 2.5
"""Of 10, as systemd counts; a plain service has 9.6."""


@pytest.fixture
def analyze() -> str:
    found = shutil.which("systemd-analyze")
    if found is None:
        pytest.skip("no systemd-analyze here")
    return found


@pytest.fixture
def placed(glucometer: Glucometer, tmp_path: Path) -> Path:
    """The unit as it is put in place, with a command that is there."""
    text = glucometer("unit").stdout
    command = re.search(r"^ExecStart=(\S+)", text, re.MULTILINE)
    assert command is not None
    path = tmp_path / "glucometer.service"
    path.write_text(text.replace(command[1], "/bin/true"))
    return path


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )


def test_systemd_finds_no_fault_in_the_unit(analyze: str, placed: Path):
    checked = run(analyze, "verify", "--man=no", "--recursive-errors=no", placed)

    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_service_may_do_little(analyze: str, placed: Path):
    judged = run(
        analyze, "security", "--offline=true", f"--threshold={MOST_EXPOSURE * 10:.0f}", placed
    )

    assert judged.returncode == 0, judged.stdout


def test_the_unit_starts_this_very_program_and_keeps_its_queue_private(placed: Path):
    text = placed.read_text()

    assert "watch --every" in text
    assert "UMask=0077" in text
    assert "User=glucometer" in text
    assert "@COMMAND@" not in text


def test_its_user_and_its_settings_are_printed_too(glucometer: Glucometer):
    user, settings = glucometer("unit", "user").stdout, glucometer("unit", "settings").stdout

    assert "m glucometer bluetooth" in user
    assert {line.split("=")[0] for line in settings.splitlines() if not line.startswith("#")} == {
        "GLUCOMETER_SERVER", "GLUCOMETER_TOKEN", "GLUCOMETER_PATIENT", "GLUCOMETER_ZONE",
        "GLUCOMETER_LANG",
    }  # fmt: skip
    assert glucometer.data("unit")["file"] == "glucometer.service"
