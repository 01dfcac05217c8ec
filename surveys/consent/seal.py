"""The organisation's seal on a consent: PAdES through pyHanko, and the marked development CA.

The seal is appended, so the bytes that were shown stay a prefix of the sealed file. `seal` runs
its own event loop: call it from a worker thread or process, never inside a running loop.
"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

FIELD = "Seal"
RESERVED_BYTES = 8_192
RESERVED_BYTES_TIMESTAMPED = 24_576
VALID_DAYS = 3_650
EARLIER_DAYS = 30
_load_signer: Any = SimpleSigner.load  # has no types
_FILES = ("root.pem", "seal.pem", "seal.key")


class CannotSeal(RuntimeError):
    """The file could not be sealed; nothing was produced, and trying again is safe."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file and what to store beside it, to recognise it later.

    `is_timestamp_pending` says that a time was wanted and could not be had: raise it afterwards.
    """

    pdf: bytes
    sha256: str
    revisions: int
    level: str
    signer_sha256: str
    is_timestamp_pending: bool


class Sealer(Protocol):
    """Whoever can put the organisation's seal on a file."""

    is_test: bool
    root_pem: bytes

    def seal(self, pdf: bytes) -> Sealed:
        """Append the seal to a file."""


class LocalSealer:
    """Seals with a key held in this process. `is_test` marks the development CA."""

    def __init__(
        self,
        signer: SimpleSigner,
        root_pem: bytes,
        *,
        is_test: bool,
        timestamper: TimeStamper | None = None,
    ) -> None:
        self.is_test = is_test
        self.root_pem = root_pem
        self._signer = signer
        self._timestamper = timestamper

    @classmethod
    def from_pkcs12(
        cls,
        data: bytes,
        passphrase: bytes | None,
        root_pem: bytes,
        timestamper: TimeStamper | None = None,
    ) -> "LocalSealer":
        """Load the organisation's own seal certificate and key.

        Raises:
            CannotSeal: the container or its passphrase is wrong.
        """
        try:
            signer = SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=passphrase)
        except ValueError as error:
            raise CannotSeal("the key container cannot be opened") from error
        return cls(_without_roots(signer), root_pem, is_test=False, timestamper=timestamper)

    @property
    def signer_sha256(self) -> str:
        """Give the fingerprint of the seal certificate, in lower-case hex."""
        certificate: Any = self._signer.signing_cert
        return hashlib.sha256(certificate.dump()).hexdigest()

    def seal(self, pdf: bytes) -> Sealed:
        """Append the seal: B-T with a time-stamp, B-B without or when it cannot be had.

        Raises:
            CannotSeal: the file is no PDF that can be signed, or the key failed.
        """
        is_pending = False
        try:
            try:
                sealed = self._sign(pdf, self._timestamper)
            except TimestampRequestError:  # an outage costs a level, never a signature
                is_pending = True
                sealed = self._sign(pdf, None)
            revisions = PdfFileReader(BytesIO(sealed)).xrefs.total_revisions
        except (PdfError, SigningError, ValueError, OSError) as error:
            raise CannotSeal("the document could not be sealed") from error
        has_time = self._timestamper is not None and not is_pending
        return Sealed(
            pdf=sealed,
            sha256=hashlib.sha256(sealed).hexdigest(),
            revisions=revisions,
            level="B-T" if has_time else "B-B",
            signer_sha256=self.signer_sha256,
            is_timestamp_pending=is_pending,
        )

    def _sign(self, pdf: bytes, timestamper: TimeStamper | None) -> bytes:
        """Sign once; the metadata names no person and no diagnosis."""
        metadata = PdfSignatureMetadata(
            field_name=FIELD, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        signer = PdfSigner(
            metadata,
            signer=self._signer,
            timestamper=timestamper,
            new_field_spec=SigFieldSpec(FIELD, box=None),
        )
        output = BytesIO()
        signer.sign_pdf(
            IncrementalPdfFileWriter(BytesIO(pdf)),
            output=output,
            bytes_reserved=RESERVED_BYTES_TIMESTAMPED if timestamper else RESERVED_BYTES,
        )
        return output.getvalue()


def development_sealer(
    folder: Path, *, now: datetime, timestamper: TimeStamper | None = None
) -> LocalSealer:
    """Give the sealer of the development CA in a folder, made there at first use.

    The key is readable by its owner only. The root's own key is thrown away at once, so that
    nothing else can ever be issued under it. Two processes starting together use the same one.

    Raises:
        CannotSeal: the folder holds a key that others can read, or files that cannot be used.
        OSError: the folder cannot be written.
    """
    place = folder / "development-ca"
    if not place.is_dir():
        _make_development_ca(place, now)
    root, certificate, key = (place / name for name in _FILES)
    if key.stat().st_mode & 0o077:
        raise CannotSeal(f"{key.name} can be read by others; it must have mode 0600")
    signer = _load_signer(str(key), str(certificate), key_passphrase=None)
    if signer is None:
        raise CannotSeal("the development key or certificate cannot be read")
    return LocalSealer(
        _without_roots(signer), root.read_bytes(), is_test=True, timestamper=timestamper
    )


def _without_roots(signer: SimpleSigner) -> SimpleSigner:
    """Leave the root out of the signature: whoever verifies must have it from elsewhere."""
    return SimpleSigner(
        signing_cert=signer.signing_cert,
        signing_key=signer.signing_key,
        cert_registry=signer.cert_registry,
        embed_roots=False,
    )


def _make_development_ca(place: Path, now: datetime) -> None:
    """Write root, seal certificate and key, visible only when complete."""
    place.parent.mkdir(parents=True, exist_ok=True)
    root_key = ec.generate_private_key(ec.SECP256R1())
    seal_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("TEST development CA", root_key, None, root_key, now)
    seal = _certificate("TEST seal", seal_key, root, root_key, now)
    pem = serialization.Encoding.PEM
    contents = (
        root.public_bytes(pem),
        seal.public_bytes(pem),
        seal_key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    draft = Path(tempfile.mkdtemp(prefix=".development-ca-", dir=place.parent))  # mode 0700
    try:
        for name, content in zip(_FILES, contents, strict=True):
            handle = os.open(draft / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        draft.rename(place)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not place.is_dir():  # else another process was faster, and its CA counts
            raise


def _usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=not is_root,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    """Issue a certificate; without an issuer it is a root."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "TEST - no legal value"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    is_root = issuer is None
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=EARLIER_DAYS))
        .not_valid_after(now + timedelta(days=VALID_DAYS))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(_usage(is_root=is_root), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(authority, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
