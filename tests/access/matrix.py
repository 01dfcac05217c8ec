"""The access matrix: one row per door, one column per kind of person.

A room's rows stand in `tests/access/rows_<room>.py` as `ROWS`; a doctor can read them. Example:

    ROWS = (
        door("readings_api.record", "POST", "/api/v1/patients/{owner}/readings",
             json={"readings": []}, allow={PATIENT: 200, PROXY: 200, DOCTOR: 200, DEVICE: 200}),
        *patient_page("diary.diary", "GET", "/dnevnik"),
        door("monitoring.patients", "GET", "/pacienti", allow={DOCTOR: 200, NURSE: 200}),
        event("consults:join", {"room": "{consultation}"}, allow=(PATIENT, PROXY, DOCTOR)),
    )

    def furnish(session, world):  # optional: the owner's things that paths name
        return {"appointment": make.appointment(session, world.owner).id}

Everybody not in `allow` must get the row's denial: nobody signed in 401 (a page's GET: 303 to the
sign-in), a device token 403, everybody else 404 (or `deny`), with no canary of the owner in the
answer and one audit row that says so. `{owner}` and `{other}` are persons, `{mandate}`,
`{guardianship}`, `{revoked}`, `{expired}` representations. A door without a row
fails the suite, and so does a row without a door.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.identity import service as identity
from telehealth.identity.models import Person
from telehealth.mandates import service as mandates
from tests import make

ANONYMOUS = "anonymous"
PATIENT = "patient"
OTHER_PATIENT = "other patient"
CHILD = "child"
GUARDIAN = "guardian of the child"
PROXY = "proxy of the patient"
REVOKED_PROXY = "revoked proxy"
EXPIRED_PROXY = "proxy whose mandate ended yesterday"
DOCTOR = "doctor of the patient"
OTHER_DOCTOR = "another doctor"
NURSE = "nurse of the patient"
ADMIN = "administrator"
DEVICE = "device of the patient"

PERSONS = (
    PATIENT, OTHER_PATIENT, CHILD, GUARDIAN, PROXY, REVOKED_PROXY, EXPIRED_PROXY,
    DOCTOR, OTHER_DOCTOR, NURSE, ADMIN,
)  # fmt: skip
COLUMNS = (ANONYMOUS, *PERSONS, DEVICE)
STAFF = (DOCTOR, OTHER_DOCTOR, NURSE, ADMIN)
EVERYBODY = dict.fromkeys(COLUMNS, 200)

CANARY = "Kanarc7q2x"
"""Family name of the patient: it must not appear in any answer to somebody without a right."""


@dataclass(frozen=True)
class Row:
    """One door and who may come in with which status."""

    endpoint: str
    method: str
    path: str
    allow: Mapping[str, int]
    json: Any = None
    form: Any = None
    deny: int = 404
    denies: Mapping[str, int] = field(default_factory=dict)
    """Denials of single columns that differ from the rule."""
    is_page: bool = False
    is_audited: bool = True
    """Whether a successful use by the patient's people leaves a row in the audit trail."""
    is_about_owner: bool = True
    """Whether the answer is about the owner; False: everybody sees only what is their own."""

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint})"


def door(endpoint: str, method: str, path: str, *, allow: Mapping[str, int], **more: Any) -> Row:
    """A route."""
    is_page = not path.startswith("/api/")
    return Row(endpoint, method, path, allow, **{"is_page": is_page} | more)


def public(endpoint: str, path: str, method: str = "GET", status: int = 200, **more: Any) -> Row:
    """A route for anybody."""
    everybody = dict.fromkeys(COLUMNS, status)
    return door(
        endpoint, method, path, allow=everybody, is_audited=False, is_about_owner=False, **more
    )


def patient_page(
    endpoint: str,
    method: str,
    path: str,
    *,
    status: int = 200,
    proxy: int | None = None,
    own: Mapping[str, int] | None = None,
    **more: Any,
) -> tuple[Row, Row]:
    """A patient's page: everybody opens their own; only the proxy opens the owner's.

    Args:
        endpoint: of the page.
        method: HTTP method.
        path: without the acting prefix.
        status: of a success.
        proxy: status for the proxy acting for the owner, when it differs (403: never for a proxy).
        own: statuses of single persons on the page without prefix, when they differ.
        more: fields of `Row`.
    """
    mine = dict.fromkeys(PERSONS, status) | dict(own or {})
    acting = {PROXY: proxy or status}
    return (
        door(endpoint, method, path, allow=mine, is_about_owner=False, **more),
        door(endpoint, method, "/za/{mandate}" + path, allow=acting, **more),
    )


def event(name: str, payload: Any, *, allow: tuple[str, ...], **more: Any) -> Row:
    """A socket event; status 200 stands for an acknowledgement that says ok."""
    return Row(name, "SOCKET", name, dict.fromkeys(allow, 200), json=payload, **more)


@dataclass
class World:
    """The people of the matrix, their ways in, and the ids that paths may name."""

    owner: Person
    people: dict[str, Person]
    headers: dict[str, dict[str, str]]
    cookies: dict[str, str]
    ids: dict[str, object]


def world(session: Session) -> World:
    """One of each kind of person around one patient, the owner."""
    owner = make.patient(session, "Ana", CANARY)
    child = make.child(session)
    people = {
        PATIENT: owner,
        CHILD: child,
        OTHER_PATIENT: make.patient(session, "Eva", "Kos"),
        GUARDIAN: make.patient(session, "Petra", "Zupan"),
        PROXY: make.patient(session, "Luka", "Mrak"),
        REVOKED_PROXY: make.patient(session, "Rok", "Bevk"),
        EXPIRED_PROXY: make.patient(session, "Iva", "Pirc"),
        DOCTOR: make.doctor(session, [owner]),
        OTHER_DOCTOR: make.doctor(session),
        NURSE: make.nurse(session, [owner]),
        ADMIN: make.worker(session, Role.ADMIN),
    }
    yesterday = local(make.NOW).date() - timedelta(days=1)
    ids: dict[str, object] = {
        "owner": owner.id,
        "other": people[OTHER_PATIENT].id,
        "child": child.id,
        "guardianship": make.guardian(session, people[GUARDIAN], child).id,
        "mandate": make.mandate(session, owner, people[PROXY]).id,
        "expired": make.mandate(session, owner, people[EXPIRED_PROXY], yesterday).id,
        "revoked": make.mandate(session, owner, people[REVOKED_PROXY]).id,
    }
    grantor = Actor(owner.id, owner.id, Basis.SELF)
    mandates.end(session, grantor, int(str(ids["revoked"])), now=make.NOW)
    device = identity.give_device_token(session, grantor, owner.id, "meter", now=make.NOW)
    headers = {kind: make.bearer(session, person) for kind, person in people.items()}
    headers[DEVICE] = {"Authorization": f"Bearer {device.token}"}
    cookies = {kind: make.browser_session(session, person) for kind, person in people.items()}
    return World(owner, people, headers, cookies, ids)


def filled(value: Any, ids: Mapping[str, object]) -> Any:
    """A payload with `{name}` placeholders filled in; a lone placeholder keeps its type."""
    if isinstance(value, str):
        name = value[1:-1]
        if value == "{" + name + "}" and name in ids:
            return ids[name]
        return value.format(**ids) if "{" in value else value
    if isinstance(value, Mapping):
        return {key: filled(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, ids) for inner in value]
    return value
