"""Consents and certificates for the tests of this folder."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from surveys.consent import document
from surveys.consent.document import ConsentDocument, Decision, Gesture, Signature

NOW = datetime(2026, 11, 24, 7, 40, tzinfo=UTC)


def consent(
    *,
    language: str = "sl",
    subject: str = "Žiga Čopič",
    typed: str = "/s/ Žiga Čopič",
    decisions: tuple[tuple[str, Decision], ...] = (
        ("share-readings", Decision.GRANTED),
        ("reminders", Decision.REFUSED),
    ),
    prepared_at: datetime = NOW,
) -> ConsentDocument:
    """Make a document that is not frozen yet."""
    return ConsentDocument(
        template=document.load("diabetes-monitoring"),
        language=language,
        subject_name=subject,
        subject_born_on="1957-03-08",
        decisions=decisions,
        signature=Signature(subject, "self", Gesture.TYPED_NAME, typed),
        organisation="Ambulanta Jezero",
        prepared_at=prepared_at,
        reference="C-2026-0001",
        evidence_head="ab" * 32,
    )


def timestamper() -> tuple[DummyTimeStamper, bytes]:
    """Make a time-stamp authority of our own (RSA: the dummy knows no other) and its root."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST time")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=400))
        .not_valid_after(NOW + timedelta(days=4000))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(key, hashes.SHA256())
    )
    root = certificate.public_bytes(serialization.Encoding.PEM)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    stamper = DummyTimeStamper(
        next(iter(load_certs_from_pemder_data(root))),
        load_private_key_from_pemder_data(pem, passphrase=None),
        fixed_dt=NOW,
    )
    return stamper, root
