"""One deed about a patient at a time: all of them begin here."""

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from telehealth.alerts.models import AlertWatch


def lock(session: Session, patient_id: int) -> AlertWatch:
    """The patient's watch, made where it is new, ours until the transaction ends."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    start = (sqlite.insert if is_sqlite else postgresql.insert)(AlertWatch)
    session.execute(
        start.values(patient_id=patient_id).on_conflict_do_nothing(index_elements=["patient_id"])
    )
    return session.scalars(
        select(AlertWatch)
        .where(AlertWatch.patient_id == patient_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
