"""The seal with a key in this process, through pyHanko. Loaded by `sealing.open_seal` only."""

from datetime import datetime

from surveys.consent.seal import CannotSeal, LocalSealer, development_sealer
from surveys.consent.verify import Expected, State, Trust, verify
from telehealth.consents.gateways.sealing import SealChoice, SealedFile


class LocalSeal:
    """Seals and believes nothing before its own output has been verified.

    Args:
        choice: where the key is; the development key is made at first use.
        now: from when the development key counts.

    Raises:
        CannotSeal: the key cannot be used.
        OSError: its files cannot be read or written.
    """

    def __init__(self, choice: SealChoice, now: datetime) -> None:
        if choice.is_test:
            self._sealer = development_sealer(choice.folder, now=now)
            return
        self._sealer = LocalSealer.from_pkcs12(
            (choice.folder / "seal.p12").read_bytes(),
            choice.password.encode() or None,
            choice.root_path.read_bytes(),
        )

    def seal(self, pdf: bytes, *, now: datetime) -> SealedFile:
        """Append the seal and check the result.

        Raises:
            CannotSeal: it could not be sealed, or what came out is not right.
        """
        sealed = self._sealer.seal(pdf)
        trust = Trust(self._sealer.root_pem, frozenset({sealed.signer_sha256}))
        verdict = verify(sealed.pdf, trust, Expected(sealed.sha256, sealed.revisions), now=now)
        if verdict.state is not State.VALID or not sealed.pdf.startswith(pdf):
            raise CannotSeal("the sealed document does not verify")
        return SealedFile(
            sealed.pdf, sealed.sha256, sealed.revisions, sealed.level, sealed.signer_sha256
        )
