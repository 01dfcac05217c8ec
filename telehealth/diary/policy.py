"""Who may read, write, change and copy into the diary."""

from telehealth.core.actor import REPRESENTING, Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

READERS = REPRESENTING | {Basis.SELF, Basis.CARE_TEAM}
KEEPERS = REPRESENTING | {Basis.SELF}
"""Whose diary it is: they may change what stands in it, whoever wrote it."""


def require_reading(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, and the care team."""
    _require(actor, patient_id, READERS)


def require_writing(actor: Actor, patient_id: int) -> None:
    """The same people; no device writes about meals."""
    _require(actor, patient_id, READERS)


def require_changing(actor: Actor, patient_id: int, written_by_id: int | None) -> None:
    """Those whose diary it is; of the care team only who wrote the entry."""
    _require(actor, patient_id, READERS)
    if not may_change(actor, written_by_id):
        raise NotAllowed(N_("Only the person who wrote this entry may change it."))


def may_change(actor: Actor, written_by_id: int | None) -> bool:
    """Whether the diary offers changing and removing an entry."""
    return actor.basis in KEEPERS or actor.person_id == written_by_id


def require_copying(actor: Actor, patient_id: int) -> None:
    """Only the care team copies what a patient has on paper or says in a call."""
    _require(actor, patient_id, frozenset({Basis.CARE_TEAM}))


def require_undoing(actor: Actor, patient_id: int, copied_by_id: int) -> None:
    """Who copied takes it back; another worker of the team would undo work not their own."""
    require_copying(actor, patient_id)
    if actor.person_id != copied_by_id:
        raise NotAllowed(N_("Only the person who copied this may take it back."))


def _require(actor: Actor, patient_id: int, allowed: frozenset[Basis]) -> None:
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in allowed:
        raise NotAllowed(N_("The diary is open to the patient, representatives and the care team."))
