"""Alerts in plain words. Pure: what is translated, and into what, comes in as `say`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from devices.glucose import Unit
from telehealth.alerts.models import Action, Alert, AlertRuleChange, Direction, Kind, Ring
from telehealth.alerts.service import (
    ANY,
    KIND_WORDS,
    STARTING,
    TICKS,
    OpenAlert,
    Rule,
    Shown,
    Sources,
    Threshold,
    Told,
)
from telehealth.core.i18n import N_, clock_time, number
from telehealth.notifications.models import DeliveryState
from telehealth.targets.models import Population

Say = Callable[..., str]
"""gettext with named parameters."""

_HOUR, _DAY = 60, 24 * 60
_LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a notice, in words; `kind` is the badge."""

    words: str
    kind: str


def value(tick: int, unit: Unit, locale: str) -> str:
    """`3,0 mmol/L`, `54 mg/dL`."""
    if unit is Unit.MMOL_L:
        return f"{number(Decimal(tick) / 10, locale, 1)} {unit.value}"
    return f"{tick} {unit.value}"


def span(minutes: int) -> str:
    """`25 min`, `2 h`, `1 h 30 min`, `2 d`: the symbols are the same in both languages."""
    if minutes >= 2 * _DAY and minutes % _DAY == 0:
        return f"{minutes // _DAY} d"
    hours, rest = divmod(minutes, _HOUR)
    parts = [f"{hours} h"] if hours else []
    parts += [f"{rest} min"] if rest or not hours else []
    return " ".join(parts)


def reason(alert: Alert | OpenAlert, say: Say, locale: str) -> str:
    """Why there is an alert: `below 3.0 mmol/L`, `no reading for 1 h`."""
    if alert.kind is Kind.ANSWER:
        return say(N_("an answer in a questionnaire that somebody must see now"))
    if alert.threshold_tick is None or alert.threshold_unit is None:
        return say(N_("no reading for %(span)s"), span=span(alert.delay_min))
    edge = value(alert.threshold_tick, alert.threshold_unit, locale)
    return _beyond(alert.direction, edge, alert.delay_min, say)


def rule_words(rule: Rule, say: Say, locale: str, sources: Sources = ANY) -> str:
    """What a rule says to somebody who measures with `sources`.

    `below 3.0 mmol/L, at once`; with a meter `above 13.9 mmol/L, 2 values within 4 h`, with a
    sensor `above 13.9 mmol/L for 1 h`, with either both.
    """
    if rule.threshold is None:
        return say(N_("no reading for %(span)s"), span=span(rule.delay_min))
    edge = value(rule.threshold.tick, rule.threshold.unit, locale)
    is_low = rule.direction is Direction.LOW
    several = rule.values_n > 1
    if sources.sensor_may_come and sources.single_may_come and (rule.delay_min or several):
        words = _BOTH_WAYS[is_low, bool(rule.delay_min), several]
    elif sources.single_may_come and several:
        words = N_("above %(edge)s, %(num)d values within %(within)s")
    elif sources.sensor_may_come and rule.delay_min:
        return _beyond(rule.direction, edge, rule.delay_min, say)
    else:
        words = N_("below %(edge)s, at once") if is_low else N_("above %(edge)s, at once")
    return say(
        words,
        edge=edge,
        span=span(rule.delay_min),
        num=rule.values_n,
        within=span(rule.values_within_min),
    )


_BOTH_WAYS = {
    (True, True, False): N_("below %(edge)s: a sensor for %(span)s, a single value at once"),
    (False, True, False): N_("above %(edge)s: a sensor for %(span)s, a single value at once"),
    (False, True, True): N_(
        "above %(edge)s: a sensor for %(span)s, or %(num)d values within %(within)s"
    ),
    (False, False, True): N_(
        "above %(edge)s: a sensor at once, or %(num)d values within %(within)s"
    ),
}
"""By direction (low), whether a sensor must last, whether one value is not enough. A single low
value is always enough."""


def full_rule_words(rule: Rule, say: Say, locale: str) -> str:
    """What a rule says and who is told next: `below 3.9 mmol/L for 10 min; nurse after 1 h`."""
    if not rule.is_on:
        return say(N_("switched off"))
    return "; ".join((rule_words(rule, say, locale), *order_words(rule, say)))


def change_words(change: AlertRuleChange, say: Say, locale: str) -> str:
    """What a change made of a rule: `above 13.9 mmol/L for 1 h`, `switched off`, `as usual`."""
    kept = change.after
    if kept is None:
        return say(N_("as usual again"))
    threshold = Threshold(kept["tick"], Unit(kept["unit"])) if kept["tick"] else None
    said = {name: kept[name] for name in kept if name not in ("tick", "unit")}
    rule = replace(STARTING[change.kind], threshold=threshold, **said)
    return full_rule_words(rule, say, locale)


POPULATION_WORDS = {
    Population.ADULT: N_("adults with type 1 or 2"),
    Population.CHILD: N_("children and adolescents"),
    Population.OLDER: N_("older people and people at high risk"),
    Population.PREGNANCY_TYPE1: N_("pregnancy with type 1"),
    Population.PREGNANCY_TYPE2: N_("pregnancy with type 2 or gestational diabetes"),
}


def repeat_words(rule: Rule, say: Say) -> str:
    """How often it is told again; empty: once."""
    if not rule.repeat_min:
        return ""
    return say(N_("told again every %(span)s"), span=span(rule.repeat_min))


def order_words(rule: Rule, say: Say) -> list[str]:
    """Who is told next if nobody acknowledges: `nurse after 15 min`."""
    steps = ((Ring.PROXY, rule.proxy_min), (Ring.NURSE, rule.nurse_min),
             (Ring.DOCTOR, rule.doctor_min))  # fmt: skip
    return [
        say(_AFTER[ring], span=span(minutes)) if minutes else say(_AT_ONCE[ring])
        for ring, minutes in steps
        if minutes is not None
    ]


def next_words(shown: Shown, say: Say, locale: str) -> str:
    """Who is told next and when; empty: nobody."""
    if shown.next_step is None:
        return ""
    at = clock_time(shown.next_step.due_at, locale)
    return say(_NEXT[shown.next_step.ring], at=at)


def last_value(alert: Alert, say: Say, locale: str) -> str:
    """The last value beyond the threshold; empty for the rule that looks at the time."""
    if alert.kind is Kind.NO_DATA or alert.unit is None:
        return ""
    if alert.tick is None:
        is_low = alert.direction is Direction.LOW
        return say(
            N_("LO (below what the meter measures)")
            if is_low
            else N_("HI (above what the meter measures)")
        )
    return value(alert.tick, alert.unit, locale)


def extreme(alert: Alert | OpenAlert, locale: str) -> str:
    """The value farthest beyond the threshold; empty where the rule looks at no value."""
    if alert.worst_unit is None:
        return ""
    if alert.worst_tick is None:
        return "LO" if alert.direction is Direction.LOW else "HI"
    return value(alert.worst_tick, alert.worst_unit, locale)


def worst_value(alert: Alert, locale: str) -> str:
    """The same where it is another one than the last; otherwise empty."""
    is_last = (alert.worst_tick, alert.worst_unit) == (alert.tick, alert.unit)
    return "" if is_last else extreme(alert, locale)


def headline(alert: OpenAlert, say: Say, locale: str) -> str:
    """`Very low value: 2.4 mmol/L at 2.10`: what is open, for the patient's first page."""
    shown = extreme(alert, locale)
    if not shown:
        return say(KIND_WORDS[alert.kind])
    return say(
        N_("%(kind)s: %(value)s at %(at)s"),
        kind=say(KIND_WORDS[alert.kind]),
        value=shown,
        at=clock_time(alert.last_beyond_at, locale),
    )


def came_late(alert: Alert | OpenAlert) -> bool:
    """Whether it reached us so long after it was measured that people should know."""
    return alert.received_at is not None and alert.received_at - alert.beyond_since > _LATE


def actions(alert: Alert | OpenAlert, side: str) -> list[tuple[str, str]]:
    """What can have been done about an alert, by who answers: name and words, the usual first."""
    if side == "team":
        return [
            (Action.SPOKEN.value, N_("I have spoken with the patient")),
            (Action.SEEN.value, N_("I have seen it")),
        ]
    if alert.direction is Direction.LOW:
        return [
            (Action.EATEN.value, N_("I have eaten something with sugar")),
            (Action.HELPED.value, N_("Somebody is with me")),
        ]
    if alert.direction is Direction.HIGH:
        return [
            (Action.TREATED.value, N_("I have done something about it")),
            (Action.SEEN.value, N_("I have seen it")),
        ]
    return [(Action.SEEN.value, N_("I have seen it"))]


def answer_hint(alert: Alert | OpenAlert, say: Say) -> str:
    """What an answer does, and when it counts no longer."""
    if alert.kind is Kind.ANSWER:
        return say(N_("Nobody else is told while somebody of the team looks at it."))
    return say(
        N_(
            "Nobody else is told for a time. If values get worse or are not back in range by then,"
            " you are asked again and the others are told."
        )
    )


def fate(told: Told, say: Say, locale: str) -> Fate:
    """What became of a notice. Without a receipt nothing counts as delivered."""
    if told.notice.seen_at is not None:
        at = clock_time(told.notice.seen_at, locale)
        return Fate(say(N_("seen in the portal at %(at)s"), at=at), "success")
    if told.fate is None or told.fate.state is DeliveryState.SENDING:
        return Fate(say(N_("waits to be sent")), "")
    words, kind = _FATES.get(told.fate.reason) or _STATES[told.fate.state]
    return Fate(say(words), kind)


def age_min(alert: Alert | OpenAlert, now: datetime) -> int:
    """For how many whole minutes the alert has been open."""
    return max(0, int((now - (alert.opened_at or now)).total_seconds() // 60))


def _beyond(direction: Direction, edge: str, delay_min: int, say: Say) -> str:
    is_low = direction is Direction.LOW
    if not delay_min:
        return say(N_("below %(edge)s") if is_low else N_("above %(edge)s"), edge=edge)
    words = N_("below %(edge)s for %(span)s") if is_low else N_("above %(edge)s for %(span)s")
    return say(words, edge=edge, span=span(delay_min))


_AFTER = {
    Ring.PROXY: N_("representatives after %(span)s"),
    Ring.NURSE: N_("nurse after %(span)s"),
    Ring.DOCTOR: N_("doctor after %(span)s"),
}
_AT_ONCE = {
    Ring.PROXY: N_("representatives at once"),
    Ring.NURSE: N_("nurse at once"),
    Ring.DOCTOR: N_("doctor at once"),
}
_NEXT = {
    Ring.PATIENT: N_("Next to be told at %(at)s: the first ones"),
    Ring.PROXY: N_("Next to be told at %(at)s: representatives"),
    Ring.NURSE: N_("Next to be told at %(at)s: nurse"),
    Ring.DOCTOR: N_("Next to be told at %(at)s: doctor"),
}
_STATES = {
    DeliveryState.ACCEPTED: (N_("handed to the mail server; no receipt"), ""),
    DeliveryState.FAILED_TEMP: (N_("not delivered yet: the mail server is away"), "warning"),
    DeliveryState.FAILED_PERM: (N_("not delivered: the mail server refused the address"), "danger"),
    DeliveryState.SUPPRESSED: (N_("not sent"), "danger"),
}
_FATES = {
    "no_address": (N_("not sent: no confirmed e-mail address"), "danger"),
    "representation_ended": (N_("not sent: no longer a representative"), "warning"),
    "died": (N_("not sent: the person has died"), ""),
    "left_care_team": (N_("not sent: no longer in the care team"), "warning"),
    "no_server": (N_("not sent: no mail server is set"), "warning"),
    "alert_ended": (N_("not sent: the alert was over before"), ""),
    "no_connection": (N_("not delivered yet: the mail server is away"), "warning"),
    "unknown": (N_("not delivered yet: what became of the mail is not known"), "warning"),
}


def edge_words(rule: Rule, locale: str) -> str:
    """The threshold as a form shows it, without its unit."""
    if rule.threshold is None:
        return ""
    return value(rule.threshold.tick, rule.threshold.unit, locale).partition(" ")[0]


def bounds_words(rule: Rule, say: Say, locale: str) -> str:
    """What the threshold may be, in its unit: `from 3.0 to 6.0`."""
    if rule.threshold is None:
        return ""
    unit = rule.threshold.unit
    low, high = (value(tick, unit, locale).partition(" ")[0] for tick in TICKS[rule.kind][unit])
    return say(N_("from %(low)s to %(high)s"), low=low, high=high)
