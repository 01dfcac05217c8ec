"""The room's set of pages, and what several of them share: forms, questions, undo."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

from babel.dates import format_date
from flask import current_app, flash, render_template, request, url_for
from flask_babel import gettext, ngettext
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import MultiDict

from devices.glucose import Unit
from telehealth.core.clock import local
from telehealth.core.errors import FieldError, Invalid
from telehealth.core.i18n import number
from telehealth.core.web.access import CSRF_FIELD
from telehealth.core.web.pages import Form, Pages
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.core.web.problems import flatten
from telehealth.core.web.words import locale
from telehealth.diary import service as diary
from telehealth.diary.schemas import (
    TypedForm,
    Value,
    in_words,
    is_questionable,
    other_unit,
    perhaps_meant,
)
from telehealth.readings import service as readings
from telehealth.readings.schemas import sentence

pages = Pages("diary", "telehealth.diary")

PHOTO_ROOM = 5 * diary.MAX_PHOTO_BYTES
"""Room for a picture that is too large: what was typed beside it is kept while it is refused."""
_MANY_CARBS_G, _MANY_UNITS, _MANY_MIN = 300, 60, 300
"""Above these a person is asked once: possible, and more often a slip of the finger."""


def show(template: str, **values: Any) -> str:
    """A page of the diary with the words all of them use."""
    return render_template(
        f"diary/{template}.html",
        words=readings,
        diary=diary,
        other_unit=other_unit,
        in_words=in_words,
        weekday=weekday,
        units_words=units_words,
        link=link,
        **values,
    )


def link(endpoint: str, **values: Any) -> str | None:
    """The address of a page of another room; None where this installation has no such room."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def form_page(template: str, form: Form, **values: Any) -> str:
    """A page with the form of a moment, its choices in the reader's language."""
    translated: dict[str, Mapping[Any, str]] = {
        "activities": diary.ACTIVITY_WORDS,
        "illnesses": diary.ILLNESS_WORDS,
        "stresses": diary.STRESS_WORDS,
    }
    choices = {
        name: [
            ("", gettext("nothing")),
            *((one.value, gettext(word)) for one, word in said.items()),
        ]
        for name, said in translated.items()
    }
    return show(
        template,
        form=form,
        units=[(unit.value, unit.value) for unit in Unit],
        meals=[(meal.value, gettext(readings.MEAL_WORDS[meal])) for meal in readings.FORM_MEALS],
        latest=local(now() + timedelta(minutes=1)).date().isoformat(),
        **choices,
        **values,
    )


def fresh_moment() -> dict[str, str]:
    """What an empty form knows: its own key, and that it is now."""
    here = local(now())
    return {
        "key": uuid4().hex,
        "day": here.date().isoformat(),
        "time": f"{here:%H:%M}",
        "was": f"{here.date().isoformat()} {here:%H:%M}",
    }


def typed_form(schema: Schema, kept: Mapping[str, str]) -> TypedForm:
    """The posted form, with what was kept of its files.

    Raises:
        Invalid: with one error per field.
    """
    given = {name: value for name, value in request.form.items() if name != CSRF_FIELD}
    try:
        return cast("TypedForm", schema.load(given | dict(kept)))
    except ValidationError as error:
        raise Invalid(errors=flatten({"form": error.messages_dict})) from error


def refused(refusal: Invalid, kept: Mapping[str, str]) -> Form:
    """The form again with what is wrong; a picture sent with it is held on to."""
    form = Form.refused(refusal)
    return Form(again(kept).values, form.errors)


def again(kept: Mapping[str, str]) -> Form:
    """The form as it was sent, and what was kept of its files."""
    values = MultiDict(request.form)
    for name, value in kept.items():
        values[name] = value
    return Form(values)


def kept_photo(patient_id: int | None) -> dict[str, str]:
    """The picture that came with the form, stored at once; also when the rest is refused.

    Raises:
        Invalid: it is no picture, or too large.
    """
    upload = request.files.get("photo")
    if upload is None or not upload.filename:
        return {}
    given = upload.read(diary.MAX_PHOTO_BYTES + 1)
    with unit_of_work() as opened:
        actor = current_actor(opened, patient_id)
        photo_id = diary.keep_photo(opened, actor, actor.subject_id or 0, given, now=now())
    return {"photo_id": str(photo_id)}


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked once before something possible and seldom is stored."""

    token: str = ""
    """Says what was asked; a form that sends it back has answered yes. Empty: nothing is asked."""
    values: tuple[str, ...] = ()
    """The seldom values in words."""
    meant: str = ""
    """The glucose value in the other unit, where it would be plain: `12 mmol/L`."""

    def is_open(self, typed: TypedForm) -> bool:
        """Whether the form has still to be answered."""
        return bool(self.token) and self.token != typed.sure


NO_QUESTION = Question()


def question(typed: TypedForm) -> Question:
    """What to ask before storing this form."""
    asked: list[tuple[str, str]] = []
    if typed.value is not None and is_questionable(typed.value, typed.unit):
        asked.append((f"{typed.value} {typed.unit.value}", in_words(typed.value, typed.unit)))
    content = typed.content
    if (content.carbs_g or 0) > _MANY_CARBS_G:
        words = gettext("%(n)s g of carbohydrate", n=number(content.carbs_g or 0, locale()))
        asked.append((f"{content.carbs_g} g", words))
    for kind, units in content.doses:
        if units > _MANY_UNITS:
            words = f"{units_words(units)}, {gettext(diary.INSULIN_WORDS[kind])}"
            asked.append((f"{kind} {units}", words))
    if (content.activity_min or 0) > _MANY_MIN:
        words = f"{number(content.activity_min or 0, locale())} min"
        asked.append((f"{content.activity_min} min", words))
    meant = "" if typed.value is None else perhaps_meant(typed.value, typed.unit)
    return Question("; ".join(one for one, _ in asked), tuple(words for _, words in asked), meant)


def must_answer(asked: Question, typed: TypedForm) -> bool:
    """Whether a new entry waits for an answer.

    The page for lost connections of an earlier release cannot carry a yes. What was written there
    is stored as it was written and not held back until somebody looks, except what is plain in the
    other unit: stored, it would be a low or a high that nobody measured.
    """
    return asked.is_open(typed) and ("sure" in request.form or bool(asked.meant))


def units_words(units: Decimal) -> str:
    """`6,5 enote`: the word is written out, because a U is misread as a zero."""
    shown = number(units, locale())
    if units == units.to_integral():
        return str(ngettext("%(n)s unit", "%(n)s units", int(units), n=shown))
    return str(gettext("%(n)s units", n=shown))


def at_time(refusal: Invalid) -> Invalid:
    """The service's view of the moment, beside the field that is wrong."""
    is_today = request.form.get("day") == local(now()).date().isoformat()
    field = "#/time" if is_today else "#/day"
    named = {"#/at": field, "#/measured_at": field}
    return Invalid(
        errors=tuple(
            FieldError(named.get(one.pointer, one.pointer), one.detail, one.code)
            for one in refusal.errors
        )
    )


def refused_reading(rejection: readings.Rejection) -> Invalid:
    """Why a reading was not taken, beside its field."""
    return at_time(
        Invalid(errors=(FieldError("#/measured_at", sentence(rejection), str(rejection.code)),))
    )


def flash_with_undo(text: str, undo: str, kind: str = "success") -> None:
    """Say what was done, with a button that takes it back; `kind` is that of the notice."""
    flash(cast("Any", {"text": text, "undo": undo}), kind)


def weekday(day: date, pattern: str = "EEE, d. MMM") -> str:
    """A day with its name, never "yesterday": for tables of a week."""
    if locale() != "sl":
        pattern = pattern.replace(".", "").replace(",", "")
    return format_date(day, pattern, locale=locale())


def values_of(
    day_time: tuple[str, str], content: diary.Content, version: int, **more: str
) -> dict[str, str]:
    """What a form shows of something that is stored."""
    doses = {f"{kind}_units": _plain(units) for kind, units in content.doses}
    said: Iterable[tuple[str, object]] = (
        ("carbs_g", content.carbs_g),
        ("activity", content.activity),
        ("activity_min", content.activity_min),
        ("illness", content.illness),
        ("stress", content.stress),
        ("note", content.note),
        ("version", version),
        ("photo_id", content.photo_id),
    )
    shown = {name: str(value) for name, value in said if value}
    return {"day": day_time[0], "time": day_time[1]} | shown | doses | more


def typed_value(value: Value) -> str:
    """A stored value as its field shows it."""
    return str(value) if isinstance(value, str) else _plain(value.value)


def _plain(value: Decimal) -> str:
    return number(value, locale())
