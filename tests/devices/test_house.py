"""Rules of this package that no linter knows: who touches the radio, and that nothing deletes."""

import ast
from pathlib import Path

import pytest

from devices.clocks import ClockOutcome
from devices.decisions import Objection
from devices.kiosk import Turn
from devices.rows import State
from devices.trouble import EXIT_CODES, Trouble
from devices.upload import Stop
from devices.words import DOUBTS, KINDS, OBJECTIONS, SENTENCES, STATES, STOPS, TROUBLES

DEVICES = Path(__file__).parents[2] / "devices"
MODULES = sorted(DEVICES.rglob("*.py"))
MAY_IMPORT = {
    "bleak": {"sync.py"},
    "dbus_fast": {"pairing.py", "sim/bluez/wire.py", "sim/bluez/objects.py",
                  "sim/bluez/endpoint.py"},
    "flask": set(), "sqlalchemy": set(), "telehealth": set(), "video": set(), "surveys": set(),
}  # fmt: skip


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_each_outside_package_has_its_few_doors(package: str):
    found = {str(path.relative_to(DEVICES)) for path in MODULES if package in imported(path)}

    assert found == MAY_IMPORT[package]


def test_the_opcode_to_delete_is_named_once_and_never_used():
    used = [
        path.name
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "DELETE"
    ]

    assert used == []


def test_everything_that_can_be_said_is_said_in_both_languages():
    for table in (TROUBLES, STOPS, DOUBTS, KINDS, STATES, OBJECTIONS, SENTENCES):
        for english, slovenian in table.values():
            assert english.strip()
            assert slovenian.strip()
            assert english.count("{") == slovenian.count("{")
    assert set(TROUBLES) == set(Trouble)
    assert set(STOPS) == set(Stop)
    assert set(OBJECTIONS) == set(Objection)
    assert set(STATES) == {state.value for state in State}
    for turn in Turn:
        assert f"visit_{turn}" in SENTENCES
    for outcome in ClockOutcome:
        assert f"clock_{outcome}" in SENTENCES


def test_every_trouble_has_an_exit_code_of_its_own():
    assert len(set(EXIT_CODES.values())) == len(Trouble)
