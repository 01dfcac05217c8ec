"""Whether a sealed file is ours and unchanged: offline, and never by one sign alone.

A signature stays "intact" when something is appended to the file, so every check must hold: the
bottom line, the coverage of the whole file, no later change, our certificate under our root, the
strict form of the signature container, and, where known, hash and revisions of the stored file.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from io import BytesIO
from typing import Any

import pyhanko.keys
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import (
    validate_pdf_signature,
    validate_pdf_timestamp,
)
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from surveys.consent import container

MAX_BYTES = 10_000_000
MAX_SIGNATURES = 6
_read_certificates: Any = pyhanko.keys.load_certs_from_pemder_data  # has no types


class State(StrEnum):
    """The answer in one word; a valid seal is not yet a valid consent."""

    VALID = "valid"
    ALTERED = "altered"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """A reason against a file."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    ACTIVE_FORM = "active_form"
    NO_SIGNATURE = "no_signature"
    TOO_MANY_SIGNATURES = "too_many_signatures"
    NOT_OURS = "not_ours"
    TIME_NOT_TRUSTED = "time_not_trusted"
    CERTIFICATE_NOT_VALID = "certificate_not_valid"
    CONTENT_CHANGED = "content_changed"
    CHANGED_AFTERWARDS = "changed_afterwards"
    NOT_WHOLE_FILE = "not_whole_file"
    CONTAINER_CHANGED = "container_changed"
    OTHER_FILE = "other_file"
    REVISIONS_DIFFER = "revisions_differ"


_ALTERED = frozenset(
    {
        Why.CONTENT_CHANGED,
        Why.CHANGED_AFTERWARDS,
        Why.NOT_WHOLE_FILE,
        Why.CONTAINER_CHANGED,
        Why.OTHER_FILE,
        Why.REVISIONS_DIFFER,
    }
)


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom to believe: our root, the fingerprints of our seals, the roots of time-stamps (PEM).

    Without `signer_sha256` any certificate under the root counts.
    """

    root_pem: bytes
    signer_sha256: frozenset[str] = frozenset()
    timestamp_roots_pem: bytes = b""


@dataclass(frozen=True, slots=True)
class Expected:
    """What was stored when the file was sealed."""

    sha256: str
    revisions: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer about a file, with every reason found and what could be read from the seal."""

    state: State
    reasons: tuple[Why, ...]
    sha256: str
    level: str = ""
    signer_sha256: str = ""
    signed_at: datetime | None = None
    revisions: int = 0


@dataclass(slots=True)
class _Look:
    """What is gathered while looking at one file."""

    reasons: dict[Why, None] = field(default_factory=dict)
    level: str = ""
    signer_sha256: str = ""
    signed_at: datetime | None = None
    revisions: int = 0

    def note(self, why: Why, *, unless: bool = False) -> None:
        """Remember a reason unless all is well."""
        if not unless:
            self.reasons[why] = None


def verify(pdf: bytes, trust: Trust, expected: Expected | None = None, *, now: datetime) -> Verdict:
    """Judge a file without any network.

    `now` is the moment for which certificates are judged. With `expected` the file must also be,
    byte for byte, the one that was stored: only that shows a removed last revision. Never raises
    for what the file holds. Runs its own event loop, as `seal` does.
    """
    look = _Look()
    digest = hashlib.sha256(pdf).hexdigest()
    if len(pdf) > MAX_BYTES:
        look.note(Why.TOO_LARGE)
    else:
        try:
            _inspect(pdf, trust, now, look)
        except Exception:  # noqa: BLE001 - hostile files fail in any way; the verdict tells the asker
            look.note(Why.UNREADABLE)
    if expected is not None:
        look.note(Why.OTHER_FILE, unless=digest == expected.sha256)
        look.note(Why.REVISIONS_DIFFER, unless=look.revisions in (0, expected.revisions))
    reasons = tuple(look.reasons)
    is_altered = any(why in _ALTERED for why in reasons) and Why.NOT_OURS not in reasons
    state = State.ALTERED if is_altered else State.UNKNOWN if reasons else State.VALID
    return Verdict(
        state,
        reasons,
        digest,
        level=look.level,
        signer_sha256=look.signer_sha256,
        signed_at=look.signed_at,
        revisions=look.revisions,
    )


def _inspect(pdf: bytes, trust: Trust, now: datetime, look: _Look) -> None:
    """Look at every signature of a file."""
    reader = PdfFileReader(BytesIO(pdf), strict=True)
    if reader.encrypted:
        look.note(Why.ENCRYPTED)
        return
    has_form = "/AcroForm" in reader.root
    look.note(Why.ACTIVE_FORM, unless=not has_form or "/XFA" not in reader.root["/AcroForm"])
    look.revisions = reader.xrefs.total_revisions
    signatures = reader.embedded_signatures
    seals = reader.embedded_regular_signatures
    look.note(Why.NO_SIGNATURE, unless=bool(seals))
    look.note(Why.TOO_MANY_SIGNATURES, unless=len(signatures) <= MAX_SIGNATURES)
    if look.reasons:
        return
    for seal in seals:
        _look_at_seal(pdf, seal, trust, now, look)
    for stamp in reader.embedded_timestamp_signatures:
        status = validate_pdf_timestamp(stamp, _context(trust.timestamp_roots_pem, now))
        look.note(Why.CONTENT_CHANGED, unless=status.intact and status.valid)
        look.note(Why.TIME_NOT_TRUSTED, unless=status.trusted)
        _look_at_reach(status, look)
    last = signatures[-1]
    is_whole = last.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE
    look.note(Why.NOT_WHOLE_FILE, unless=is_whole)


def _look_at_seal(pdf: bytes, seal: Any, trust: Trust, now: datetime, look: _Look) -> None:
    """Check one seal by itself."""
    status = validate_pdf_signature(
        seal,
        signer_validation_context=_context(trust.root_pem, now),
        ts_validation_context=_context(trust.timestamp_roots_pem, now),
    )
    look.signer_sha256 = hashlib.sha256(seal.signer_cert.dump()).hexdigest()
    look.signed_at = seal.self_reported_timestamp
    look.level = "B-B"
    look.note(Why.CONTENT_CHANGED, unless=status.intact and status.valid)
    is_known = not trust.signer_sha256 or look.signer_sha256 in trust.signer_sha256
    is_sound = status.intact and status.valid  # only then was a chain looked for
    has_chain = status.trust_problem_indic is not AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND
    look.note(Why.NOT_OURS, unless=is_known and has_chain)
    look.note(Why.CERTIFICATE_NOT_VALID, unless=status.trusted or not (is_sound and has_chain))
    _look_at_reach(status, look)
    stamp = status.timestamp_validity
    if stamp is not None:
        look.level, look.signed_at = "B-T", stamp.timestamp
        look.note(Why.CONTENT_CHANGED, unless=stamp.intact and stamp.valid)
        look.note(Why.TIME_NOT_TRUSTED, unless=stamp.trusted)
    if status.trusted and (stamp is None or stamp.trusted):
        look.note(Why.CONTAINER_CHANGED, unless=container.is_ours(pdf, seal, status))
    if not look.reasons:
        look.note(Why.CHANGED_AFTERWARDS, unless=status.bottom_line)


def _look_at_reach(status: Any, look: _Look) -> None:
    """Check how much of the file a signature covers, and what came after it."""
    whole = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
    look.note(Why.NOT_WHOLE_FILE, unless=status.coverage in whole)
    level = status.modification_level
    allowed = (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
    look.note(Why.CHANGED_AFTERWARDS, unless=level in allowed)


def _context(roots_pem: bytes, now: datetime) -> ValidationContext:
    """Trust the given roots only, at one moment, and fetch nothing."""
    return ValidationContext(
        trust_roots=list(_read_certificates(roots_pem)) if roots_pem else [],
        moment=now,
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
