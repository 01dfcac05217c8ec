"""Doors of identity: signing in and out, own sessions, meters."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.identity import service as identity
from telehealth.identity.models import Account, SignInSession
from tests import make
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

_TOKEN = {"patient": "{owner}", "name": "meter"}

ROWS = (
    public("identity.sign_in", "/prijava"),
    public("identity.enter", "/prijava", "POST", 422, form={"login": "ana"}),
    public("identity_api.sign_in", "/api/v1/sessions", "POST", 422, json={"login": "ana"}),
    door("identity.sign_out", "POST", "/odjava", allow=dict.fromkeys(PERSONS, 303)),
    door(
        "identity_api.sign_out",
        "DELETE",
        "/api/v1/sessions/current",
        allow=dict.fromkeys(PERSONS, 204),
    ),
    *patient_page("identity.confirm", "GET", "/potrditev", is_audited=False),
    *patient_page(
        "identity.confirmed", "POST", "/potrditev", status=422, form={"password": "not mine"}
    ),
    door(
        "identity.sessions",
        "GET",
        "/seje",
        allow=dict.fromkeys(PERSONS, 200),
        is_about_owner=False,
    ),
    door("identity.end_session", "POST", "/seje/{session}/konec", allow={PATIENT: 303}),
    door("identity.end_other_sessions", "POST", "/seje/konec", allow=dict.fromkeys(PERSONS, 303)),
    *patient_page("identity.meters", "GET", "/merilniki/programi"),
    *patient_page("identity.connect_meter", "POST", "/merilniki/programi", form={"name": "meter"}),
    door(
        "identity.disconnect_meter",
        "POST",
        "/merilniki/programi/{token}/odklop",
        allow={PATIENT: 303},
    ),
    door(
        "identity.disconnect_meter",
        "POST",
        "/za/{mandate}/merilniki/programi/{token}/odklop",
        allow={PROXY: 303},
    ),
    door(
        "identity_api.give_device_token",
        "POST",
        "/api/v1/device-tokens",
        json=_TOKEN,
        allow={PATIENT: 201, PROXY: 201, DOCTOR: 201, NURSE: 201},
    ),
    door(
        "identity_api.revoke_device_token",
        "DELETE",
        "/api/v1/patients/{owner}/device-tokens/{token}",
        allow={PATIENT: 204, PROXY: 204, DOCTOR: 204, NURSE: 204},
    ),
)


def furnish(session: Session, world: World) -> dict[str, object]:
    """Another sign-in and a meter of the owner."""
    make.browser_session(session, world.owner)
    newest = (
        select(SignInSession.id)
        .join(Account)
        .where(Account.person_id == world.owner.id)
        .order_by(SignInSession.id.desc())
        .limit(1)
    )
    owner = Actor(world.owner.id, world.owner.id, Basis.SELF)
    token = identity.give_device_token(session, owner, world.owner.id, "meter", now=make.NOW)
    return {"session": session.scalar(newest), "token": token.id}
