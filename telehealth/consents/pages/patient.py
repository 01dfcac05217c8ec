"""The patient's pages: read, decide, look at the very document, sign; receipt, withdrawal.

A person's own, or under `/za/…` those of the person acted for; who may sign is the service's rule.
"""

from flask import Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from telehealth.consents import service as consents
from telehealth.consents.gateways.blobs import blobs_of
from telehealth.consents.gateways.sealing import choose
from telehealth.consents.models import State
from telehealth.consents.pages.door import page, pages
from telehealth.consents.schemas import choice_of, pdf_answer
from telehealth.core.errors import Conflict, FieldError, Invalid, StepUpNeeded
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from telehealth.core.web.words import locale


@pages.for_patient("/soglasja")
@access(Access.SIGNED_IN)
def mine() -> str:
    """All consents: those to answer, and what became of the others."""
    with unit_of_work() as session:
        rows = consents.list_requests(session, current_actor(session), locale(), now=now())
    return page("mine", rows=rows)


@pages.for_patient("/soglasja/<int:request_id>")
@access(Access.SIGNED_IN)
def offer(request_id: int) -> str:
    """A consent to decide on; once answered, the receipt."""
    return _shown(request_id, Form())


@pages.for_patient("/soglasja/<int:request_id>", methods=("POST",))
@access(Access.SIGNED_IN)
def prepare(request_id: int) -> AnyResponse | tuple[str, int]:
    """Take the choices and draw up the document to look at."""
    try:
        _prepare(request_id, choice_of(request.form, locale()))
    except Invalid as refusal:
        return _shown(request_id, Form.refused(_on_page(refusal))), 422
    except Conflict as refusal:
        return _back(request_id, refusal)
    return redirect(url_for("consents.certify", request_id=request_id), 303)


@pages.for_patient("/soglasja/<int:request_id>/podpis")
@access(Access.SIGNED_IN)
def certify(request_id: int) -> AnyResponse | str:
    """What is signed, by whom, for whom, how: the last look before the signature."""
    try:
        with unit_of_work() as session:
            found = consents.prepared(session, current_actor(session), request_id, now=now())
    except Conflict as refusal:
        return _back(request_id, refusal)
    return page("certify", found=found, has_changed=False)


@pages.for_patient("/soglasja/<int:request_id>/podpis", methods=("POST",))
@access(Access.SIGNED_IN)
def sign(request_id: int) -> AnyResponse | tuple[str, int]:
    """Sign what was looked at."""
    signing = consents.Signing(
        request_id, request.form.get("h0", ""), request.form.get("nonce", "")
    )
    try:
        with unit_of_work() as session:
            consents.sign(session, current_actor(session), signing, now=now())
    except StepUpNeeded:
        return _confirm(url_for("consents.certify", request_id=request_id))
    except Conflict as refusal:
        if refusal.code != "preview_changed":
            return _back(request_id, refusal)
        return _look_again(request_id)
    return redirect(url_for("consents.offer", request_id=request_id), 303)


@pages.for_patient("/soglasja/<int:request_id>/predogled.pdf")
@access(Access.SIGNED_IN)
def preview(request_id: int) -> Response:
    """The very document that will be sealed."""
    with unit_of_work() as session:
        pdf = consents.preview(session, current_actor(session), request_id, now=now())
    return pdf_answer(pdf)


@pages.for_patient("/soglasja/<int:request_id>/dokument.pdf")
@access(Access.SIGNED_IN)
def document(request_id: int) -> Response:
    """The sealed document, to keep."""
    with unit_of_work() as session:
        stored = consents.document(session, current_actor(session), request_id, now=now())
    return pdf_answer(consents.read_file(blobs_of(platform().settings), stored), stored.file_name)


@pages.for_patient("/soglasja/<int:request_id>/zavrnitev", methods=("POST",))
@access(Access.SIGNED_IN)
def decline(request_id: int) -> AnyResponse:
    """Say no; without a reason."""
    try:
        with unit_of_work() as session:
            consents.decline(session, current_actor(session), request_id, now=now())
    except Conflict as refusal:
        return _back(request_id, refusal)
    return redirect(url_for("consents.offer", request_id=request_id), 303)


@pages.for_patient("/soglasja/<int:request_id>/preklic")
@access(Access.SIGNED_IN)
def withdrawal(request_id: int) -> AnyResponse | str:
    """What withdrawing does, and the button."""
    with unit_of_work() as session:
        actor = current_actor(session)
        consents.require_withdrawing(session, actor, request_id, now=now())
        found = consents.show(session, actor, request_id, locale(), now=now())
        is_fresh = actor.is_fresh(now())
    if not found.may_withdraw:
        return redirect(url_for("consents.offer", request_id=request_id), 303)
    return page("withdrawal", found=found, is_fresh=is_fresh)


@pages.for_patient("/soglasja/<int:request_id>/preklic", methods=("POST",))
@access(Access.SIGNED_IN)
def withdraw(request_id: int) -> AnyResponse:
    """The consent no longer holds."""
    try:
        with unit_of_work() as session:
            consents.withdraw(session, current_actor(session), request_id, now=now())
    except StepUpNeeded:
        return _confirm(url_for("consents.withdrawal", request_id=request_id))
    except Conflict as refusal:
        return _back(request_id, refusal)
    flash(gettext("The consent is withdrawn. It holds no longer."), "success")
    return redirect(url_for("consents.offer", request_id=request_id), 303)


def _prepare(request_id: int, choice: consents.Choice | None) -> None:
    consents.prepare(
        platform().database,
        current_actor,
        request_id,
        choice,
        is_test=choose(platform().settings).is_test,
        now=now(),
    )


def _shown(request_id: int, form: Form) -> str:
    with unit_of_work() as session:
        actor = current_actor(session)
        found = consents.show(session, actor, request_id, locale(), now=now())
    name = "offer" if found.is_open else "receipt"
    return page(
        name,
        found=found,
        form=form,
        is_waiting=found.state is State.SEALING and not found.is_sealing_long,
        is_own=actor.person_id == actor.subject_id,
    )


def _look_again(request_id: int) -> tuple[str, int]:
    """Something printed has changed: the new preview, with the same choices."""
    _prepare(request_id, None)
    with unit_of_work() as session:
        found = consents.prepared(session, current_actor(session), request_id, now=now())
    return page("certify", found=found, has_changed=True), 409


def _confirm(target: str) -> AnyResponse:
    """Ask for the password; the choices wait in the database meanwhile."""
    return redirect(url_for("identity.confirm", naprej=target), 303)


def _back(request_id: int, refusal: Conflict) -> AnyResponse:
    """To the consent as it is now, with the reason."""
    flash(gettext(refusal.detail), "warning")
    return redirect(url_for("consents.offer", request_id=request_id), 303)


def _on_page(refusal: Invalid) -> Invalid:
    """The service's pointers as the names of this page's fields."""
    errors = tuple(
        FieldError(error.pointer.replace("#/decisions/", "#/decision-"), error.detail, error.code)
        for error in refusal.errors
    )
    return Invalid(errors=errors)
