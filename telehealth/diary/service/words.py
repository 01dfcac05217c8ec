"""Words of codes as message ids: the door translates them."""

from telehealth.core.i18n import N_
from telehealth.diary.models import Activity, Illness, Stress

INSULIN_WORDS = {
    "rapid": N_("rapid-acting"),
    "long": N_("long-acting"),
    "mixed": N_("premixed"),
    "other": N_("other insulin"),
}

ACTIVITY_WORDS = {
    Activity.WALK: N_("walk"),
    Activity.RUN: N_("running"),
    Activity.CYCLING: N_("cycling"),
    Activity.SWIMMING: N_("swimming"),
    Activity.GYM: N_("exercises"),
    Activity.HOUSEWORK: N_("house or garden"),
    Activity.OTHER: N_("other activity"),
}

ILLNESS_WORDS = {
    Illness.COLD: N_("a cold"),
    Illness.FEVER: N_("fever"),
    Illness.STOMACH: N_("stomach upset"),
    Illness.OTHER: N_("otherwise unwell"),
}

STRESS_WORDS = {
    Stress.SOME: N_("some stress"),
    Stress.MUCH: N_("much stress"),
}
