"""How often a sensor measures: as its sender says, else learnt from its newest readings."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from devices.glucose import Unit
from telehealth.glycemia.series import interval_min, series
from telehealth.readings.models import Reading, ReadingSource, SourceKind, Standing

LEARNT_FROM = 100
"""The middle of so many distances is a function of the diary, and cheap to know at each upload."""


def learn(session: Session, patient_id: int, source_ids: Iterable[int] | None = None) -> bool:
    """Each sensor (of `source_ids`, or all) has the interval its readings show.

    Returns:
        Whether one changed: then all days with a sensor are to be counted again.
    """
    sensors = select(
        ReadingSource.id, ReadingSource.interval_min, ReadingSource.given_interval_min
    ).where(ReadingSource.patient_id == patient_id, ReadingSource.kind == SourceKind.CGM)
    if source_ids is not None:
        sensors = sensors.where(ReadingSource.id.in_(list(source_ids)))
    has_changed = False
    for source_id, known, given in session.execute(sensors).all():
        now = given or _learnt(session, patient_id, source_id)
        if now != known:
            session.execute(
                update(ReadingSource).where(ReadingSource.id == source_id).values(interval_min=now)
            )
            has_changed = True
    return has_changed


def give(session: Session, source_ids: Iterable[int], minutes: int) -> None:
    """The sender of these sensors says how often they measure; the shortest stays."""
    session.execute(
        update(ReadingSource)
        .where(
            ReadingSource.id.in_(list(source_ids)),
            ReadingSource.given_interval_min.is_(None)
            | (ReadingSource.given_interval_min > minutes),
        )
        .values(given_interval_min=minutes)
    )


def _learnt(session: Session, patient_id: int, source_id: int) -> int | None:
    newest = session.scalars(
        select(Reading.measured_at)
        .where(
            Reading.patient_id == patient_id,
            Reading.source_id == source_id,
            Reading.standing != Standing.SCAN,
        )
        .order_by(Reading.measured_at.desc())
        .limit(LEARNT_FROM + 1)
    ).all()
    t = np.asarray([int(at.timestamp()) for at in newest], dtype=np.int64)
    zeros = np.zeros(len(t), dtype=np.int64)
    return interval_min(series(t, zeros, zeros, Unit.MG_DL))
