"""Static files of all rooms under content-hashed addresses, and the import map of ES modules."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from flask import Response, send_file
from markupsafe import Markup

from telehealth.core.errors import NotFound

PACKAGE = Path(__file__).parents[2]
_YEAR_S = 31_536_000
_MEDIA_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".png": "image/png",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".txt": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file: `room/file` and a short digest of its content."""

    path: Path
    digest: str


@cache
def index() -> dict[str, Asset]:
    """All static files by `room/file`; read once, they do not change under a running server."""
    found: dict[str, Asset] = {}
    for root in sorted(PACKAGE.glob("*/static")):
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix in _MEDIA_TYPES:
                digest = sha256(path.read_bytes()).hexdigest()[:12]
                found[path.relative_to(root).as_posix()] = Asset(path, digest)
    return found


def asset(name: str) -> str:
    """The address of a static file, for instance `asset("core/base.css")`."""
    return f"/static/{index()[name].digest}/{name}"


def import_map() -> Markup:
    """JSON import map: `import "core/http.js"` finds the hashed address of that module."""
    modules = {name: asset(name) for name in index() if name.endswith((".js", ".mjs"))}
    return Markup(json.dumps({"imports": modules}, separators=(",", ":")))  # noqa: S704 - our names


def send(digest: str, name: str) -> Response:
    """Answer with a static file; only the address with the right digest may be kept for a year."""
    found = index().get(name)
    if found is None:
        raise NotFound
    response = send_file(found.path, mimetype=_MEDIA_TYPES[found.path.suffix], etag=found.digest)
    if digest == found.digest:
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response
