"""Sentences about meters, in the reader's language: clock, battery, what a reading-out brought."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from devices.glucose import Kind
from telehealth.core.i18n import N_
from telehealth.meters.service import (
    DOUBT_WORDS,
    RECORD_WORDS,
    Harvested,
    Known,
    Place,
    Waiting,
)

_HOUR_MIN, _DAY_MIN = 60, 24 * 60

READER_WORDS: dict[str, str] = {
    "insecure": N_("Bluetooth works only over a secure connection (https)."),
    "missing": N_(
        "It has no Web Bluetooth. Chrome and Edge have it, on Android, Windows and Mac;"
        " Safari and Firefox do not, nor does any browser on an iPhone."
    ),
    "forbidden": N_(
        "Bluetooth is forbidden for this page. Allow it in the settings of the browser,"
        " then reload the page."
    ),
    "off": N_(
        "Bluetooth is switched off, or this device has none. Switch it on;"
        " the page notices by itself."
    ),
    "connecting": N_("Connecting to the meter"),
    "reading": N_("Reading the meter"),
    "resuming": N_("The connection broke. We are trying to go on."),
    "again": N_("The meter's memory is another one than before: we are reading all of it."),
    "another": N_("Another meter"),
    "counted": N_("Received: {n} of {total}"),
    "counting": N_("Received: {n}"),
    "found": N_("Records read: {n}."),
    "newest": N_("This meter gives only its newest record: {n}."),
    "doubtful": N_("Of these, not certain or not glucose: {n}."),
    "for": N_("They will be saved for {name}. What was saved before is not saved twice."),
    "older": N_("Older ones are not listed here, and are saved as well."),
    "kept": N_("Kept, not in the diary."),
    "unsent": N_(
        "There is no connection to the server. Nothing is lost: leave this page open and press"
        " Save again when you are online."
    ),
    "unreachable": N_(
        "The meter does not answer. Bring it nearer, switch its pairing mode on again, and see"
        " that it is not connected to another phone."
    ),
    "unpaired": N_(
        "The meter does not trust this device: the number was wrong or the pairing was lost."
        " Remove the meter in the Bluetooth settings of this device, then choose it again."
    ),
    "no_meter": N_("This device does not speak as a glucose meter."),
    "unusable": N_("This meter keeps its readings for its maker's app. Import a file instead."),
    "silent": N_("The meter stopped answering. Switch it off and on, then choose it again."),
    "lost": N_("The connection to the meter broke and did not come back."),
    "stopped": N_("You stopped it. What came before is here."),
    "incomplete": N_("The meter stopped before the end. What came is here; read it once more."),
    "refused": N_("The meter does not give its records in any way we know. Import a file instead."),
    "full": N_("There are more records than fit at once. Save these, then read it once more."),
    "cut": N_("Not everything came. Save what is here, then read the meter once more."),
    "failed": N_("That did not work. Nothing was changed; please try again."),
    **{str(doubt): sentence for doubt, sentence in DOUBT_WORDS.items()},
    **{f"kind-{kind}": RECORD_WORDS[kind] for kind in Kind},
}
"""By the words of the page's scripts; `{n}` is filled in there."""


def clock_words(known: Known) -> str:
    """How the meter's clock stands, to the minute; empty where nobody has read it."""
    if known.drift_s is None:
        return ""
    if known.clock_is_set:
        return str(gettext("The meter's clock was set when it was last read."))
    minutes = known.drift_min
    if minutes == 0:
        return str(gettext("The meter's clock is right."))
    if minutes > 0:
        return str(gettext("The meter's clock is %(span)s ahead.", span=_span(minutes)))
    return str(gettext("The meter's clock is %(span)s behind.", span=_span(-minutes)))


@dataclass(frozen=True, slots=True)
class WaitingWords:
    """What waits for a decision, in a sentence, and what to do, said on the page of the meter."""

    place: Place
    meter_id: int
    sentence: str
    advice: str

    @property
    def anchor(self) -> str:
        """Where on the page of the meter it goes on."""
        return "aside" if self.place is Place.HERE else "waits"


def waiting_words(found: Iterable[Waiting]) -> list[WaitingWords]:
    """Say how many records wait, where, and why, in the reader's language."""
    return [
        WaitingWords(one.place, one.meter_id, _waiting_sentence(one), _waiting_advice(one))
        for one in found
    ]


def _waiting_sentence(one: Waiting) -> str:
    if one.place is Place.HOME:
        what = ngettext(
            "On the computer at home %(num)d reading waits",
            "On the computer at home %(num)d readings wait",
            one.records,
        )
    else:
        what = ngettext(
            "%(num)d reading from the meter waits for a decision",
            "%(num)d readings from the meter wait for a decision",
            one.records,
        )
    return str(gettext("%(what)s: %(why)s.", what=what, why=_waiting_reason(one)))


def _waiting_reason(one: Waiting) -> str:
    if not one.is_clock:
        return str(gettext("it is not certain enough what was measured, or when"))
    if one.clock_drift_s is None:
        return str(gettext("the meter's clock was wrong"))
    span = _span(round(abs(one.clock_drift_s) / 60))
    if one.clock_drift_s > 0:
        return str(gettext("the meter's clock was %(span)s ahead", span=span))
    return str(gettext("the meter's clock was %(span)s behind", span=span))


def _waiting_advice(one: Waiting) -> str:
    if one.place is Place.HERE:
        return str(gettext("Decide about them below, under Set aside."))
    release = gettext(
        "Whoever looks after that computer decides about them there: the command glucometer status"
        " lists them, glucometer release sends them."
    )
    if not one.is_clock:
        return str(release)
    return f"{gettext('Set the clock on the meter.')} {release}"


def battery_words(known: Known) -> str:
    """How full the battery is; empty where unknown."""
    if known.battery_percent is None:
        return ""
    if known.has_low_battery:
        percent = known.battery_percent
        return str(gettext("Battery %(percent)d %%: change it soon.", percent=percent))
    return str(gettext("Battery %(percent)d %%", percent=known.battery_percent))


def interval_words(known: Known) -> str:
    """How often a sensor measures; empty where unknown."""
    if known.sums.interval_min is None:
        return ""
    return str(
        ngettext("a value every minute", "a value every %(num)d minutes", known.sums.interval_min)
    )


def reader_words() -> dict[str, str]:
    """Every sentence the page that reads a meter may have to say, by its word there."""
    return {word: str(gettext(sentence)) for word, sentence in READER_WORDS.items()}


def told(found: Harvested) -> str:
    """What became of a transfer, in two or three short sentences."""
    if found.new:
        said = [
            ngettext("%(num)d new reading is saved.", "%(num)d new readings are saved.", found.new)
        ]
    else:
        said = [gettext("There are no new readings.")]
    if found.known:
        said.append(
            ngettext("%(num)d was here already.", "%(num)d were here already.", found.known)
        )
    if found.set_aside:
        said.append(
            ngettext(
                "%(num)d record was set aside: please look at it.",
                "%(num)d records were set aside: please look at them.",
                found.set_aside,
            )
        )
    if found.kept:
        said.append(
            ngettext(
                "%(num)d record is no blood glucose and is not in the diary.",
                "%(num)d records are no blood glucose and are not in the diary.",
                found.kept,
            )
        )
    return " ".join(str(sentence) for sentence in said)


def _span(minutes: int) -> str:
    """`3 minutes`, `2 hours`, `40 days`: one unit is enough to act on."""
    if minutes >= 2 * _DAY_MIN:
        return str(ngettext("%(num)d day", "%(num)d days", round(minutes / _DAY_MIN)))
    if minutes >= 2 * _HOUR_MIN:
        return str(ngettext("%(num)d hour", "%(num)d hours", round(minutes / _HOUR_MIN)))
    return str(ngettext("%(num)d minute", "%(num)d minutes", minutes))
