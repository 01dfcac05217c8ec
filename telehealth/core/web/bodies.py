"""How large the body of a request may be: one mebibyte, except where a view takes files.

A file of a form is written straight to a folder inside the data folder while it arrives, readable
by this program only; it vanishes with the request unless the view links it to a name of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any, TypeVar, cast

from flask import Flask, Request, g, request

from telehealth.core.web.platform import maybe_signed_in, platform

_ATTRIBUTE = "__files__"
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Files:
    max_bytes: int
    folder: str


def takes_files(max_bytes: int, folder: str) -> Callable[[View], View]:
    """Let a view take more than other doors: `@takes_files(100 * 2**20, "imports")`.

    Stands above `@access`. Only who is signed in may send so much.

    Args:
        max_bytes: of the whole body.
        folder: inside the data folder; where files of the form are written as they arrive.
    """

    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, _Files(max_bytes, folder))  # read back by `widen`
        return view

    return declare


def widen(view: object) -> None:
    """Before the body is read: allow what the view takes, if somebody is signed in."""
    taken = cast("_Files | None", getattr(view, _ATTRIBUTE, None))
    if taken is None or maybe_signed_in() is None:
        return
    request.max_content_length = taken.max_bytes
    folder = platform().settings.data_dir / taken.folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    g.files_folder = folder


class FormRequest(Request):
    """A request whose files go where the view said, not to the machine's temporary folder."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        folder = cast("Path | None", g.get("files_folder"))
        if folder is None:
            stream = super()._get_file_stream(
                total_content_length, content_type, filename, content_length
            )
        else:
            # Mode 0600; closing deletes it.
            stream = cast("IO[bytes]", NamedTemporaryFile(dir=folder, prefix="arriving-"))  # noqa: SIM115
        # Also one that is refused half-way, which no form knows of, is closed with the request.
        g.setdefault("arriving", []).append(stream)
        return stream


def close_files(_error: BaseException | None = None) -> None:
    """After the request: files that arrived are closed, whole or not."""
    for stream in g.pop("arriving", ()):
        stream.close()


def install(app: Flask) -> None:
    """Let forms of `app` bring files this way."""
    app.request_class = FormRequest
    app.teardown_request(close_files)
