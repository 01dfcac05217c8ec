"""The text of a consent, what may be frozen, and the PDF it becomes."""

import hashlib
import json
import re
from datetime import timedelta
from importlib.resources import files
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from surveys.consent import document, render
from surveys.consent.document import ConsentRefused, Decision
from tests.surveys.make_consents import NOW, consent

CLAIMS = re.compile(
    r"qualified|kvalificiran|\bQES\b|\bAES\b|handwritten|lastnoročn"
    r"|legally binding|pravno zavezujo",
    re.IGNORECASE,
)


def words_of(pdf: bytes) -> str:
    """Give the text of a PDF with single spaces."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


@pytest.mark.parametrize("language", ["sl", "en"])
def test_the_pdf_shows_text_decisions_signer_and_the_test_mark(language: str):
    frozen = document.freeze(consent(language=language))

    shown = words_of(render.render(frozen, is_test=True))

    assert frozen.text.title in shown
    assert all(item.text in shown for item in frozen.text.items)
    assert all(item.if_refused in shown for item in frozen.text.items)
    assert frozen.text.withdrawal in shown
    assert "/s/ Žiga Čopič" in shown
    assert frozen.text.sha256 in shown
    granted, refused, unanswered, mark, time = {
        "sl": (
            "Soglasje dano",
            "Soglasje zavrnjeno",
            "Brez odgovora",
            "brez pravne veljave",
            "24. 11. 2026, 8.40 (UTC+01:00)",
        ),
        "en": (
            "Granted",
            "Refused",
            "Not answered",
            "no legal value",
            "24 November 2026, 08:40 (UTC+01:00)",
        ),
    }[language]
    assert all(word in shown for word in (granted, refused, unanswered, mark, time))


def test_without_the_development_ca_there_is_no_test_mark():
    assert "TEST" not in words_of(render.render(document.freeze(consent()), is_test=False))


def test_two_renderings_are_equal_and_another_minute_is_not():
    frozen = document.freeze(consent())

    first = render.render(frozen, is_test=True)

    assert (
        hashlib.sha256(first).digest()
        == hashlib.sha256(render.render(frozen, is_test=True)).digest()
    )
    later = document.freeze(consent(prepared_at=NOW + timedelta(minutes=1)))
    assert render.render(later, is_test=True) != first


@pytest.mark.parametrize("language", ["sl", "en"])
def test_the_pdf_declares_archive_and_accessibility_and_its_language(language: str):
    pdf = render.render(document.freeze(consent(language=language)), is_test=True)

    reader = PdfReader(BytesIO(pdf))
    assert reader.trailer["/Root"]["/Lang"] == language
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    packet = reader.trailer["/Root"]["/Metadata"].get_object().get_data()
    assert re.search(rb"pdfaid:part\D+3", packet)
    assert re.search(rb"pdfuaid:part\D+1", packet)


def test_typst_code_in_a_name_comes_out_as_text():
    name = '#read("/etc/passwd") *krepko* $x$ <a> @b \\ {c}'

    shown = words_of(render.render(document.freeze(consent(subject=name)), is_test=True))

    assert '#read("/etc/passwd") *krepko* $x$ <a> @b \\ {c}' in shown


@pytest.mark.parametrize("char", ["\U0001f600", "\u65e5", "\u0000", "\u05d0", "\u0416"])
def test_a_name_that_cannot_be_printed_is_found_before_signing(char: str):
    assert render.unprintable(f"Ana {char}") == char
    with pytest.raises(render.CannotRender) as refused:
        render.render(document.freeze(consent(subject=f"Ana {char}")), is_test=True)
    assert refused.value.unprintable == char


def test_marks_that_reorder_text_are_stripped():
    plain = document.freeze(consent(subject="Ana Novak"))
    spoofed = document.freeze(consent(subject="Ana\u202e Novak"))

    assert render.render(plain, is_test=True) == render.render(spoofed, is_test=True)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=40))
def test_any_name_renders_or_names_what_is_unprintable(name: str):
    frozen = document.freeze(consent(subject=name))

    try:
        assert render.render(frozen, is_test=True).startswith(b"%PDF-")
    except render.CannotRender as refused:
        assert refused.unprintable  # noqa: PT017 - either outcome is right for some names


def test_a_text_of_unreasonable_length_is_refused():
    with pytest.raises(render.CannotRender):
        render.render(document.freeze(consent(typed="a" * 200_001)), is_test=True)


def test_optional_items_stay_unset_until_answered():
    frozen = document.freeze(consent())

    assert dict(frozen.decisions) == {
        "share-readings": Decision.GRANTED,
        "share-summary": Decision.UNANSWERED,
        "reminders": Decision.REFUSED,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"decisions": ()},
        {"decisions": (("share-readings", Decision.REFUSED),)},
        {"decisions": (("share-readings", Decision.GRANTED), ("sell-data", Decision.GRANTED))},
        {"decisions": (("share-readings", Decision.GRANTED),) * 2},
        {"typed": "  "},
        {"prepared_at": NOW.replace(tzinfo=None)},
        {"language": "de"},
    ],
)
def test_a_document_that_is_not_complete_is_not_frozen(changes: dict[str, Any]):
    with pytest.raises(ConsentRefused):
        document.freeze(consent(**changes))


def test_the_hash_names_the_text_of_each_language():
    template = document.load("diabetes-monitoring")

    hashes = {template.sha256, template.text("sl").sha256, template.text("en").sha256}

    assert len(hashes) == 3
    assert template.languages == ("sl", "en")


def test_an_unknown_template_is_refused():
    with pytest.raises(document.UnknownTemplate):
        document.load("../words")


def template_data() -> dict[str, Any]:
    place = files("surveys.consent") / "templates" / "diabetes-monitoring.json"
    return json.loads(place.read_text(encoding="utf-8"))


@pytest.mark.parametrize("key", ["items", "texts", "minor_from_15", "valid_months", "version"])
def test_a_template_without_an_obligatory_part_is_refused(key: str):
    data = template_data()
    del data[key]

    with pytest.raises(ConsentRefused):
        document.read(data)


def test_a_template_whose_languages_differ_in_items_is_refused():
    data = template_data()
    del data["texts"]["en"]["items"]["reminders"]

    with pytest.raises(ConsentRefused):
        document.read(data)


def test_one_changed_word_is_another_text():
    data = template_data()
    before = document.read(data)
    data["texts"]["sl"]["summary"] += "!"
    after = document.read(data)

    assert after.text("sl").sha256 != before.text("sl").sha256
    assert after.text("en").sha256 == before.text("en").sha256
    assert after.sha256 != before.sha256


def test_we_claim_nothing_beyond_a_recorded_gesture_and_our_seal():
    place = files("surveys.consent")
    texts = [place / "words.json", place / "consent.typ", *(place / "templates").iterdir()]

    assert not [one.name for one in texts if CLAIMS.search(one.read_text(encoding="utf-8"))]
