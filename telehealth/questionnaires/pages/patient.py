"""The patient's pages: beginning, questions, review, thanks. They work without JavaScript."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from surveys.validation import MESSAGES
from telehealth.alerts.service import Hearing
from telehealth.core.errors import Invalid
from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Form
from telehealth.core.web.platform import current_actor, now, platform, unit_of_work
from telehealth.core.web.words import locale
from telehealth.identity import service as identity
from telehealth.questionnaires import service as questionnaires
from telehealth.questionnaires.figures import Question, bounds, questions
from telehealth.questionnaires.pages.door import pages
from telehealth.questionnaires.schemas import read_fields
from telehealth.questionnaires.service import AnswersRefused, Opened

_MODE_COOKIE = "questions"
_YEAR_S = 365 * 24 * 3600


class Mode(StrEnum):
    """How the questions are shown."""

    ONE = "one"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Shown:
    """An opened questionnaire as the pages need it."""

    opened: Opened
    title: str
    language: str
    questions: Sequence[Question]
    sender: str
    hearing: Hearing | None = None
    """What the team knows of an urgent answer in it; None: there is none."""

    @property
    def answered(self) -> int:
        """How many questions have an answer."""
        return sum(one.is_answered for one in self.questions)

    @property
    def is_not_validated(self) -> bool:
        """Whether the wording is a translation that nobody validated."""
        return self.language in self.opened.definition.not_validated


@pages.for_patient("/vprasalniki/<int:assignment_id>")
@access(Access.SIGNED_IN)
def start(assignment_id: int) -> Response | str:
    """What is asked, by whom, until when; how the questions should be shown."""
    found = _open(assignment_id)
    if found.opened.is_completed:
        return redirect(url_for("questionnaires.thanks", assignment_id=assignment_id), 303)
    return _show("start", found, mode=_mode())


@pages.for_patient("/vprasalniki/<int:assignment_id>/vprasanja")
@access(Access.SIGNED_IN)
def ask(assignment_id: int) -> Response | str:
    """The questions, one on each page or all at once."""
    found = _open(assignment_id)
    if found.opened.is_completed or found.opened.is_withdrawn:
        return redirect(url_for("questionnaires.start", assignment_id=assignment_id), 303)
    mode = _mode()
    answer = make_response(_asking(found, mode, Form()))
    answer.set_cookie(
        _MODE_COOKIE,
        mode.value,
        max_age=_YEAR_S,
        secure=platform().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    return answer


@pages.for_patient("/vprasalniki/<int:assignment_id>/vprasanja", methods=("POST",))
@access(Access.SIGNED_IN)
def keep(assignment_id: int) -> Response | tuple[str, int]:
    """Save the answers of the page and go on, back, or away."""
    mode, way = _mode(), request.form.get("go", "next")
    before = _open(assignment_id)
    asked = _asked(before.questions, mode)
    try:
        answers = read_fields([one.item for one in asked], request.form)
        with unit_of_work() as session:
            opened = questionnaires.keep_answers(
                session,
                current_actor(session),
                assignment_id,
                answers,
                language=before.language,
                now=now(),
            )
    except AnswersRefused as refused:
        form = Form(request.form, _errors(refused))
        return _asking(before, mode, form), refused.status
    except Invalid as refused:
        return _asking(before, mode, Form.refused(refused)), refused.status
    after = questions(opened, before.language)
    if way == "later":
        return _go_on_later(assignment_id)
    missing = {} if way == "back" else _missing(after, asked, mode)
    if missing:
        return _asking(_open(assignment_id), mode, Form(request.form, missing)), Invalid.status
    return _go(assignment_id, mode, _neighbour(after, asked, -1 if way == "back" else 1), after)


def _go_on_later(assignment_id: int) -> Response:
    flash(gettext("Your answers are saved. You can go on whenever you like."), "success")
    if _open(assignment_id).hearing is not None:  # what to do now stands on that page
        return redirect(url_for("questionnaires.start", assignment_id=assignment_id), 303)
    return redirect(url_for("inbox.items"), 303)


@pages.for_patient("/vprasalniki/<int:assignment_id>/pregled")
@access(Access.SIGNED_IN)
def review(assignment_id: int) -> Response | str:
    """All answers once more, before they are sent."""
    found = _open(assignment_id)
    if found.opened.is_completed or found.opened.is_withdrawn:
        return redirect(url_for("questionnaires.start", assignment_id=assignment_id), 303)
    return _show("review", found, errors={}, mode=_mode())


@pages.for_patient("/vprasalniki/<int:assignment_id>/pregled", methods=("POST",))
@access(Access.SIGNED_IN)
def send_answers(assignment_id: int) -> Response | tuple[str, int]:
    """Send the answers; sending them twice is sending them once."""
    try:
        with unit_of_work() as session:
            actor = current_actor(session)
            questionnaires.submit(session, actor, assignment_id, language=locale(), now=now())
    except AnswersRefused as refused:
        page = _show("review", _open(assignment_id), errors=_errors(refused), mode=_mode())
        return page, refused.status
    return redirect(url_for("questionnaires.thanks", assignment_id=assignment_id), 303)


@pages.for_patient("/vprasalniki/<int:assignment_id>/hvala")
@access(Access.SIGNED_IN)
def thanks(assignment_id: int) -> Response | str:
    """What was answered, and what the score means, where the instrument lets patients see it."""
    with unit_of_work() as session:
        actor = current_actor(session)
        found = questionnaires.find(session, actor, assignment_id, language=locale(), now=now())
        hearing = questionnaires.hearing(session, found.opened, now=now())
    opened, definition = found.opened, found.opened.definition
    if not opened.is_completed:
        return redirect(url_for("questionnaires.start", assignment_id=assignment_id), 303)
    language = definition.language(opened.response.language or locale())
    reader = definition.language(locale())
    return render_template(
        "questionnaires/thanks.html",
        result=found.result,
        title=definition.title(reader),
        questions=questions(opened, language),
        language=language,
        meaning=definition.meaning.get(reader, ""),
        score=found.result.primary if definition.meaning.get(reader) else None,
        ends=bounds(definition, definition.primary_score),
        is_low=any(flag.raises == "low" for flag in found.result.flags),
        hearing=hearing,
        crisis_phone=platform().settings.crisis_phone,
    )


def _open(assignment_id: int) -> Shown:
    with unit_of_work() as session:
        actor = current_actor(session)
        opened = questionnaires.open_form(
            session, actor, assignment_id, language=locale(), now=now()
        )
        names = identity.names(session, [opened.assignment.sent_by_id])
        hearing = questionnaires.hearing(session, opened, now=now())
    language = opened.definition.language(locale())
    return Shown(
        opened=opened,
        title=opened.definition.title(language),
        language=language,
        questions=questions(opened, language),
        sender=names.get(opened.assignment.sent_by_id, ""),
        hearing=hearing,
    )


def _mode() -> Mode:
    """As the address says, else as chosen the last time, else one by one."""
    for said in (request.args.get("mode"), request.cookies.get(_MODE_COOKIE)):
        if said in list(Mode):
            return Mode(said)
    return Mode.ONE


def _asked(found: Sequence[Question], mode: Mode) -> Sequence[Question]:
    """The questions of this page: the one the address names, the first unanswered, or all."""
    if mode is Mode.ALL:
        return found
    named = [one for one in found if one.key == request.args.get("question")]
    waiting = [one for one in found if not one.is_answered]
    return (named or waiting or found)[:1]


def _asking(found: Shown, mode: Mode, form: Form) -> str:
    return _show("ask", found, asked=_asked(found.questions, mode), mode=mode, form=form)


def _show(template: str, found: Shown, **values: object) -> str:
    return render_template(
        f"questionnaires/{template}.html",
        found=found,
        crisis_phone=platform().settings.crisis_phone,
        tells_before_sending=questionnaires.has_urgent_rules(found.opened),
        **values,
    )


def _missing(after: Sequence[Question], asked: Sequence[Question], mode: Mode) -> dict[str, str]:
    """Unanswered required questions of this page, also those that an answer has just opened."""
    here = {one.key for one in (after if mode is Mode.ALL else asked)}
    return {
        one.key: gettext(MESSAGES["required"])
        for one in after
        if one.key in here and one.item.is_required and not one.is_answered
    }


def _neighbour(after: Sequence[Question], asked: Sequence[Question], step: int) -> Question | None:
    """The question before or after the one on the page, as the form stands now."""
    keys = [one.key for one in after]
    if not asked or asked[0].key not in keys:
        return None
    place = keys.index(asked[0].key) + step
    return after[place] if 0 <= place < len(after) else None


def _go(assignment_id: int, mode: Mode, to: Question | None, after: Sequence[Question]) -> Response:
    way = request.form.get("go", "next")
    if mode is Mode.ALL or to is None:
        page = "start" if way == "back" else "review"
        return redirect(url_for(f"questionnaires.{page}", assignment_id=assignment_id), 303)
    # Somebody who came from the review to mend one answer goes back there once all are given.
    if way == "next" and request.args.get("mend") and _all_given(after):
        return redirect(url_for("questionnaires.review", assignment_id=assignment_id), 303)
    here = url_for(
        "questionnaires.ask", assignment_id=assignment_id, mode=mode.value, question=to.key
    )
    return redirect(here, 303)


def _all_given(after: Sequence[Question]) -> bool:
    return all(one.is_answered or not one.item.is_required for one in after)


def _errors(refused: AnswersRefused) -> dict[str, str]:
    """Sentences by question."""
    return {
        problem.link_id: gettext(problem.message, **dict(problem.params))
        for problem in reversed(refused.problems)
    }
