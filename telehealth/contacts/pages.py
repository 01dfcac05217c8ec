"""The page of contacts: where we may write and call."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from telehealth.contacts import service as contacts
from telehealth.contacts.models import ContactKind
from telehealth.contacts.schemas import NewContactSchema
from telehealth.contacts.service import Verdict
from telehealth.core.errors import Conflict, FieldError, Invalid, TooMany
from telehealth.core.i18n import N_
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form, Pages, read_form
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work

pages = Pages("contacts", __name__)
Shown = Response | str | tuple[str, int]

_SENTENCES = {
    Verdict.WRONG: N_("This is not the code we sent."),
    Verdict.OVER: N_("This code no longer counts. Ask for a new one."),
}


@pages.for_patient("/stiki")
@access(Access.SIGNED_IN)
def overview() -> Shown:
    """My contacts, or those of a child."""
    return _shown(Form())


@pages.for_patient("/stiki", methods=("POST",))
@access(Access.SIGNED_IN)
def add() -> Shown:
    """Add a contact; a code goes to an e-mail address at once."""
    try:
        new = read_form(NewContactSchema())
        with unit_of_work() as session:
            actor = current_actor(session)
            row = contacts.add(session, actor, new, now=now())
            if row.kind is ContactKind.EMAIL:
                contacts.begin(session, actor, row.id, key=_key(), now=now())
    except Invalid as refusal:
        return _shown(Form.refused(refusal), refusal.status)
    except (Conflict, TooMany) as refusal:
        return _shown(_at("value", refusal), refusal.status)
    if row.kind is ContactKind.EMAIL:
        flash(gettext("We have sent you a code. Enter it below."), "success")
    else:
        flash(gettext("The number is stored."), "success")
    return redirect(url_for("contacts.overview"), 303)


@pages.for_patient("/stiki/<int:contact>/koda", methods=("POST",))
@access(Access.SIGNED_IN)
def send_code(contact: int) -> Shown:
    """Send a new code."""
    try:
        with unit_of_work() as session:
            contacts.begin(session, current_actor(session), contact, key=_key(), now=now())
    except (Conflict, TooMany) as refusal:
        return _shown(_at(f"code-{contact}", refusal), refusal.status)
    flash(gettext("We have sent you a code. Enter it below."), "success")
    return redirect(url_for("contacts.overview"), 303)


@pages.for_patient("/stiki/<int:contact>/potrditev", methods=("POST",))
@access(Access.SIGNED_IN)
def confirm(contact: int) -> Shown:
    """Take the code."""
    typed = request.form.get("code", "")[:20]
    with unit_of_work() as session:
        actor = current_actor(session)
        verdict = contacts.confirm(session, actor, contact, typed, key=_key(), now=now())
    if verdict is not Verdict.CONFIRMED:
        problem = FieldError(f"#/code-{contact}", _SENTENCES[verdict], verdict.value)
        return _shown(Form.refused(Invalid(errors=(problem,))), Invalid.status)
    flash(gettext("The address is confirmed."), "success")
    return redirect(url_for("contacts.overview"), 303)


@pages.for_patient("/stiki/<int:contact>/izbira", methods=("POST",))
@access(Access.SIGNED_IN)
def activate(contact: int) -> Shown:
    """Use this contact from now on."""
    with unit_of_work() as session:
        contacts.activate(session, current_actor(session), contact, now=now())
    flash(gettext("From now on we use this contact."), "success")
    return redirect(url_for("contacts.overview"), 303)


@pages.for_patient("/stiki/<int:contact>/odstranitev", methods=("POST",))
@access(Access.SIGNED_IN)
def remove(contact: int) -> Shown:
    """Forget a contact."""
    with unit_of_work() as session:
        contacts.remove(session, current_actor(session), contact, now=now())
    flash(gettext("The contact is removed."), "success")
    return redirect(url_for("contacts.overview"), 303)


def _shown(form: Form, status: int = 200) -> Shown:
    with unit_of_work() as session:
        rows = contacts.list_contacts(session, current_actor(session), now=now())
    return render_template("contacts/overview.html", rows=rows, form=form), status


def _at(name: str, refusal: Conflict | TooMany) -> Form:
    problem = FieldError(f"#/{name}", refusal.detail, refusal.code)
    return Form.refused(Invalid(errors=(problem,)))


def _key() -> bytes:
    return platform().settings.secret_key.encode()
