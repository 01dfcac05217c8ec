"""The wheel with the extra `gateway` alone: the command runs, no web application comes along."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
FOREIGN = {"flask", "sqlalchemy", "numpy", "aiortc", "marshmallow", "huey"}


def run(*words: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_gateway_installs_alone_and_its_command_runs(tmp_path: Path):
    run(UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("*.whl")
    run(UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
    python = tmp_path / "venv" / "bin" / "python"
    run(UV, "pip", "install", "--quiet", "--python", python, f"{wheel}[gateway]")

    command = python.with_name("glucometer")
    helped = run(command, "--help")
    decoded = run(command, "decode", "racp_response", "06000106", "--json")
    unit = run(command, "unit")
    listed = json.loads(run(UV, "pip", "list", "--python", python, "--format", "json"))

    assert "Read glucose meters by Bluetooth" in helped
    assert f"ExecStart={command.resolve()} watch" in unit
    assert json.loads(decoded) == {"request": 1, "code": 6}
    assert not FOREIGN & {package["name"].lower() for package in listed}
