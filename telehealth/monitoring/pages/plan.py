"""The patient's page of the measurement plan: today's slots and the last fourteen days."""

from flask import render_template

from telehealth.core.web.access import Access, access
from telehealth.core.web.platform import current_actor, now, unit_of_work
from telehealth.monitoring import service as monitoring
from telehealth.monitoring.pages.door import pages
from telehealth.monitoring.service import SlotState
from telehealth.targets.service import SLOT_WORDS


@pages.for_patient("/nacrt")
@access(Access.SIGNED_IN)
def plan() -> str:
    """What is planned today, what of it is done, and how the last two weeks went."""
    with unit_of_work() as opened:
        actor = current_actor(opened)
        found = monitoring.todays_plan(opened, actor, actor.subject_id or 0, now=now())
    due = next((slot for slot in found.today if slot.state is SlotState.DUE), None)
    return render_template(
        "monitoring/plan.html",
        found=found,
        due=due,
        slot_words=SLOT_WORDS,
        done_today=sum(slot.state is SlotState.DONE for slot in found.today),
    )
