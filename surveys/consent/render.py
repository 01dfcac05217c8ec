"""A frozen consent as PDF bytes that never differ between two runs.

Typst compiles our own template with its embedded fonts, without system fonts, packages or files;
data goes in as text only. The file declares PDF/A-3a and PDF/UA-1; conformance is not proven here.
"""

import json
import unicodedata
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import typst

from surveys.consent.document import ConsentDocument, ConsentRefused

MAX_INPUT_BYTES = 200_000
LOCAL = ZoneInfo("Europe/Ljubljana")
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_LATIN = (range(0x20, 0x7F), range(0xA0, 0x180), range(0x218, 0x21C), range(0x1E00, 0x1F00))
_PUNCTUATION = frozenset("\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u20ac\n")


class CannotRender(ConsentRefused):
    """The document cannot become a PDF; `unprintable` holds characters no font of ours has."""

    def __init__(self, words: str, unprintable: str = "") -> None:
        super().__init__(words)
        self.unprintable = unprintable


def unprintable(text: str) -> str:
    """Give the characters of a text that the PDF could not show, each once.

    Ask this for names when they are entered: after "sign" it is too late. Latin with all its
    diacritics is printable; other scripts, emoji and control characters are not.
    """
    return "".join(dict.fromkeys(char for char in text if not _is_printable(char)))


def printable(text: str) -> str:
    """Give a text composed (NFC) and without the marks that reorder what is shown."""
    return unicodedata.normalize("NFC", text.translate(_BIDI))


def _is_printable(char: str) -> bool:
    """Say whether the embedded font shows a character; tested against the font itself."""
    is_latin = any(ord(char) in block for block in _LATIN)
    return (is_latin and unicodedata.category(char) not in ("Cn", "Cf")) or char in _PUNCTUATION


def render(document: ConsentDocument, *, is_test: bool) -> bytes:
    """Give the PDF to show and, unchanged, to seal.

    `is_test` prints "TEST - no legal value" on each page: for every seal of the development CA.

    Raises:
        CannotRender: too long, or characters that no embedded font has.
    """
    data = _data(document, is_test=is_test)
    text = json.dumps(data, ensure_ascii=False)
    if len(text.encode()) > MAX_INPUT_BYTES:
        raise CannotRender(f"more than {MAX_INPUT_BYTES} bytes of text")
    missing = unprintable("".join(_texts(data)))
    if missing:
        raise CannotRender("characters that cannot be printed", missing)
    with TemporaryDirectory() as nothing:  # the root: an empty folder, so nothing can be read
        try:
            compiler = typst.Compiler(
                _template(), root=nothing, ignore_system_fonts=True, sys_inputs={"data": text}
            )
            pdf = compiler.compile(
                format="pdf", pdf_standards=["a-3a", "ua-1"], timestamp=document.prepared_at
            )
        except typst.TypstError as error:
            raise CannotRender("the document could not be set") from error
    if not isinstance(pdf, bytes):
        raise CannotRender("the document could not be set")
    return pdf


def _data(document: ConsentDocument, *, is_test: bool) -> dict[str, object]:
    """Collect everything the template prints."""
    text, words = document.text, _words()[document.language]
    decisions = dict(document.decisions)
    return {
        "language": document.language,
        "is_test": is_test,
        "words": words,
        "title": text.title,
        "version": f"{document.template.id} {document.template.version}",
        "summary": text.summary,
        "subject_name": printable(document.subject_name),
        "subject_born_on": day(date.fromisoformat(document.subject_born_on), document.language),
        "organisation": printable(document.organisation),
        "reference": document.reference,
        "sections": [
            {"heading": one.heading, "paragraphs": list(one.paragraphs)} for one in text.sections
        ],
        "items": [
            {
                "text": item.text,
                "need": words["required" if item.is_required else "optional"],
                "decision": words[decisions[item.key].value],
                "if_refused": item.if_refused,
            }
            for item in text.items
        ],
        "withdrawal": text.withdrawal,
        "signature": _signature(document, words),
    }


def _signature(document: ConsentDocument, words: dict[str, str]) -> list[list[str]]:
    """Collect the lines of the visible signature."""
    sign = document.signature
    lines = [
        (words["signed_by"], printable(sign.signer_name)),
        (words["capacity"], words[f"capacity.{sign.capacity}"]),
        (words["gesture"], words[f"gesture.{sign.gesture.value}"]),
        (words["typed_as"], printable(sign.typed_name)),
        (words["identity"], words[f"identity.{sign.identity_check}"]),
        (words["prepared"], moment(document.prepared_at, document.language)),
        (words["organisation"], printable(document.organisation)),
        (words["reference"], document.reference),
        (words["content_hash"], document.text.sha256),
        (words["evidence_head"], document.evidence_head),
    ]
    return [[label, value] for label, value in lines if value]


def day(when: date, language: str) -> str:
    """Write a date as people of the language do."""
    if language == "sl":
        return f"{when.day}. {when.month}. {when.year}"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def moment(when: datetime, language: str) -> str:
    """Write a time in Ljubljana, with its offset so that it is one moment only."""
    local = when.astimezone(LOCAL)
    clock = f"{local.hour}.{local:%M}" if language == "sl" else f"{local:%H:%M}"
    zone = f"{local:%z}"
    return f"{day(local.date(), language)}, {clock} (UTC{zone[:3]}:{zone[3:]})"


def _texts(data: object) -> list[str]:
    """Give every text inside JSON-like data."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return []


@cache
def _words() -> dict[str, dict[str, str]]:
    """Read the fixed words of the document, by language."""
    text = files("surveys.consent").joinpath("words.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found


@cache
def _template() -> bytes:
    """Read the page template."""
    return files("surveys.consent").joinpath("consent.typ").read_bytes()
