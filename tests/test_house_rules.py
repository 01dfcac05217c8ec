"""The rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from babel.messages import pofile
from babel.messages.extract import extract_from_dir

ROOT = Path(__file__).parents[1]
PACKAGES = ("telehealth", "devices", "video", "surveys")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
DRAWERS = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_OPTIONS = {
    "**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
}
_KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "lazy_gettext": None}


def test_no_file_is_a_drawer() -> None:
    drawers = [
        str(path) for path in SOURCES if path.stem in DRAWERS or re.search(r"_v\d$", path.stem)
    ]

    assert drawers == []


def test_no_file_is_longer_than_a_person_reads() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in SOURCES if (n := _lines(path)) > MAX_FILE_LINES
    }

    assert long == {}


def test_no_function_is_longer_than_a_page() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and _body_lines(node) > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_only_the_database_commits() -> None:
    committing = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "telehealth").rglob("*.py")
        if re.search(r"\bsession\.commit\(", path.read_text())
    ]

    assert committing == []


def test_every_room_has_its_furniture_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ]
    furnished = next(c for c in contracts if c["id"] == "furniture")["containers"]
    rooms = {
        f"telehealth.{path.parent.name}"
        for path in (ROOT / "telehealth").glob("*/__init__.py")
        if path.parent.name not in {"core", "cli", "demo", "glycemia", "rehearsal"}
    }

    assert set(furnished) == rooms


def test_a_room_says_what_it_is_and_holds_no_code_at_its_door() -> None:
    talkative = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "telehealth").glob("*/__init__.py")
        if path.parent.name != "cli" and len(ast.parse(path.read_text()).body) != 1
    ]

    assert talkative == []


def test_nobody_imports_inside_a_function() -> None:
    late = [
        f"{path.relative_to(ROOT)}:{inner.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]

    assert late == []


def test_our_own_code_is_never_patched_away() -> None:
    patched = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests").rglob("*.py")
        if re.search(r"mock\.patch\(|create_" + r"all\(", path.read_text())
    ]

    assert patched == []


@pytest.mark.parametrize("package", ["telehealth", "devices", "video", "surveys"])
def test_every_sentence_has_a_slovenian_translation(package: str) -> None:
    known = _translated()
    missing = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(
            ROOT / package, _METHODS, _OPTIONS, keywords=_KEYWORDS
        )
        if (message if isinstance(message, str) else message[0]) not in known
    }

    assert sorted(missing) == []


def test_translations_keep_their_placeholders_and_four_plural_forms() -> None:
    wrong = []
    for path in ROOT.glob("*/*/translations/sl/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            catalog = pofile.read_po(file, locale="sl")
        for message in catalog:
            if not message.id:
                continue
            forms = message.string if isinstance(message.string, tuple) else (message.string,)
            source = message.id if isinstance(message.id, str) else message.id[1]
            wanted = set(re.findall(r"%\((\w+)\)", source))
            if isinstance(message.id, tuple) and len(forms) != 4:
                wrong.append((str(path), source, "plural forms"))
            wrong += [
                (str(path), source, form)
                for form in forms
                if set(re.findall(r"%\((\w+)\)", form)) - wanted
                or (isinstance(message.id, str) and set(re.findall(r"%\((\w+)\)", form)) != wanted)
            ]

    assert wrong == []


@pytest.mark.skipif(sys.platform != "linux", reason="the import linter runs once, on Linux")
def test_imports_point_down() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout


def test_nothing_claims_more_than_the_signature_is() -> None:
    words = re.compile(
        r"qualified (electronic )?signature|\bQES\b|legally binding|kvalificiran|pravno zavezujoč|"
        r"enakovreden lastnoročnemu",
        re.IGNORECASE,
    )
    claims = [
        str(path.relative_to(ROOT))
        for pattern in ("**/*.html", "**/*.po", "**/*.json", "**/*.typ")
        for package in PACKAGES
        for path in (ROOT / package).glob(pattern)
        if words.search(path.read_text())
    ]

    assert claims == []


def _lines(path: Path) -> int:
    return path.read_text().count("\n")


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        total -= (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def _translated() -> set[str]:
    known: set[str] = set()
    for path in ROOT.glob("*/*/translations/sl/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale="sl"):
                done = message.string if isinstance(message.string, str) else all(message.string)
                if message.id and done and not message.fuzzy:
                    known.add(message.id if isinstance(message.id, str) else message.id[0])
    return known
