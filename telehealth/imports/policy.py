"""Who may bring files into a diary, take an import back and carry readings away."""

from telehealth.core.actor import REPRESENTING, Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

READERS = REPRESENTING | {Basis.SELF, Basis.CARE_TEAM, Basis.SYSTEM}
"""SYSTEM: the operator at the command line of the installation."""
KEEPERS = REPRESENTING | {Basis.SELF, Basis.SYSTEM}
"""Whose diary it is: they take back any import."""


def require_importing(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, and the care team."""
    _require(actor, patient_id)


def require_exporting(actor: Actor, patient_id: int) -> None:
    """Whoever may read the diary may carry it away; the trail says so."""
    _require(actor, patient_id)


def require_undoing(actor: Actor, patient_id: int, by_id: int | None) -> None:
    """Those whose diary it is; of the care team only who brought the file."""
    _require(actor, patient_id)
    if not may_undo(actor, by_id):
        raise NotAllowed(N_("Only the person who imported this file may take it back."))


def may_undo(actor: Actor, by_id: int | None) -> bool:
    """Whether the page offers it."""
    return actor.basis in KEEPERS or (by_id is not None and actor.person_id == by_id)


def _require(actor: Actor, patient_id: int) -> None:
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in READERS:
        raise NotAllowed(N_("Readings are open to the patient, representatives and the care team."))
