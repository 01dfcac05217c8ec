"""Bring third-party browser files into the source tree, with licence and checksum.

``python vendor/fetch.py`` asks npm for the exact versions below, takes only the files the pages
use, and writes ``telehealth/core/static/vendor/`` with ``vendored.json`` beside them.
``python vendor/fetch.py --check`` needs no network and fails if any file differs from its record.
"""
# ruff: noqa: INP001 - a script beside the packages, not part of one

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "telehealth" / "core" / "static" / "vendor"
RECORD = "vendored.json"
SPRITE = "icons.svg"


@dataclass(frozen=True)
class Package:
    """One npm package: which version, under which licence, and what is taken from it."""

    name: str
    version: str
    licence: str
    files: dict[str, str] = field(default_factory=dict)
    """Path inside the package -> path below the vendor folder."""
    icons: dict[str, str] = field(default_factory=dict)
    """Symbol id in the sprite -> icon name in the package."""

    @property
    def licence_file(self) -> str:
        """Where the licence text is kept, below the vendor folder."""
        return f"licences/{re.sub(r'[^a-z0-9.-]+', '-', self.name).strip('-')}.txt"


ICONS = Path(__file__).with_name("icons.txt")


def icon_names() -> dict[str, str]:
    """Read ``icons.txt``: symbol id in the sprite -> icon name in the package."""
    lines = [line for line in ICONS.read_text("utf-8").splitlines() if not line.startswith("#")]
    return {ours: theirs or ours for ours, _, theirs in (line.partition("=") for line in lines)}


PACKAGES = (
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "OFL-1.1",
        files={
            "files/inter-latin-wght-normal.woff2": "inter/inter-latin-wght-normal.woff2",
            "files/inter-latin-ext-wght-normal.woff2": "inter/inter-latin-ext-wght-normal.woff2",
        },
    ),
    Package(
        "socket.io-client",
        "4.8.4",
        "MIT",
        files={"dist/socket.io.esm.min.js": "socket.io.esm.min.js"},
    ),
    Package(
        "plotly.js-basic-dist-min",
        "4.1.1",
        "MIT",
        files={"plotly-basic.min.js": "plotly-basic.min.js"},
    ),
    Package(
        "lucide-static",
        "1.62.0",
        "ISC",
        icons=icon_names(),
    ),
)


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def symbol(name: str, svg: str) -> str:
    """Turn one icon file into a ``<symbol>`` that inherits stroke and size from the page."""
    body = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(body.split(chr(10))).strip()}</symbol>'
    )


def sprite(package: Package, source: Path) -> str:
    """Write all icons of a package into one SVG file."""
    symbols = [
        symbol(name, (source / "icons" / f"{icon}.svg").read_text("utf-8"))
        for name, icon in sorted(package.icons.items())
    ]
    note = f"<!-- {package.name} {package.version}, licence {package.licence} -->"
    return "\n".join(
        [note, '<svg xmlns="http://www.w3.org/2000/svg">', *symbols, "</svg>", ""],
    )


def pack(package: Package, folder: Path) -> tuple[Path, str]:
    """Download and unpack one package.

    Returns:
        The unpacked folder and the integrity string npm verified.
    """
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("vendor: npm is needed to fetch (not for --check)")
    answer = subprocess.run(  # noqa: S603 - fixed arguments, no shell
        [npm, "pack", "--json", "--loglevel=error", f"{package.name}@{package.version}"],
        cwd=folder,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    told: Any = json.loads(answer.stdout)
    entry: dict[str, str] = told[0] if isinstance(told, list) else next(iter(told.values()))
    unpacked = folder / package.licence_file.replace("/", "-")
    with tarfile.open(folder / Path(entry["filename"]).name) as archive:
        archive.extractall(unpacked, filter="data")
    return unpacked / "package", entry["integrity"]


def drop_source_map(path: Path) -> None:
    """Remove the pointer to a source map that is not vendored (browsers would ask for it)."""
    text = path.read_text("utf-8")
    path.write_text(re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", text), "utf-8")


def take(package: Package, folder: Path, target: Path) -> dict[str, Any]:
    """Copy what the pages use from one package and describe it for the record."""
    source, integrity = pack(package, folder)
    wanted = {source / inside: target / below for inside, below in package.files.items()}
    licence = next(path for path in source.iterdir() if path.name.upper().startswith("LICEN"))
    wanted[licence] = target / package.licence_file
    for origin, goal in wanted.items():
        goal.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(origin, goal)
        if goal.suffix == ".js":
            drop_source_map(goal)
    written = list(wanted.values())
    if package.icons:
        (target / SPRITE).write_text(sprite(package, source), "utf-8")
        written.append(target / SPRITE)
    return {
        "name": package.name,
        "version": package.version,
        "licence": package.licence,
        "licence_file": package.licence_file,
        "integrity": integrity,
        "files": {path.relative_to(target).as_posix(): sha256(path) for path in sorted(written)},
    }


def recorded(target: Path) -> list[dict[str, Any]]:
    """Read the record, or nothing where there is none yet."""
    path = target / RECORD
    entries: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return entries


def fetch(target: Path) -> int:
    """Fetch every package and write the record. Give the exit code."""
    known = {(entry["name"], entry["version"]): entry["integrity"] for entry in recorded(target)}
    with tempfile.TemporaryDirectory() as temporary:
        folder, fresh = Path(temporary), Path(temporary) / "fresh"
        entries = [take(package, folder, fresh) for package in PACKAGES]
        for entry in entries:
            if (
                known.get((entry["name"], entry["version"]), entry["integrity"])
                != entry["integrity"]
            ):
                sys.stderr.write(f"{entry['name']}: the registry now serves other bytes\n")
                return 1
        (fresh / RECORD).write_text(json.dumps(entries, indent=2) + "\n", "utf-8")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh, target)
    sys.stdout.write(f"{len(entries)} packages in {target}\n")
    return 0


def check(target: Path) -> int:
    """Compare files with the record, in both directions. Give the exit code."""
    expected = {
        path: digest for entry in recorded(target) for path, digest in entry["files"].items()
    }
    present = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    faults = [f"not in the record: {path}" for path in sorted(present - {*expected, RECORD})]
    for path, digest in sorted(expected.items()):
        if path not in present:
            faults.append(f"missing: {path}")
        elif sha256(target / path) != digest:
            faults.append(f"altered: {path}")
    if not expected:
        faults.append(f"no record in {target}")
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


def main() -> int:
    """Fetch, or check with ``--check``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare with the record, offline")
    parser.add_argument("--target", type=Path, default=TARGET, help="folder to write or check")
    options = parser.parse_args()
    return check(options.target) if options.check else fetch(options.target)


if __name__ == "__main__":
    sys.exit(main())
