"""Before a browser reads a meter: which of the patient's meters it may be, and what to ask it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.quirks import Ask, Quirk, quirk_of
from devices.session import OVERLAP
from telehealth.audit import service as audit
from telehealth.core.actor import Actor
from telehealth.core.errors import NotFound
from telehealth.meters import policy
from telehealth.meters.models import Meter, MeterBinding, MeterKind
from telehealth.meters.service import rows
from telehealth.meters.service.naming import Named, identity_of


@dataclass(frozen=True, slots=True)
class Said:
    """What a meter in the browser says about itself. Its serial number is hidden from pages."""

    maker: str
    model: str
    name: str = ""
    """As advertised."""
    serial: str = ""
    """As a person read it off the meter."""
    meter_id: int | None = None
    """One of the patient's meters, when a person said that it is this one."""

    @property
    def quirk(self) -> Quirk:
        """What is particular about its maker's meters."""
        return quirk_of(maker=self.maker, model=self.model, name=self.name)

    @property
    def identity(self) -> str:
        """Identity, as far as known."""
        maker, model = self.maker, self.model
        if not (maker or model):
            model = self.name or self.quirk.name
        return identity_of(maker, model, self.serial)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the patient's meters that it may be."""

    id: int
    name: str
    ending: str
    """The last digits of its serial number."""
    cursor: int | None
    count: int | None
    """How many records it held when it was last read to its end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask the meter."""

    model: str
    is_usable: bool
    ways: tuple[Ask, ...]
    has_moving_sequence: bool
    marks_ketones: bool
    choices: Sequence[Choice]
    overlap: int = OVERLAP


def plan(session: Session, actor: Actor, patient_id: int, said: Said, *, now: datetime) -> Plan:
    """Say which of the patient's meters this may be and in which ways to ask it.

    Raises:
        NotFound: the actor acts for somebody else.
        NotAllowed: the actor may not read meters for the patient.
    """
    policy.require_keeping(actor, patient_id)
    audit.record(session, actor, "meters.plan", "meter", now=now)
    quirk = said.quirk
    bound = session.scalars(
        select(MeterBinding)
        .join(MeterBinding.meter)
        .where(
            MeterBinding.patient_id == patient_id,
            MeterBinding.unbound_at.is_(None),
            Meter.kind == MeterKind.METER,
        )
        .order_by(MeterBinding.id)
    )
    return Plan(
        model=Named(said.identity).model,
        is_usable=quirk.is_usable,
        ways=quirk.ways,
        has_moving_sequence=quirk.has_moving_sequence,
        marks_ketones=quirk.has_ketone_meal,
        choices=[_choice(one) for one in bound if _may_be(one.meter, said)],
    )


def _may_be(meter: Meter, said: Said) -> bool:
    named = Named(meter.identity)
    if said.maker or said.model:
        return named.is_model_of(said.maker, said.model)
    return meter.identity == said.identity


def _choice(bound: MeterBinding) -> Choice:
    named = Named(bound.meter.identity)
    return Choice(
        bound.meter_id, bound.name or named.model, named.ending, bound.cursor, bound.count
    )


def meter_said(session: Session, patient_id: int, said: Said, *, now: datetime) -> Meter:
    """The row of the meter that is being read; for a caller that has checked who asks.

    Raises:
        NotFound: the meter a person chose was never the patient's.
    """
    if said.meter_id is None:
        return rows.meter_of(session, patient_id, said.identity, MeterKind.METER, now=now)
    meter = rows.newest_binding(session, patient_id, said.meter_id).meter
    if meter.kind is not MeterKind.METER:
        raise NotFound
    return meter
