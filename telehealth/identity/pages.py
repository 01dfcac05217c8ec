"""Pages of identity: sign in and out, confirm with the password, own sessions, connected meters."""

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.errors import FieldError, Invalid, NotSignedIn, TooMany
from telehealth.core.i18n import N_
from telehealth.core.sockets import cut_after, session_room
from telehealth.core.web.access import Access, access, cookie_name
from telehealth.core.web.addresses import own_address
from telehealth.core.web.pages import Form, Pages, read_form
from telehealth.core.web.platform import current_actor, now, platform, signed_in, unit_of_work
from telehealth.identity import service as identity
from telehealth.identity.models import SessionKind
from telehealth.identity.schemas import DeviceNameSchema, LoginSchema

pages = Pages("identity", __name__)
_SESSION = SessionKind.BROWSER


@pages.get("/prijava")
@access(Access.PUBLIC)
def sign_in() -> str:
    """The sign-in form."""
    return render_template("identity/sign_in.html", form=Form(), target=_target())


@pages.post("/prijava")
@access(Access.PUBLIC)
def enter() -> Response | tuple[str, int]:
    """Sign in with name and password."""
    try:
        login = read_form(LoginSchema())
        begun = identity.sign_in(
            platform().database,
            identity.Credentials(
                login=login.login,
                password=login.password,
                address=request.remote_addr or "",
                kind=_SESSION,
                device_name=_device_name(),
            ),
            lasts=platform().settings.session_max,
            now=now(),
        )
    except (Invalid, NotSignedIn, TooMany) as refusal:
        form = Form.refused(_as_invalid(refusal))
        return render_template("identity/sign_in.html", form=form, target=_target()), refusal.status
    response = make_response(redirect(_target() or url_for("home.start"), 303))
    _keep(response, begun.token)
    return response


@pages.post("/odjava")
@access(Access.SIGNED_IN)
def sign_out() -> Response:
    """End this sign-in and forget what the browser kept."""
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        identity.end_session(opened, actor, signed_in().session_id, now=now())
        cut_after(opened, session_room(signed_in().session_id))
    response = make_response(redirect(url_for("identity.sign_in"), 303))
    response.delete_cookie(cookie_name(), path="/")
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@pages.for_patient("/potrditev")
@access(Access.SIGNED_IN)
def confirm() -> str:
    """Ask for the password again before a signature or a mandate."""
    return render_template("identity/confirm.html", form=Form(), target=_target())


@pages.for_patient("/potrditev", methods=("POST",))
@access(Access.SIGNED_IN)
def confirmed() -> Response | tuple[str, int]:
    """Take the password and go on where it was asked for."""
    password = request.form.get("password", "")
    try:
        token = identity.confirm(
            platform().database, signed_in(), password, request.remote_addr or "", now=now()
        )
    except (NotSignedIn, TooMany) as refusal:
        wrong = Invalid(errors=(FieldError("#/password", refusal.detail, refusal.code),))
        page = render_template("identity/confirm.html", form=Form.refused(wrong), target=_target())
        return page, 422
    response = make_response(redirect(_target() or url_for("home.start"), 303))
    _keep(response, token)
    return response


@pages.get("/seje")
@access(Access.SIGNED_IN)
def sessions() -> str:
    """Where I am signed in."""
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        rows = identity.list_sessions(opened, actor, now=now())
    return render_template("identity/sessions.html", rows=rows, current_id=signed_in().session_id)


@pages.post("/seje/<int:session_id>/konec")
@access(Access.SIGNED_IN)
def end_session(session_id: int) -> Response:
    """End one of my sign-ins."""
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        identity.end_session(opened, actor, session_id, now=now())
        cut_after(opened, session_room(session_id))
    flash(gettext("That device is signed out."), "success")
    return redirect(url_for("identity.sessions"), 303)


@pages.post("/seje/konec")
@access(Access.SIGNED_IN)
def end_other_sessions() -> Response:
    """End all my sign-ins but this one."""
    with unit_of_work() as opened:
        actor = current_actor(opened, signed_in().person_id)
        identity.end_all_sessions(opened, actor, now=now())
    flash(gettext("All other devices are signed out."), "success")
    return redirect(url_for("identity.sessions"), 303)


@pages.for_patient("/merilniki/programi")
@access(Access.SIGNED_IN)
def meters() -> str:
    """Meters that may send readings."""
    with unit_of_work() as opened:
        rows = identity.list_device_tokens(opened, current_actor(opened), now=now())
    return render_template("identity/meters.html", rows=rows, form=Form(), given=None)


@pages.for_patient("/merilniki/programi", methods=("POST",))
@access(Access.SIGNED_IN)
def connect_meter() -> str | tuple[str, int]:
    """Make a token for a meter's program; the token is shown once, on this answer."""
    form, given = Form(), None
    with unit_of_work() as opened:
        actor = current_actor(opened)
        try:
            name = read_form(DeviceNameSchema())
            given = identity.give_device_token(
                opened, actor, actor.subject_id or 0, name, now=now()
            )
        except Invalid as refusal:
            form = Form.refused(refusal)
        rows = identity.list_device_tokens(opened, actor, now=now())
    page = render_template("identity/meters.html", rows=rows, form=form, given=given)
    return page if given else (page, 422)


@pages.for_patient("/merilniki/programi/<int:token_id>/odklop", methods=("POST",))
@access(Access.SIGNED_IN)
def disconnect_meter(token_id: int) -> Response:
    """A meter's program may no longer send readings."""
    with unit_of_work() as opened:
        identity.revoke_device_token(opened, current_actor(opened), token_id, now=now())
    flash(gettext("The meter can no longer send readings."), "success")
    return redirect(url_for("identity.meters"), 303)


def _target() -> str:
    """The page somebody was on the way to; never an address outside of here."""
    return own_address(request.values.get("naprej", ""))


def _keep(response: Response, token: str) -> None:
    response.set_cookie(
        cookie_name(),
        token,
        secure=platform().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _device_name() -> str:
    agent = request.user_agent.string
    browsers = ("Edg", "Firefox", "Chrome", "Safari")
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")
    browser = next((name for name in browsers if name in agent), "")
    system = next((name for name in systems if name in agent), "")
    return " · ".join(part for part in (browser.replace("Edg", "Edge"), system) if part)


def _as_invalid(refusal: Invalid | NotSignedIn | TooMany) -> Invalid:
    if isinstance(refusal, Invalid):
        return refusal
    return Invalid(refusal.detail or N_("Please try again."))
