"""The container of a seal (CMS), the one part of a file that no signature covers.

Readers are lenient about it: another length, another case of a letter in a name, or other
parameters of an algorithm leave the signature valid. So it is rebuilt from the parts that the
signature does protect and must come out the same, byte for byte.
"""

from typing import Any

from asn1crypto import algos, cms, core  # type: ignore[import-untyped]  # it has no types

TIMESTAMP_ATTRIBUTE = "signature_time_stamp_token"
_NULL = core.Null().dump()


def is_ours(pdf: bytes, seal: Any, status: Any) -> bool:
    """Say whether the container of a trusted seal is written exactly as our sealer writes it.

    `status` is the result of validating the seal, trusted. A time-stamp inside is held to the same
    form; its certificates must be those of the validated path.
    """
    start, length, after, _ = (int(part) for part in seal.byte_range)
    contents = bytes(seal.pkcs7_content)
    if pdf[start + length : after] != b"<" + contents.hex().upper().encode() + b">":
        return False
    attributes = seal.signer_info["unsigned_attrs"]
    rebuilt = _rebuilt(cms.ContentInfo.load(contents), status, attributes, "v1")
    if rebuilt is None or contents[: len(rebuilt)] != rebuilt:
        return False
    is_padded = not contents[len(rebuilt) :].strip(b"\0")
    return is_padded and _has_plain_attributes(attributes, status)


def _has_plain_attributes(attributes: Any, status: Any) -> bool:
    """Allow one time-stamp as the only thing beside the signature."""
    if not len(attributes):
        return True
    first = attributes[0]
    stamp = status.timestamp_validity
    if len(attributes) > 1 or first["type"].native != TIMESTAMP_ATTRIBUTE or stamp is None:
        return False
    if len(first["values"]) != 1:
        return False
    token = first["values"][0]
    rebuilt = _rebuilt(token, stamp, core.Void(), "v3")
    whole = cms.CMSAttributes([{"type": TIMESTAMP_ATTRIBUTE, "values": [token]}])
    return bool(rebuilt == token.dump() and attributes.untag().dump() == whole.dump())


def _rebuilt(message: Any, status: Any, unsigned: Any, version: str) -> bytes | None:
    """Encode a signed message anew; None when it holds what ours never hold."""
    data = message["content"]
    signers = data["signer_infos"]
    if len(signers) != 1 or data["crls"].native is not None or status.validation_path is None:
        return None
    signer, certificate = signers[0], status.signing_cert
    known = {one.dump() for one in status.validation_path.iter_certs(include_root=True)}
    if not {one.chosen.dump() for one in data["certificates"]} <= known:
        return None
    parts: dict[str, Any] = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {
                "issuer": certificate.issuer,
                "serial_number": certificate.serial_number,
            }
        },
        "digest_algorithm": _algorithm(algos.DigestAlgorithm, signer["digest_algorithm"]),
        "signed_attrs": signer["signed_attrs"],
        "signature_algorithm": _algorithm(
            algos.SignedDigestAlgorithm, signer["signature_algorithm"]
        ),
        "signature": signer["signature"].native,
    }
    if len(unsigned.dump()):
        parts["unsigned_attrs"] = unsigned
    signed = cms.SignedData(
        {
            "version": version,
            "digest_algorithms": [_algorithm(algos.DigestAlgorithm, signer["digest_algorithm"])],
            "encap_content_info": data["encap_content_info"],
            "certificates": data["certificates"],
            "signer_infos": [cms.SignerInfo(parts)],
        }
    )
    rebuilt: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump(
        force=True
    )
    return rebuilt


def _algorithm(kind: Any, found: Any) -> Any:
    """Name an algorithm anew, without parameters or with the empty one; PSS keeps its own."""
    name = found["algorithm"].native
    if name == "rsassa_pss":
        return kind({"algorithm": name, "parameters": found["parameters"].native})
    if found["parameters"].dump() == _NULL:
        return kind({"algorithm": name, "parameters": core.Null()})
    return kind({"algorithm": name})
