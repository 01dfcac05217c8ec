"""A worklist somebody works on: entries judged, some taken, noted, acknowledged and closed."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis, Role
from telehealth.core.clock import local
from telehealth.demo.people import Clinic
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.models import Deed
from telehealth.monitoring.service import Act, Filter


def work(session: Session, clinic: Clinic, now: datetime) -> None:
    """The nurse has worked down a part of the list this morning."""
    for patient_id in clinic.patient_ids:
        monitoring.readings_changed(session, patient_id, now=now - timedelta(hours=2))
    worker = Actor(clinic.nurse_id, clinic.nurse_id, Basis.SELF, frozenset({Role.NURSE}))
    rows = monitoring.worklist(session, worker, Filter(), now=now).page.items
    ids = [row.entry.patient_id for row in rows if row.entry.severity > 0]
    today = local(now).date()
    deeds = (
        (0, Act(Deed.OWNED)),
        (1, Act(Deed.ACKNOWLEDGED)),
        (1, Act(Deed.NOTED, text="Poklicala, ne dvigne. Poskusim popoldne.")),
        (1, Act(Deed.REVIEW, review_on=today)),
        (2, Act(Deed.ACKNOWLEDGED)),
        (2, Act(Deed.NOTED, text="Dogovor: teden dni meri tudi ob 3. uri.")),
        (2, Act(Deed.REVIEW, review_on=today + timedelta(days=7))),
        (4, Act(Deed.NOTED, text="Na dopustu do ponedeljka, nizka po hoji v hribe.")),
        (4, Act(Deed.CLOSED)),
        (6, Act(Deed.OWNED, owner_id=clinic.doctor_id)),
    )
    for minute, (place, deed) in enumerate(deeds):
        if place < len(ids):
            actor = Actor(clinic.nurse_id, ids[place], Basis.CARE_TEAM, frozenset({Role.NURSE}))
            at = now - timedelta(minutes=90 - minute)
            monitoring.act(session, actor, ids[place], deed, now=at)
    monitoring.save_view(session, worker, "Moji, danes na vrsti", "lastnik=jaz&pregled=da")
