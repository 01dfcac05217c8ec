"""A report as a PDF page: Typst compiles our own template, data goes in as text only.

Embedded fonts, no system fonts, packages or files; the same data gives the same bytes. The file
declares PDF/UA-1: tagged, with a language, a title and words for every picture.
"""

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Any

import typst

from telehealth.core.errors import Conflict, TooLarge, Unavailable
from telehealth.core.i18n import N_

MAX_INPUT_BYTES = 2_000_000
_PATIENCE_S = 10
_seats = BoundedSemaphore(1)
"""Setting a page uses every core: one at a time in a process."""
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def pdf_of(data: Mapping[str, Any], *, made_at: datetime) -> bytes:
    """The page as PDF.

    Args:
        data: everything the template prints, with its words in one language.
        made_at: the file's own date.

    Raises:
        TooLarge: more data than one page can be of.
        Unavailable: other reports are being set; asking again helps.
        Conflict: the page cannot be set.
    """
    text = json.dumps(_printable(data), ensure_ascii=False)
    if len(text.encode()) > MAX_INPUT_BYTES:
        raise TooLarge(N_("This report is too large to print. Choose fewer days."))
    if not _seats.acquire(timeout=_PATIENCE_S):
        raise Unavailable(N_("Please try again in a moment."), retry_after_s=_PATIENCE_S)
    try:
        return _set(text, made_at)
    finally:
        _seats.release()


def _set(text: str, made_at: datetime) -> bytes:
    with TemporaryDirectory() as nothing:  # the root: an empty folder, so nothing can be read
        try:
            compiler = typst.Compiler(
                _template(), root=nothing, ignore_system_fonts=True, sys_inputs={"data": text}
            )
            # Typst takes whole seconds only.
            at = made_at.replace(microsecond=0)
            pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=at)
        except typst.TypstError as error:
            raise Conflict(N_("This report cannot be printed. Please call the clinic.")) from error
    if not isinstance(pdf, bytes):
        raise Conflict(N_("This report cannot be printed. Please call the clinic."))
    return pdf


def _printable(data: Any) -> Any:
    """Texts composed (NFC), without marks that reorder what is shown."""
    if isinstance(data, str):
        return unicodedata.normalize("NFC", data.translate(_BIDI))
    if isinstance(data, Mapping):
        return {key: _printable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_printable(value) for value in data]
    return data


@cache
def _template() -> bytes:
    """The page template."""
    return files("telehealth.reports").joinpath("gateways/report.typ").read_bytes()
