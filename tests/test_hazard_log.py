"""The hazard log names controls that exist: each hazard has a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOG = ROOT / "docs/safety/hazards.md"
ROWS = [line for line in LOG.read_text().splitlines() if re.match(r"\| H\d+", line)]
NAMED = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", LOG.read_text())
SCENARIOS = re.findall(r"`(tests/alerts/scenarios/[\w.-]+\.json)`", LOG.read_text())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_hazard_has_cause_effect_severity_control_test_and_what_remains(row: str) -> None:
    cells = [cell.strip() for cell in row.strip("|").split("|")]

    assert len(cells) == 7
    assert all(cells)
    assert re.fullmatch(r"S[1-4]", cells[3])
    assert "`tests/" in cells[5] or cells[5].startswith("open")


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED)))
def test_each_test_the_log_names_is_there(path: str, name: str) -> None:
    text = (ROOT / path).read_text()

    assert not name or re.search(rf"def {name}\(", text)


@pytest.mark.parametrize("path", sorted(set(SCENARIOS)))
def test_each_scenario_the_log_names_is_there(path: str) -> None:
    assert (ROOT / path).is_file()
