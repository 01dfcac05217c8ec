"""Who may add, read and remove readings."""

from telehealth.core.actor import REPRESENTING, Actor, Basis
from telehealth.core.errors import NotAllowed, NotFound
from telehealth.core.i18n import N_

READERS = REPRESENTING | {Basis.SELF, Basis.CARE_TEAM, Basis.SYSTEM}
"""The system: an operator at the command line, and jobs."""
ADDERS = READERS | {Basis.DEVICE}
KEEPERS = REPRESENTING | {Basis.SELF}
"""Whose diary it is: they may change and remove what was written by hand, whoever wrote it."""


def require_reading(actor: Actor, patient_id: int) -> None:
    """The patient, whoever represents the patient, and the care team see the diary."""
    _require(actor, patient_id, READERS)


def require_adding(actor: Actor, patient_id: int) -> None:
    """As reading, and the patient's meter by its own token."""
    _require(actor, patient_id, ADDERS)


def require_choosing_unit(actor: Actor, patient_id: int) -> None:
    """Those whose diary it is."""
    _require(actor, patient_id, READERS)
    if actor.basis not in KEEPERS:
        raise NotAllowed(N_("The unit is chosen by the person whose diary this is."))


def require_removing(actor: Actor, patient_id: int, entered_by_id: int | None) -> None:
    """Those whose diary it is; of the care team only who wrote the entry."""
    _require(actor, patient_id, READERS)
    if actor.basis not in KEEPERS and actor.person_id != entered_by_id:
        raise NotAllowed(N_("Only the person who wrote this entry may remove it."))


def may_remove(actor: Actor, entered_by_id: int | None) -> bool:
    """Whether the diary offers removing an entry written by hand."""
    return actor.basis in KEEPERS or actor.person_id == entered_by_id


def require_amending(
    actor: Actor, patient_id: int, entered_by_id: int | None, *, is_manual: bool
) -> None:
    """As removing; meal and note of what a device sent are for those whose diary it is."""
    _require(actor, patient_id, READERS)
    if is_manual and not may_remove(actor, entered_by_id):
        raise NotAllowed(N_("Only the person who wrote this entry may change it."))
    if not is_manual and not may_annotate(actor):
        raise NotAllowed(N_("Meal and note are for the person whose diary this is."))


def may_annotate(actor: Actor) -> bool:
    """Whether the diary offers meal and note beside a meter's or sensor's reading."""
    return actor.basis in KEEPERS


def _require(actor: Actor, patient_id: int, allowed: frozenset[Basis]) -> None:
    if actor.subject_id != patient_id:
        raise NotFound
    if actor.basis not in allowed:
        raise NotAllowed(N_("Readings are open to the patient, representatives and the care team."))
