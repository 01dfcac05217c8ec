"""The papers are true: what they name exists, what is generated is fresh, and they build."""

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from telehealth.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
PAPERS = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")),
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts),
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
DOC = re.compile(r"\{doc\}`([^`]+)`")
CODE = re.compile(r"`([^`\n]+)`")
OUR_FOLDERS = (
    *("telehealth", "devices", "video", "surveys", "migrations"),
    *("tests", "docs", "vendor", "bench"),
)
PLACES_OF_A_MACHINE = re.compile(rb"(?<![\w.~/-])/(?:work|root|tmp/spec)(?![\w-])")
MAKE = re.compile(r"\bmake ([a-z]+)\b")


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY:(.*)$", makefile, re.MULTILINE)
    assert phony
    return set(phony[1].split())


def commands(text: str) -> set[str]:
    """Words after `make` inside code; in prose `make` is an ordinary verb, as in a comment."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    spans = CODE.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line.partition("#")[0] for block in blocks for line in block.splitlines()]
    return {name for code in (*lines, *spans) for name in MAKE.findall(code)}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_command_in_the_papers_is_a_target(paper: Path):
    assert commands(paper.read_text()) - targets() == set()


def test_the_readme_names_the_two_commands():
    assert {"demo", "test"} <= commands((ROOT / "README.md").read_text())


def test_make_help_lists_every_target():
    helped = run("make", "--no-print-directory", "help")

    listed = set(re.findall(r"^  make ([a-z]+) ", helped.stdout, re.MULTILINE))
    assert listed == targets()


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_leads_somewhere(paper: Path):
    text = paper.read_text()
    inside = [
        link.partition("#")[0]
        for link in LINK.findall(text)
        if not re.match(r"[a-z]+:", link) and not link.startswith("#")
    ]
    inside += [f"{name}.md" for name in DOC.findall(text)]

    assert [link for link in inside if not (paper.parent / link).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_named_in_the_papers_exists(paper: Path):
    missing = [
        name
        for name in CODE.findall(paper.read_text())
        if re.fullmatch(rf"({'|'.join(OUR_FOLDERS)})/[\w./-]*", name) and not (ROOT / name).exists()
    ]

    assert [name for name in missing if name != "docs/_build"] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_setting_named_in_the_papers_exists(paper: Path):
    known = {PREFIX + item.name.upper() for item in dataclasses.fields(Settings)}
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", paper.read_text()))

    assert named - known == set()


def test_the_generated_reference_is_fresh():
    checked = run(sys.executable, "docs/generate.py", "--check")

    assert checked.returncode == 0, checked.stderr


def test_the_documentation_builds_without_a_warning(tmp_path: Path):
    built = run(
        *(sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html"),
        *("-d", tmp_path / "doctrees", "docs", tmp_path / "html"),
    )

    assert built.returncode == 0, built.stderr
    pages = "".join(path.read_text() for path in (tmp_path / "html").rglob("*.html"))
    assert re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//", pages) == []


def test_no_file_names_a_place_of_one_machine():
    tracked = run("git", "ls-files", "-z").stdout.split("\0")
    found = {
        name: match[0].decode()
        for name in tracked
        if name and (ROOT / name).is_file() and b"\0" not in (data := (ROOT / name).read_bytes())
        if (match := PLACES_OF_A_MACHINE.search(data))
    }

    assert found == {}


def test_every_requirement_has_its_row_once():
    table = (ROOT / "docs/reference/requirements.md").read_text()
    ids = re.findall(r"^\| ([ABH]\d+[a-c]?) \|", table, re.MULTILINE)
    numbers = {
        letter: {int(re.sub(r"\D", "", one)) for one in ids if one[0] == letter} for letter in "ABH"
    }

    assert len(ids) == len(set(ids))
    assert numbers == {
        "A": set(range(1, 45)),
        "B": set(range(1, 14)),
        "H": set(range(1, 32)),
    }


def test_every_room_with_browser_modules_is_known_to_the_type_checker():
    known = json.loads((ROOT / "jsconfig.json").read_text())["compilerOptions"]["paths"]
    rooms = {path.parent.name for path in (ROOT / "telehealth").glob("*/static/*/*.js")} - {
        "vendor"
    }

    assert {f"{room}/*" for room in rooms} - set(known) == set()
