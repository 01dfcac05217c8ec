"""Words of formats, reasons and states as message ids: the door translates them."""

from devices.files import Format, Reason, RecordKind, Trouble
from telehealth.core.i18n import N_
from telehealth.imports.models import State
from telehealth.imports.service.sights import GONE, NOTHING

FORMAT_WORDS: dict[str, str] = {
    Format.LIBREVIEW: "LibreView (CSV)",
    Format.CLARITY: "Dexcom Clarity (CSV)",
    Format.GLOOKO_BG: N_("Glooko, meter (CSV)"),
    Format.GLOOKO_CGM: N_("Glooko, sensor (CSV)"),
    Format.TIDEPOOL: "Tidepool (JSON)",
    Format.NIGHTSCOUT: "Nightscout (JSON)",
    Format.XDRIP: "xDrip (JSON)",
    Format.CARELINK: "CareLink (CSV)",
    Format.LIBRE_DESKTOP: N_("FreeStyle Libre, computer program (TXT)"),
    Format.LIBRELINKUP: "LibreLinkUp (JSON)",
    Format.MYSUGR: "mySugr (CSV)",
    Format.GLUCOSIO: "Glucosio (CSV)",
    Format.SIDIARY: "SiDiary (CSV)",
    Format.TABLE: N_("another table"),
    Format.OWN: N_("export of this portal"),
}

REASON_WORDS: dict[str, str] = {
    Reason.NOT_GLUCOSE: N_("not a glucose reading (food, insulin, a note)"),
    Reason.KETONE: N_("ketone, not glucose"),
    Reason.PERSONAL: N_("data about a person; not stored"),
    Reason.DEVICE: N_("data about the device"),
    Reason.ALERT: N_("alert setting, not a reading"),
    Reason.NO_VALUE: N_("no value"),
    Reason.BAD_VALUE: N_("the value is not a number"),
    Reason.IMPLAUSIBLE: N_("no blood has this value"),
    Reason.UNKNOWN_UNIT: N_("the unit is not one of glucose"),
    Reason.ERROR_CODE: N_("error code of the sensor"),
    Reason.BAD_TIME: N_("no such date or time"),
    Reason.FUTURE: N_("the time is still to come: the device's clock was wrong"),
    Reason.CLOCK_GAP: N_("falls into the hour left out in spring"),
    Reason.BAD_ROW: N_("the row cannot be read"),
    Reason.CUT_OFF: N_("the file ends in the middle"),
}

KIND_WORDS: dict[str, str] = {
    RecordKind.CGM: N_("sensor"),
    RecordKind.SCAN: N_("sensor, scanned by hand"),
    RecordKind.METER: N_("test strip"),
    RecordKind.MANUAL: N_("typed in"),
}

STATE_WORDS: dict[State, str] = {
    State.LOOKING: N_("being read"),
    State.ASKING: N_("waits for an answer"),
    State.REFUSED: N_("not imported"),
    State.READY: N_("waits for your yes"),
    State.ADDING: N_("being added"),
    State.DONE: N_("imported"),
    State.UNDOING: N_("being taken back"),
    State.UNDONE: N_("taken back"),
    State.DISCARDED: N_("discarded"),
    State.EXPIRED: N_("expired, nothing was imported"),
}

TROUBLE_WORDS: dict[str, str] = {
    Trouble.UNKNOWN: N_(
        "We do not know this format. Nothing was imported and the file is deleted."
    ),
    Trouble.CARELINK: N_(
        "This is a CareLink file in a language we cannot read. Set CareLink to English, "
        "export again and import that file."
    ),
    Trouble.ARCHIVE: N_(
        "This is an archive (ZIP). Unpack it and import the CSV or JSON file that is in it."
    ),
    Trouble.PICTURE: N_(
        "This is a picture. We cannot read values from pictures. In the program of your meter "
        "or sensor choose “Export” and import that file (CSV), or type the readings in."
    ),
    Trouble.PDF: N_(
        "This is a PDF, a paper for printing. In the program of your meter or sensor choose "
        "“Export” and import that file (CSV)."
    ),
    Trouble.WORKBOOK: N_(
        "This is a workbook of Excel or another spreadsheet. Open it, choose “Save as”, "
        "then CSV, and import the CSV file."
    ),
    Trouble.WEB_PAGE: N_(
        "This is a web page, not a file with readings. Often the download ended on a sign-in page. "
        "Sign in there, download the file again and import it."
    ),
    Trouble.TOO_LONG: N_(
        "This table has too many rows or columns (at most 400,000 rows and 100 columns). "
        "Export a shorter time and import the files one after another."
    ),
    Trouble.WRONG_COLUMNS: N_("The columns you chose hold no times or no values."),
    Trouble.LOOKS_LIKE_MMOL: N_(
        "The numbers in this file look like mmol/L, but its format is in mg/dL. "
        "Nothing was imported. Export the file again in mg/dL."
    ),
    NOTHING: N_("There is no glucose reading in this file. Nothing was imported."),
    GONE: N_("The file is no longer on our server. Please send it again."),
}
