"""Pages of mandates: who acts for me, for whom I act; grant, revoke, resign."""

from typing import Any, cast

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.core.actor import STEP_UP_MAX_AGE
from telehealth.core.errors import Conflict, FieldError, Invalid, StepUpNeeded
from telehealth.core.sockets import cut_after, representation_room
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, Pages, read_form
from telehealth.core.web.platform import current_actor, now, signed_in, unit_of_work
from telehealth.mandates import service as mandates
from telehealth.mandates.models import StatusReason
from telehealth.mandates.schemas import GrantSchema

pages = Pages("mandates", __name__)
_DRAFT = "mandate_draft"


@pages.for_patient("/pooblastila")
@access(Access.SIGNED_IN)
def overview() -> str:
    """My mandates; refused while acting for another."""
    return _shown(Form(values=_draft()))


@pages.for_patient("/pooblastila", methods=("POST",))
@access(Access.SIGNED_IN)
def grant() -> Response | tuple[str, int]:
    """Give a mandate; asks for the password again when it was given too long ago."""
    try:
        wish = read_form(GrantSchema())
        with unit_of_work() as opened:
            row = mandates.grant(opened, current_actor(opened), wish, now=now())
    except StepUpNeeded:
        # In the browser's signed cookie: an e-mail address does not belong into the page's address.
        session[_DRAFT] = {"of": signed_in().session_id, **request.form.to_dict()}
        return redirect(url_for("identity.confirm", naprej=url_for("mandates.overview")), 303)
    except Invalid as refusal:
        return _shown(Form.refused(refusal)), refusal.status
    except Conflict as refusal:
        problem = FieldError("#/representative_login", refusal.detail, refusal.code)
        return _shown(Form.refused(Invalid(errors=(problem,)))), refusal.status
    name = row.representative.name
    flash(gettext("%(name)s can now act for you.", name=name), "success")
    return redirect(url_for("mandates.overview"), 303)


@pages.for_patient("/pooblastila/<int:mandate>/konec", methods=("POST",))
@access(Access.SIGNED_IN)
def end(mandate: int) -> Response:
    """Revoke a mandate or resign from one: at once, without a password, without a reason."""
    with unit_of_work() as opened:
        row = mandates.end(opened, current_actor(opened), mandate, now=now())
        cut_after(opened, representation_room(row.id))
    if row.status_reason is StatusReason.BY_PROXY:
        name = row.represented.name
        flash(gettext("You no longer act for %(name)s.", name=name), "success")
    else:
        name = row.representative.name
        flash(gettext("%(name)s can no longer act for you.", name=name), "success")
    return redirect(url_for("mandates.overview"), 303)


def _shown(form: Form) -> str:
    with unit_of_work() as opened:
        actor = current_actor(opened)
        found = mandates.overview(opened, actor, now=now())
    return render_template(
        "mandates/overview.html",
        found=found,
        form=form,
        own_id=signed_in().person_id,
        last_day=mandates.last_day,
        kind_label=mandates.KIND_LABEL,
        will_ask_password=now() - signed_in().confirmed_at > STEP_UP_MAX_AGE,
    )


def _draft() -> dict[str, Any]:
    """What was typed before the password was asked for; only for the same sign-in, only once."""
    draft = cast("dict[str, Any]", session.pop(_DRAFT, {}))
    return draft if draft.get("of") == signed_in().session_id else {}
