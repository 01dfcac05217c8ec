"""Meters of the demonstration: whose they are, and how they did when they were last read."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from telehealth.core.actor import Actor, Basis
from telehealth.meters import service as meters
from telehealth.meters.models import How, MeterKind
from telehealth.readings import service as readings
from telehealth.readings.models import SourceKind

SECOND = "Ascensia | Contour Next One | 7719-5503"
DRIFT_S = 3 * 60 + 8
SECOND_DRIFT_S = -20


def connect_meters(session: Session, patient_id: int, now: datetime) -> None:
    """What has sent readings is the patient's; a second meter waits in the drawer."""
    actor = Actor(patient_id, patient_id, Basis.SELF)
    devices = {
        source.kind: source.device
        for source in readings.sources(session, patient_id)
        if source.device and source.kind is not SourceKind.MANUAL
    }
    for kind, device in devices.items():
        wish = meters.NewMeter(device, MeterKind(kind.value), how=How.PROGRAM)
        meters.bind(session, actor, patient_id, wish, now=now - timedelta(days=90))
    drawer = meters.NewMeter(SECOND, name="rezervni v predalu")
    meters.bind(session, actor, patient_id, drawer, now=now - timedelta(days=30))
    reports = [
        meters.MeterReport(
            SECOND,
            "Contour Next One",
            meters.State(
                read_at=now - timedelta(days=6),
                battery_percent=18,
                clock_drift_s=SECOND_DRIFT_S,
                records=12,
                firmware="1.19",
                sent_at=now,
            ),
        )
    ]
    if SourceKind.METER in devices:
        state = meters.State(
            read_at=now - timedelta(minutes=50),
            battery_percent=76,
            clock_drift_s=DRIFT_S,
            records=412,
            firmware="1.9.6",
            sent_at=now,
        )
        reports.append(meters.MeterReport(devices[SourceKind.METER], "", state))
    meters.report(session, actor, patient_id, reports, now=now)
