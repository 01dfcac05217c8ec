"""The batch around the rows, and how readings leave again."""

from datetime import timedelta, timezone
from typing import Any

from marshmallow import RAISE, Schema, fields, post_load

from telehealth.core.errors import TooLarge
from telehealth.core.i18n import N_
from telehealth.readings.models import Standing
from telehealth.readings.schemas.plain import ReadingSchema
from telehealth.readings.schemas.rows import read_row
from telehealth.readings.schemas.words import sentence
from telehealth.readings.service import MAX_BATCH, Entry, NewReading, Outcome, Rejection

Rows = tuple[tuple[NewReading, ...], tuple[Rejection, ...]]


class RowsField(fields.List[Any]):
    """The rows of a batch in one pass; a bad row is set aside and sinks no other."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.Nested(ReadingSchema), **options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if len(value) > MAX_BATCH:
            raise TooLarge(N_("At most %(n)d readings at once."), n=MAX_BATCH)
        read = [read_row(row, given) for row, given in enumerate(value)]
        return (
            tuple(row for row in read if isinstance(row, NewReading)),
            tuple(row for row in read if isinstance(row, Rejection)),
        )


class BatchSchema(Schema):
    """`{"readings": [...]}`: at most 5,000 in 1 MiB."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    takes_any_text = True
    """A row with such a text is set aside like any other bad row."""

    readings = RowsField(required=True, metadata={"maxItems": MAX_BATCH})

    @post_load
    def _rows(self, values: dict[str, Any], **_: object) -> Rows:
        rows: Rows = values["readings"]
        return rows


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What became of a batch; rejected rows by their place, in the reader's words."""
    return {
        "accepted": outcome.accepted,
        "duplicate": outcome.duplicate,
        "rejected": [
            {
                "index": rejection.row,
                "field": rejection.field,
                "code": str(rejection.code),
                "detail": sentence(rejection),
            }
            for rejection in outcome.rejected
        ],
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """One reading: the value as it was entered, the time on the sender's clock."""
    zone = timezone(timedelta(minutes=entry.offset_min))
    writer = entry.writer
    return {
        "id": entry.id,
        "measured_at": entry.measured_at.astimezone(zone).isoformat(),
        "value": str(entry.digits),
        "unit": entry.unit.value,
        "band": entry.band.value,
        "record": "scan" if entry.standing is Standing.SCAN else "glucose",
        "counts": entry.counts,
        "conflict": entry.standing in (Standing.CONFLICT, Standing.ASIDE),
        "source": entry.kind.value,
        "device": entry.device or None,
        "via": entry.provenance.via.value,
        "also_from": [
            {"source": one.kind.value, "device": one.device or None, "via": one.via.value}
            for one in entry.also_from
        ],
        "version": entry.version,
        "meal": entry.meal.value or None,
        "note": entry.note or None,
        "entered_by": writer
        and {"id": writer.person_id, "name": writer.name, "basis": writer.basis.value},
    }
