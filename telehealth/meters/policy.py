"""Who may see, change and read out a patient's meters."""

from telehealth.core.actor import REPRESENTING, Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

KEEPERS = REPRESENTING | {Basis.SELF, Basis.CARE_TEAM}
"""See the meters, bind, rename, unbind them, read them out and look through what was set aside."""
REPORTERS = KEEPERS | {Basis.DEVICE}
"""May say how a meter does."""
FOLLOWERS = frozenset({Basis.SYSTEM})
"""The application itself, after readings of a meter came in."""


def require_keeping(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, and the care team."""
    _require(actor, patient_id, KEEPERS)


def require_reporting(actor: Actor, patient_id: int) -> None:
    """As keeping, and the patient's gateway by its own token."""
    _require(actor, patient_id, REPORTERS)


def require_following(actor: Actor, patient_id: int) -> None:
    """Nobody but the application."""
    _require(actor, patient_id, FOLLOWERS)


def _require(actor: Actor, patient_id: int, allowed: frozenset[Basis]) -> None:
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in allowed:
        raise NotAllowed(N_("Meters are open to the patient, representatives and the care team."))
