"""The page where anybody checks a document: one of three answers, and nothing about anybody."""

from typing import Any

from flask import request

from telehealth.consents import service as consents
from telehealth.consents.gateways.checking import MAX_BYTES, check
from telehealth.consents.gateways.sealing import Trusted, choose, trusted
from telehealth.consents.pages.door import page, pages
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import now, platform, reading

_ROOM_FOR_THE_FORM = 20_000


@pages.url_value_preprocessor
def _let_a_document_in(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit of this one page, before anybody (the CSRF check) reads the form."""
    if endpoint == "consents.examine":
        request.max_content_length = MAX_BYTES + _ROOM_FOR_THE_FORM


@pages.get("/preveri")
@access(Access.PUBLIC)
def verify() -> str:
    """The form."""
    return page("verify", answer="", form=Form())


@pages.post("/preveri")
@access(Access.PUBLIC)
def examine() -> str | tuple[str, int]:
    """Look at a file and forget it."""
    upload = request.files.get("file")
    pdf = upload.read(MAX_BYTES + 1) if upload else b""
    if not pdf or len(pdf) > MAX_BYTES:
        problem = FieldError("#/file", N_("Choose a PDF file of at most 10 MB."), "no_file")
        return page("verify", answer="", form=Form.refused(Invalid(errors=(problem,)))), 422
    return page("verify", answer=_answer(pdf), form=Form())


def _answer(pdf: bytes) -> str:
    """`valid`, `altered` or `unknown`: a seal that holds on a file we never gave out is altered."""
    trust = _trust()
    if trust is None:
        return "unknown"
    verdict = check(pdf, trust, now=now())
    if verdict.state != "valid":
        return verdict.state
    with reading() as session:
        is_issued = consents.is_issued(session, verdict.sha256, verdict.revisions)
    return "valid" if is_issued else "altered"


def _trust() -> Trusted | None:
    """Our own root; None: nothing was ever sealed here."""
    try:
        return trusted(choose(platform().settings).root_path)
    except FileNotFoundError:
        return None
