"""Who acts, for whom and on what basis: made afresh for every request, event and job."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

STEP_UP_MAX_AGE = timedelta(minutes=5)
"""A signature needs a proof of presence no older than this."""


class Basis(StrEnum):
    """Why the actor may touch the subject's data."""

    SELF = "self"
    GUARDIAN = "guardian"
    """Parent or legal guardian of a child under 15: a statutory representative, who may sign."""
    MANDATE = "mandate"
    """Proxy by mandate (pooblastilo): reads, carries out procedures; never signs or delegates."""
    HEALTH_CARE_PROXY = "health_care_proxy"
    CARE_TEAM = "care_team"
    CLINIC_STAFF = "clinic_staff"
    """Works at the clinic outside the subject's care team: schedules and contacts only."""
    DEVICE = "device"
    """A device token: uploads readings of one patient and nothing else."""
    SYSTEM = "system"


REPRESENTING = frozenset({Basis.GUARDIAN, Basis.MANDATE, Basis.HEALTH_CARE_PROXY})


class Role(StrEnum):
    """What a health worker is employed as; none includes another."""

    DOCTOR = "doctor"
    NURSE = "nurse"
    ADMIN = "admin"


class SignInKind(StrEnum):
    """How the request proves who is asking."""

    BROWSER = "browser"
    """Cookie; needs a CSRF token on unsafe methods."""
    TOKEN = "token"  # noqa: S105 - a kind, not a secret
    """Bearer token of the API."""
    DEVICE = "device"
    """Bearer token that may only upload readings for `patient_id`."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A valid sign-in of one account, as loaded for this request."""

    session_id: int
    account_id: int
    person_id: int
    person_name: str
    kind: SignInKind
    roles: frozenset[Role]
    locale: str
    signed_in_at: datetime
    confirmed_at: datetime
    """When the password (or a stronger factor) was last given."""
    seen_at: datetime
    """Last activity, to the minute."""
    patient_id: int | None = None
    """Only for a device: the one patient it uploads for."""

    @property
    def is_staff(self) -> bool:
        """Whether this person works in health care here."""
        return bool(self.roles)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts (`person_id`), for whom (`subject_id`) and on what basis.

    `subject_id` is None when the deed concerns nobody's record (directory, sign-in).
    """

    person_id: int | None
    subject_id: int | None
    basis: Basis
    roles: frozenset[Role] = frozenset()
    representation_id: int | None = None
    session_id: int | None = None
    confirmed_at: datetime | None = None
    cause: str = ""
    """For `system`: the outbox event or schedule that started the job."""

    @property
    def is_representing(self) -> bool:
        """Whether the actor acts for another as guardian or proxy."""
        return self.basis in REPRESENTING

    def is_fresh(self, now: datetime) -> bool:
        """Whether the proof of presence is young enough for a signature."""
        return self.confirmed_at is not None and now - self.confirmed_at <= STEP_UP_MAX_AGE


def system(cause: str, subject_id: int | None = None) -> Actor:
    """The application itself, with what made it act."""
    return Actor(person_id=None, subject_id=subject_id, basis=Basis.SYSTEM, cause=cause)
