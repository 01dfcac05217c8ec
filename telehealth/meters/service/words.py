"""Words of codes as message ids: the door translates them."""

from devices.glucose import Kind
from devices.meaning import Doubt
from telehealth.core.i18n import N_
from telehealth.meters.models import How, MeterKind, RecordState
from telehealth.readings.service import Code

KIND_WORDS = {
    MeterKind.METER: N_("blood glucose meter"),
    MeterKind.SENSOR: N_("glucose sensor"),
}

HOW_WORDS = {
    How.HAND: N_("added by hand"),
    How.BROWSER: N_("read in the browser"),
    How.PROGRAM: N_("sends through a program"),
}

RECORD_WORDS = {
    Kind.GLUCOSE: N_("glucose"),
    Kind.HIGH: N_("above the meter's range"),
    Kind.LOW: N_("below the meter's range"),
    Kind.CONTROL: N_("control solution"),
    Kind.KETONE: N_("ketone"),
    Kind.NO_VALUE: N_("a record without a value"),
    Kind.IMPLAUSIBLE: N_("a value no blood can have"),
    Kind.UNREADABLE: N_("bytes that cannot be read"),
}

DOUBT_WORDS: dict[str, str] = {
    Doubt.UNREADABLE: N_("The meter sent it incomplete."),
    Doubt.IMPLAUSIBLE: N_("No blood has such a value; meters send it as a placeholder."),
    Doubt.CONTRADICTION: N_("The meter says too high and too low at once."),
    Doubt.METER_FAULT: N_("The meter says that this measurement went wrong."),
    Doubt.CONTEXT_MISSING: N_("It may be a ketone: the meter did not say what it measured."),
    Doubt.NO_SUCH_DATE: N_("The meter sent a date that does not exist."),
    Doubt.CLOCK_GAP: N_("The meter shows an hour that the change of clocks left out."),
    Doubt.CLOCK_FOLD: N_("The meter shows an hour that came twice when the clocks changed."),
    Doubt.FUTURE: N_("By the meter's clock this is still to come."),
    Doubt.CLOCK_OFF: N_("The meter's clock was more than five minutes off."),
    Doubt.TIME_FAULT: N_("The meter says that its clock cannot be trusted."),
    Code.TOO_OLD: N_("By the meter's clock this is more than five years ago."),
}
"""Why a record was set aside."""

STATE_WORDS = {
    RecordState.WAITING: N_("waits for your decision"),
    RecordState.TAKEN: N_("in the diary"),
    RecordState.DISMISSED: N_("not a reading"),
    RecordState.KEPT: N_("kept, not in the diary"),
}
