"""Live door of readings: hear that a diary has changed; the page then asks for it again."""

from dataclasses import dataclass
from typing import Any

from marshmallow import RAISE, Schema, post_load

from telehealth.core.sockets import Sockets, join, patient_room, representation_room
from telehealth.core.web.fields import RowId
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.readings import service as readings

sockets = Sockets("readings")


@dataclass(frozen=True, slots=True)
class Watch:
    """Whose diary."""

    patient_id: int


class WatchSchema(Schema):
    """`{"patient": id}`."""

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    patient = RowId(required=True, strict=True)

    @post_load
    def _command(self, values: dict[str, Any], **_: object) -> Watch:
        return Watch(values["patient"])


@sockets.on("watch", WatchSchema())
def watch(command: Watch) -> None:
    """Hear `readings:changed` of one diary. Whoever may read it; ends with the right to."""
    with unit_of_work() as session:
        actor = current_actor(session, command.patient_id)
        readings.watch(session, actor, command.patient_id, now=now())
    join(patient_room(command.patient_id))
    if actor.representation_id is not None:
        join(representation_room(actor.representation_id))
