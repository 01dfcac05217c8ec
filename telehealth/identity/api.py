"""JSON doors of identity: sessions and device tokens (`GET /me` is in `mandates`)."""

from typing import Any

from flask import request

from telehealth.core.actor import SignInKind
from telehealth.core.errors import NotAllowed
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.api import api_blueprint
from telehealth.core.web.platform import current_actor, now, platform, signed_in, unit_of_work
from telehealth.identity import service as identity
from telehealth.identity.models import SessionKind
from telehealth.identity.schemas import (
    DeviceTokenSchema,
    DeviceTokenWish,
    DeviceTokenWishSchema,
    Login,
    LoginSchema,
    NewSessionSchema,
)

api = api_blueprint("identity", "Signing in, device tokens")


@api.post("/sessions")
@api.arguments(LoginSchema)
@api.response(201, NewSessionSchema)
@api.doc(security=[])
@access(Access.PUBLIC)
def sign_in(login: Login) -> dict[str, Any]:
    """Sign in and receive a bearer token. Anybody."""
    begun = identity.sign_in(
        platform().database,
        identity.Credentials(
            login=login.login,
            password=login.password,
            address=request.remote_addr or "",
            kind=SessionKind.TOKEN,
            device_name=str(request.user_agent)[:80],
        ),
        lasts=platform().settings.session_max,
        now=now(),
    )
    person = {"id": begun.person_id, "name": begun.person_name}
    return {"token": begun.token, "expires_at": begun.expires_at, "person": person}


@api.delete("/sessions/current")
@api.response(204)
@access(Access.SIGNED_IN)
def sign_out() -> None:
    """End this sign-in. Whoever is signed in."""
    if signed_in().kind is not SignInKind.TOKEN:
        raise NotAllowed(N_("A browser signs out on its page."), code="not_a_token")
    with unit_of_work() as session:
        identity.end_session(session, current_actor(session), signed_in().session_id, now=now())


@api.post("/device-tokens")
@api.arguments(DeviceTokenWishSchema)
@api.response(201, DeviceTokenSchema)
@access(Access.SIGNED_IN)
def give_device_token(wish: DeviceTokenWish) -> identity.NewDeviceToken:
    """Make a token that may upload readings of one patient.

    The patient, who represents them, the care team.
    """
    with unit_of_work() as session:
        actor = current_actor(session, wish.patient)
        return identity.give_device_token(session, actor, wish.patient, wish.name, now=now())


@api.delete("/patients/<int:patient>/device-tokens/<int:token>")
@api.response(204)
@access(Access.SIGNED_IN)
def revoke_device_token(patient: int, token: int) -> None:
    """Revoke a device token. The patient, who represents them, staff."""
    with unit_of_work() as session:
        identity.revoke_device_token(session, current_actor(session, patient), token, now=now())
