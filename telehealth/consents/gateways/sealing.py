"""The organisation's seal: its own key, or the marked development one that only the demo may use.

pyHanko takes a second and 50 MB to load, and a web process never seals: `open_seal` loads it where
a document is sealed, and nothing else does.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from telehealth.core.errors import Unavailable
from telehealth.core.i18n import N_
from telehealth.settings import Settings

DEVELOPMENT = "development-ca"


@dataclass(frozen=True, slots=True)
class SealedFile:
    """A sealed file that has passed our own verification, and what to store beside it."""

    pdf: bytes
    sha256: str
    revisions: int
    level: str
    signer_sha256: str


class Seal(Protocol):
    """Whoever can put the organisation's seal on a document."""

    def seal(self, pdf: bytes, *, now: datetime) -> SealedFile:
        """Append the seal and check the result; the given bytes stay its beginning."""


@dataclass(frozen=True, slots=True)
class SealChoice:
    """Which seal this installation uses; known without loading anything heavy."""

    folder: Path
    """Holds `seal.p12` and `root.pem`; for the development seal, the data folder."""
    password: str = field(repr=False)
    is_test: bool

    @property
    def root_path(self) -> Path:
        """The certificate of the root everybody must have from elsewhere."""
        return (self.folder / DEVELOPMENT if self.is_test else self.folder) / "root.pem"


def choose(settings: Settings) -> SealChoice:
    """The seal of this installation.

    Raises:
        Unavailable: no seal is set up, and this is not the demonstration.
    """
    if settings.seal_folder:
        return SealChoice(Path(settings.seal_folder), settings.seal_password, is_test=False)
    if not settings.demo:
        raise Unavailable(
            N_("Consents cannot be signed here yet: the clinic's seal is not set up."),
            code="no_seal",
        )
    return SealChoice(settings.data_dir, "", is_test=True)


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose seal is believed: the root, and the fingerprints under it (none: all)."""

    root_pem: bytes
    signer_sha256: frozenset[str] = frozenset()


def trusted(root_path: Path) -> Trusted:
    """The root in a file, with the seal certificate where it lies beside it.

    Raises:
        OSError: there is no such file.
        ValueError: it holds no certificate.
    """
    root_pem = root_path.read_bytes()
    x509.load_pem_x509_certificates(root_pem)
    beside = root_path.with_name("seal.pem")
    if not beside.exists():
        return Trusted(root_pem)
    seal = x509.load_pem_x509_certificate(beside.read_bytes())
    return Trusted(root_pem, frozenset({sha256(seal.public_bytes(Encoding.DER)).hexdigest()}))


_opened: dict[SealChoice, Seal] = {}


def open_seal(choice: SealChoice, *, now: datetime) -> Seal:
    """The seal itself, ready to use; opened once per process.

    Args:
        choice: which one.
        now: from when a new development seal counts.
    """
    if choice not in _opened:
        module = import_module("telehealth.consents.gateways.local_seal")
        _opened[choice] = cast("Seal", module.LocalSeal(choice, now))
    return _opened[choice]
