"""A sealed consent is recognised, and every attack on it is caught."""

import hashlib
import logging
import stat
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, TextStringObject

from surveys.consent import document, render
from surveys.consent.document import Decision
from surveys.consent.seal import CannotSeal, LocalSealer, Sealed, development_sealer
from surveys.consent.verify import Expected, State, Trust, Verdict, Why, verify
from tests.surveys.make_consents import NOW, consent, timestamper

PREVIEW = render.render(document.freeze(consent()), is_test=True)


@pytest.fixture(scope="module")
def sealer(tmp_path_factory: pytest.TempPathFactory) -> LocalSealer:
    return development_sealer(tmp_path_factory.mktemp("ours"), now=NOW)


@pytest.fixture(scope="module")
def sealed(sealer: LocalSealer) -> Sealed:
    return sealer.seal(PREVIEW)


@pytest.fixture(scope="module")
def trust(sealer: LocalSealer) -> Trust:
    return Trust(sealer.root_pem, frozenset({sealer.signer_sha256}))


@pytest.fixture(autouse=True)
def quiet() -> None:
    """The library logs every failed validation at length; here they are meant to fail."""
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)


def appended(pdf: bytes, change: str) -> bytes:
    """Append an incremental update, as an attacker with a PDF tool would."""
    writer = PdfWriter(BytesIO(pdf), incremental=True)
    if change == "text":
        page = writer.pages[0]
        page.merge_page(PdfReader(BytesIO(PREVIEW)).pages[0])
    elif change == "annotation":
        writer.add_annotation(
            0,
            {
                NameObject("/Type"): NameObject("/Annot"),
                NameObject("/Subtype"): NameObject("/FreeText"),
                NameObject("/Contents"): TextStringObject("Soglasje dano"),
                NameObject("/Rect"): [40, 300, 300, 340],
            },
        )
    elif change == "title":
        writer.add_metadata({"/Title": "Drugo soglasje"})
    else:
        writer._root_object[NameObject("/Lang")] = TextStringObject("en")
    output = BytesIO()
    writer.write(output)
    assert output.getvalue().startswith(pdf)
    return output.getvalue()


def resaved(pdf: bytes) -> bytes:
    """Write the file anew with another tool."""
    writer = PdfWriter(clone_from=BytesIO(pdf))
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def test_the_preview_is_a_byte_prefix_of_the_sealed_file(sealed: Sealed):
    assert sealed.pdf[: len(PREVIEW)] == PREVIEW
    assert len(sealed.pdf) > len(PREVIEW)
    assert (sealed.level, sealed.revisions, sealed.is_timestamp_pending) == ("B-B", 2, False)
    assert sealed.sha256 == hashlib.sha256(sealed.pdf).hexdigest()


def test_an_untouched_file_is_valid_with_and_without_the_store(sealed: Sealed, trust: Trust):
    alone = verify(sealed.pdf, trust, now=NOW)
    known = verify(sealed.pdf, trust, Expected(sealed.sha256, sealed.revisions), now=NOW)

    assert alone == known
    assert (alone.state, alone.reasons, alone.level) == (State.VALID, (), "B-B")
    assert alone.signer_sha256 == sealed.signer_sha256
    assert alone.signed_at is not None


def test_sealing_keeps_structure_language_and_declarations(sealed: Sealed):
    root = PdfReader(BytesIO(sealed.pdf)).trailer["/Root"]

    packet = root["/Metadata"].get_object().get_data()
    assert root["/Lang"] == "sl"
    assert "/StructTreeRoot" in root
    assert b"pdfaid:part" in packet
    assert b"pdfuaid:part" in packet


ATTACKS = {
    "bytes after the end": lambda pdf: pdf + b"\n",
    "a comment after the end": lambda pdf: pdf + b"%%EOF\n",
    "the end cut off": lambda pdf: pdf[:-1],
    "half of the file": lambda pdf: pdf[: len(pdf) // 2],
    "the seal cut off": lambda pdf: pdf[: len(PREVIEW)],
    "the name of the field replaced": lambda pdf: pdf.replace(b"(Seal)", b"(Deal)"),
    "the kind of signature replaced": lambda pdf: pdf.replace(b"/ETSI.CAdES", b"/ETSI.RFC316"),
    "the time of the seal replaced": lambda pdf: pdf.replace(b"(D:20", b"(D:19"),
    "an update with page text": lambda pdf: appended(pdf, "text"),
    "an update with an annotation": lambda pdf: appended(pdf, "annotation"),
    "an update of the title": lambda pdf: appended(pdf, "title"),
    "an update of the language": lambda pdf: appended(pdf, "language"),
    "saved by another tool": resaved,
    "the container in lower case": lambda pdf: pdf.replace(b"<3082", b"<3082".lower(), 1)
    .replace(b"2A864886F70D010702", b"2a864886f70d010702"),
    "something in the padding": lambda pdf: pdf.replace(b"00>", b"01>", 1),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_never_valid(attack: str, sealed: Sealed, trust: Trust):
    attacked = ATTACKS[attack](sealed.pdf)
    assert attacked != sealed.pdf

    alone = verify(attacked, trust, now=NOW)
    known = verify(attacked, trust, Expected(sealed.sha256, sealed.revisions), now=NOW)

    assert alone.state is not State.VALID
    assert known.state is State.ALTERED
    assert Why.OTHER_FILE in known.reasons


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_never_valid(data: st.DataObject, sealed: Sealed, trust: Trust):
    at = data.draw(st.integers(0, len(sealed.pdf) - 1))
    flipped = bytearray(sealed.pdf)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))

    assert verify(bytes(flipped), trust, now=NOW).state is not State.VALID


def test_changed_content_is_named_as_such(sealed: Sealed, trust: Trust):
    flipped = bytearray(sealed.pdf)
    flipped[sealed.pdf.index(b"stream") + 30] ^= 1

    verdict = verify(bytes(flipped), trust, now=NOW)

    assert (verdict.state, verdict.reasons) == (State.ALTERED, (Why.CONTENT_CHANGED,))


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_in_the_container_is_never_valid(
    data: st.DataObject, sealed: Sealed, trust: Trust
):
    start = sealed.pdf.index(b"/Contents <") + len(b"/Contents <")
    size = 2 * (int(sealed.pdf[start + 4 : start + 8], 16) + 4)
    at = start + data.draw(st.integers(0, size + 40))
    flipped = bytearray(sealed.pdf)
    flipped[at] ^= 1 << data.draw(st.integers(0, 7))

    assert verify(bytes(flipped), trust, now=NOW).state is not State.VALID


def test_what_a_lenient_reader_overlooks_in_the_container_is_seen(sealed: Sealed, trust: Trust):
    """A length, the parameters of an algorithm, a letter of the issuer's name in the signer."""
    start = sealed.pdf.index(b"/Contents <") + len(b"/Contents <")
    named = sealed.pdf.rindex(b"TEST development CA".hex().upper().encode())
    parameters = start + 83 if sealed.pdf[start + 82 : start + 86] == b"0500" else start + 84
    for at, digit in ((start + 7, b"0"), (parameters, b"4"), (named, b"7"), (named + 8, b"4")):
        flipped = sealed.pdf[:at] + digit + sealed.pdf[at + 1 :]
        if flipped != sealed.pdf:
            assert verify(flipped, trust, now=NOW).state is not State.VALID


def test_a_foreign_authority_with_our_names_is_not_ours(trust: Trust, tmp_path: Path):
    foreign = development_sealer(tmp_path, now=NOW).seal(PREVIEW)

    verdict = verify(foreign.pdf, trust, now=NOW)

    assert verdict.state is State.UNKNOWN
    assert Why.NOT_OURS in verdict.reasons
    by_root_alone = verify(foreign.pdf, Trust(trust.root_pem), now=NOW)
    assert by_root_alone.state is State.UNKNOWN
    assert Why.NOT_OURS in by_root_alone.reasons


def test_our_seal_on_another_patients_consent_is_not_the_stored_one(
    sealer: LocalSealer, sealed: Sealed, trust: Trust
):
    other = render.render(document.freeze(consent(subject="Ana Novak")), is_test=True)

    verdict = verify(
        sealer.seal(other).pdf, trust, Expected(sealed.sha256, sealed.revisions), now=NOW
    )

    assert (verdict.state, verdict.reasons) == (State.ALTERED, (Why.OTHER_FILE,))


def test_another_language_of_the_same_consent_is_not_the_stored_one(
    sealer: LocalSealer, sealed: Sealed, trust: Trust
):
    english = render.render(document.freeze(consent(language="en")), is_test=True)

    verdict = verify(
        sealer.seal(english).pdf, trust, Expected(sealed.sha256, sealed.revisions), now=NOW
    )

    assert verdict.state is State.ALTERED


def test_an_expired_certificate_is_not_valid(sealed: Sealed, trust: Trust):
    verdict = verify(sealed.pdf, trust, now=NOW + timedelta(days=4000))

    assert (verdict.state, verdict.reasons) == (State.UNKNOWN, (Why.CERTIFICATE_NOT_VALID,))


@pytest.mark.parametrize("junk", [b"", b"hello", b"%PDF-1.7\n%%EOF", b"%PDF-1.7" + b"[" * 5000])
def test_what_is_no_pdf_is_unknown(junk: bytes, trust: Trust):
    assert verify(junk, trust, now=NOW).state is State.UNKNOWN


@settings(max_examples=40, deadline=None)
@given(junk=st.binary(max_size=400))
def test_any_bytes_get_an_answer(junk: bytes, trust: Trust):
    assert isinstance(verify(b"%PDF-1.7\n" + junk, trust, now=NOW), Verdict)


def test_an_unsealed_encrypted_or_huge_file_is_unknown_for_a_reason(trust: Trust):
    writer = PdfWriter(clone_from=BytesIO(PREVIEW))
    writer.encrypt("secret", algorithm="RC4-128")
    output = BytesIO()
    writer.write(output)

    assert verify(PREVIEW, trust, now=NOW).reasons == (Why.NO_SIGNATURE,)
    assert verify(output.getvalue(), trust, now=NOW).reasons == (Why.ENCRYPTED,)
    assert verify(b"%PDF" + bytes(10_000_000), trust, now=NOW).reasons == (Why.TOO_LARGE,)


def test_a_time_stamp_raises_the_level_and_needs_its_own_trust(sealer: LocalSealer, trust: Trust):
    stamper, root = timestamper()
    stamped = LocalSealer(
        sealer._signer, sealer.root_pem, is_test=True, timestamper=stamper
    ).seal(PREVIEW)  # fmt: skip

    verdict = verify(stamped.pdf, Trust(trust.root_pem, trust.signer_sha256, root), now=NOW)
    assert (verdict.state, verdict.level, verdict.signed_at) == (State.VALID, "B-T", NOW)
    assert stamped.level == "B-T"
    stranger = verify(stamped.pdf, trust, now=NOW)
    assert (stranger.state, stranger.reasons) == (State.UNKNOWN, (Why.TIME_NOT_TRUSTED,))
    changed = verify(stamped.pdf + b"\n", Trust(trust.root_pem, trust.signer_sha256, root), now=NOW)
    assert changed.state is State.ALTERED


class SilentTimeStamper(TimeStamper):
    """A time-stamp authority that is down."""

    async def async_request_tsa_response(self, req: object) -> object:  # noqa: ARG002 - its port
        raise TimestampRequestError("no answer")


def test_an_outage_of_the_time_stamp_costs_a_level_never_the_seal(
    sealer: LocalSealer, trust: Trust
):
    result = LocalSealer(
        sealer._signer, sealer.root_pem, is_test=True, timestamper=SilentTimeStamper()
    ).seal(PREVIEW)

    assert (result.level, result.is_timestamp_pending) == ("B-B", True)
    assert verify(result.pdf, trust, now=NOW).state is State.VALID


def test_the_development_key_is_private_and_made_once(tmp_path: Path):
    first = development_sealer(tmp_path / "new", now=NOW)
    second = development_sealer(tmp_path / "new", now=NOW + timedelta(days=1))

    key = tmp_path / "new" / "development-ca" / "seal.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert first.signer_sha256 == second.signer_sha256
    assert first.is_test
    assert [one.name for one in key.parent.parent.iterdir()] == ["development-ca"]


def test_a_development_key_that_others_can_read_is_refused(tmp_path: Path):
    development_sealer(tmp_path, now=NOW)
    (tmp_path / "development-ca" / "seal.key").chmod(0o644)

    with pytest.raises(CannotSeal, match="0600"):
        development_sealer(tmp_path, now=NOW)


@pytest.mark.parametrize("junk", [b"", b"hello", PREVIEW[:500]])
def test_what_is_no_pdf_cannot_be_sealed(junk: bytes, sealer: LocalSealer):
    with pytest.raises(CannotSeal):
        sealer.seal(junk)


def test_a_key_container_with_the_wrong_passphrase_is_refused(sealer: LocalSealer):
    with pytest.raises(CannotSeal):
        LocalSealer.from_pkcs12(b"no container", b"wrong", sealer.root_pem)


def test_refused_items_are_sealed_as_refused(sealer: LocalSealer, trust: Trust):
    decisions = tuple(
        (key, decision)
        for key, decision in (
            ("share-readings", Decision.GRANTED),
            ("share-summary", Decision.REFUSED),
            ("reminders", Decision.REFUSED),
        )
    )
    pdf = render.render(document.freeze(consent(decisions=decisions, language="en")), is_test=True)

    assert verify(sealer.seal(pdf).pdf, trust, now=NOW).state is State.VALID
    text = " ".join(PdfReader(BytesIO(pdf)).pages[0].extract_text().split())
    assert text.count("Refused.") == 2
