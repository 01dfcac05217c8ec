"""Deeds of the trail in plain words: English message ids, translated where they are shown."""

from telehealth.core.i18n import N_

_DEEDS = {
    "booking.agenda": N_("looked at the calendar"),
    "booking.arrive": N_("came to an appointment"),
    "booking.book": N_("booked an appointment"),
    "booking.cancel": N_("cancelled an appointment"),
    "booking.finish": N_("closed an appointment"),
    "booking.miss": N_("noted a missed appointment"),
    "booking.move": N_("moved an appointment"),
    "booking.offer": N_("offered hours"),
    "booking.offers": N_("looked at offered hours"),
    "booking.open": N_("looked at an appointment"),
    "booking.past": N_("looked at past appointments"),
    "booking.slots": N_("looked for free appointments"),
    "booking.start": N_("began an appointment"),
    "booking.upcoming": N_("looked at appointments"),
    "booking.withdraw": N_("withdrew offered hours"),
    "consents.decline": N_("declined a consent"),
    "consents.download": N_("downloaded a signed consent"),
    "consents.expire": N_("closed a consent that was not answered"),
    "consents.list": N_("looked at consents"),
    "consents.of_patient": N_("looked at consents"),
    "consents.open": N_("read a consent"),
    "consents.preview": N_("looked at the consent to be signed"),
    "consents.seal": N_("sealed a signed consent"),
    "consents.send": N_("sent a consent"),
    "consents.sign": N_("signed a consent"),
    "consents.withdraw": N_("withdrew a consent"),
    "consults.admit": N_("let somebody into a video consultation"),
    "consults.dismiss": N_("took somebody out of a video consultation"),
    "consults.end": N_("ended a video consultation"),
    "consults.join": N_("joined a video consultation"),
    "consults.leave": N_("left a video consultation"),
    "consults.list": N_("looked at video consultations"),
    "consults.lobby": N_("opened a video consultation"),
    "consults.open": N_("opened a video consultation"),
    "consults.read_note": N_("read the note of a consultation"),
    "consults.write_note": N_("wrote the note of a consultation"),
    "contacts.activate": N_("chose which contact is used"),
    "contacts.add": N_("added a contact"),
    "contacts.confirm": N_("confirmed a contact"),
    "contacts.import": N_("entered a contact"),
    "contacts.list": N_("looked at contacts"),
    "contacts.remove": N_("removed a contact"),
    "contacts.send_code": N_("asked for a confirmation code"),
    "contacts.withdraw": N_("set an address aside because mail to it comes back"),
    "home.day": N_("looked at the overview of the day"),
    "home.log": N_("looked at this list"),
    "identity.confirm": N_("entered the password again"),
    "identity.end_session": N_("signed a device out"),
    "identity.give_device_token": N_("connected a meter"),
    "identity.list_device_tokens": N_("looked at connected meters"),
    "identity.list_sessions": N_("looked at the devices signed in"),
    "identity.revoke_device_token": N_("disconnected a meter"),
    "identity.sign_in": N_("signed in"),
    "inbox.list": N_("looked at the inbox"),
    "inbox.open": N_("opened something in the inbox"),
    "mandates.end": N_("ended a mandate"),
    "mandates.grant": N_("gave a mandate"),
    "mandates.list": N_("looked at mandates"),
    "monitoring.list": N_("looked at the list of patients"),
    "monitoring.patient": N_("looked at the overview of readings"),
    "questionnaires.open": N_("opened a questionnaire"),
    "questionnaires.results": N_("looked at results of questionnaires"),
    "questionnaires.review": N_("reviewed a questionnaire"),
    "questionnaires.save": N_("saved answers"),
    "questionnaires.send": N_("sent a questionnaire"),
    "questionnaires.start": N_("began a questionnaire"),
    "questionnaires.submit": N_("sent the answers in"),
    "questionnaires.withdraw": N_("took a questionnaire back"),
    "readings.read": N_("looked at readings"),
    "readings.record": N_("added readings"),
    "readings.remove": N_("removed a reading"),
    "readings.restore": N_("put a removed reading back"),
    "readings.watch": N_("followed new readings live"),
}

_ROOMS = {
    "audit": N_("the list of who looked"),
    "booking": N_("appointments"),
    "consents": N_("consents"),
    "consults": N_("video consultations"),
    "contacts": N_("contacts"),
    "home": N_("the first page"),
    "identity": N_("sign-in and meters"),
    "inbox": N_("the inbox"),
    "mandates": N_("mandates"),
    "monitoring": N_("the overview of readings"),
    "questionnaires": N_("questionnaires"),
    "readings": N_("readings"),
}

ELSEWHERE = N_("another part of the portal")


def deed(action: str) -> str | None:
    """What was done, as the end of a sentence that begins with a name; None: no words yet."""
    return _DEEDS.get(action)


def room(action: str) -> str:
    """Which part of the portal a deed, or a refused request, belongs to."""
    name = action.replace(":", ".").partition(".")[0].removesuffix("_api")
    return _ROOMS.get(name, ELSEWHERE)
