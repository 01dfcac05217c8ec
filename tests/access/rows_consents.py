"""Doors of consents. The owner's consent waits; another one of theirs is signed and sealed."""

from sqlalchemy.orm import Session

from telehealth.consents import service as consents
from telehealth.consents.gateways.sealing import SealedFile
from telehealth.consents.models import ConsentRequest, TemplateVersion
from tests.access.matrix import (
    DOCTOR,
    NURSE,
    PATIENT,
    PERSONS,
    PROXY,
    World,
    door,
    patient_page,
    public,
)
from tests.make import NOW
from tests.make import consents as made

_SIDE_AND_TEAM = dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 200)
_TEAM = {DOCTOR: 200, NURSE: 200}
_NO_WILL = {PROXY: 403, DOCTOR: 403, NURSE: 403}
_OWN = dict.fromkeys(PERSONS, 404)
_CHOICE = {"decisions": made.DECISIONS, "typed_name": "Ana"}
_FORM = {"decision-share-readings": "granted", "gesture": "click"}
_SIGNATURE = {"h0": "{h0}", "nonce": "{nonce}"}
_API = "/api/v1/patients/{owner}/consents"


def _own(status: int) -> dict[str, int]:
    """Only the owner has what the address names."""
    return _OWN | {PATIENT: status}


ROWS = (
    door(
        "consents_api.send",
        "POST",
        _API,
        json={"template": made.TEMPLATE},
        allow={DOCTOR: 201, NURSE: 201},
    ),
    door("consents_api.listed", "GET", _API, allow=_SIDE_AND_TEAM),
    door(
        "consents_api.prepare",
        "POST",
        _API + "/{consent}/preparation",
        json=_CHOICE,
        allow={PATIENT: 201},
        denies=_NO_WILL,
    ),
    door(
        "consents_api.preview",
        "GET",
        _API + "/{consent}/preparation",
        allow={PATIENT: 200},
        denies=_NO_WILL,
    ),
    door(
        "consents_api.sign",
        "POST",
        _API + "/{consent}/signature",
        json=_SIGNATURE,
        allow={PATIENT: 202},
        denies=_NO_WILL,
    ),
    door(
        "consents_api.decline",
        "POST",
        _API + "/{consent}/refusal",
        allow={PATIENT: 201},
        denies=_NO_WILL,
    ),
    door(
        "consents_api.withdraw",
        "POST",
        _API + "/{signed}/withdrawal",
        allow={PATIENT: 201},
        denies=_NO_WILL,
    ),
    door(
        "consents_api.document",
        "GET",
        _API + "/{signed}/document",
        # The file of this row is on no disk: who may have it is told so, the others nothing.
        allow=dict.fromkeys((PATIENT, PROXY, DOCTOR, NURSE), 503),
    ),
    *patient_page("consents.mine", "GET", "/soglasja"),
    *patient_page("consents.offer", "GET", "/soglasja/{consent}", own=_own(200)),
    *patient_page(
        "consents.prepare",
        "POST",
        "/soglasja/{consent}",
        form=_FORM,
        status=303,
        own=_own(303),
        proxy=403,
    ),
    *patient_page(
        "consents.certify", "GET", "/soglasja/{consent}/podpis", own=_own(200), proxy=403
    ),
    *patient_page(
        "consents.sign",
        "POST",
        "/soglasja/{consent}/podpis",
        form=_SIGNATURE,
        status=303,
        own=_own(303),
        proxy=403,
    ),
    *patient_page(
        "consents.preview", "GET", "/soglasja/{consent}/predogled.pdf", own=_own(200), proxy=403
    ),
    *patient_page(
        "consents.document",
        "GET",
        "/soglasja/{signed}/dokument.pdf",
        status=503,
        own=_own(503),
    ),
    *patient_page(
        "consents.decline",
        "POST",
        "/soglasja/{consent}/zavrnitev",
        status=303,
        own=_own(303),
        proxy=403,
    ),
    *patient_page(
        "consents.withdrawal", "GET", "/soglasja/{signed}/preklic", own=_own(200), proxy=403
    ),
    *patient_page(
        "consents.withdraw",
        "POST",
        "/soglasja/{signed}/preklic",
        status=303,
        own=_own(303),
        proxy=403,
    ),
    door("consents.of_patient", "GET", "/pacienti/{owner}/soglasja", allow=_TEAM),
    door(
        "consents.send",
        "POST",
        "/pacienti/{owner}/soglasja",
        form={"template": made.TEMPLATE},
        allow={DOCTOR: 303, NURSE: 303},
    ),
    door(
        "consents.document_of",
        "GET",
        "/pacienti/{owner}/soglasja/{signed}/dokument.pdf",
        allow={DOCTOR: 503, NURSE: 503},
    ),
    public("consents.verify", "/preveri"),
    public("consents.examine", "/preveri", "POST", 422),
)


def furnish(session: Session, world: World) -> dict[str, object]:
    """One consent signed, one prepared and waiting; the one that is sent is a third."""
    owner, doctor = world.owner, world.people[DOCTOR]
    signed = made.request(session, doctor, owner)
    record = made.signature(session, made.as_self(owner), signed)
    file = SealedFile(b"", f"{record.id:064x}", 2, "B-B", "0" * 64)
    consents.keep_sealed(session, record.id, file, now=NOW)
    _rename(session, signed, "first")
    waiting = made.request(session, doctor, owner)
    _rename(session, waiting, "second")
    row = made.preparation(session, made.as_self(owner), waiting)
    return {"signed": signed.id, "consent": waiting.id, "h0": row.h0, "nonce": row.nonce}


def _rename(session: Session, request: ConsentRequest, name: str) -> None:
    """The same wording as a consent of its own: a person has each only once."""
    same = request.version
    request.version = TemplateVersion(
        template=name,
        version=same.version,
        sha256=same.sha256,
        text_sha256=same.text_sha256,
        source=same.source,
        activated_at=NOW,
    )
    session.flush()
