"""The blueprint of imports, and how one view serves the patient's page and the clinic's."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import url_for

from telehealth.core.web.access import Access, access
from telehealth.core.web.pages import Pages

pages = Pages("imports", "telehealth.imports")
View = TypeVar("View", bound=Callable[..., Any])


def for_both(rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Register a view for the patient (also acting for another) and for staff.

    The staff's endpoint is `patient_<name>` under `/pacienti/<id>`; the view is told whose page it
    is by `patient_id`, None on the patient's own.
    """

    def register(view: View) -> View:
        pages.for_patient(rule, methods)(view)

        @wraps(view)
        @access(Access.STAFF)
        def staff(**values: Any) -> Any:
            return view(**values)

        access(Access.STAFF)(staff)  # `wraps` brought the patient's gate along
        pages.add_url_rule(
            "/pacienti/<int:patient_id>" + rule,
            endpoint=f"patient_{view.__name__}",
            view_func=staff,
            methods=list(methods),
        )
        return view

    return register


def door(name: str, patient_id: int | None, **values: Any) -> str:
    """The address of a view of this room, in the frame the reader is in."""
    if patient_id is None:
        return url_for(f"imports.{name}", **values)
    return url_for(f"imports.patient_{name}", patient_id=patient_id, **values)
