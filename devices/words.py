"""What the command says, in English and Slovenian. Plain sentences: what is, and what to do."""

import os

from devices.decisions import Objection
from devices.files.records import Question, Reason, RecordKind
from devices.files.records import Trouble as FileTrouble
from devices.meaning import Doubt
from devices.sentences import SENTENCES
from devices.trouble import Trouble
from devices.upload import Stop

LANGUAGES = ("en", "sl")
Pair = tuple[str, str]
"""English, Slovenian."""

TROUBLES: dict[Trouble, Pair] = {
    Trouble.NO_DBUS: (
        "System D-Bus is not running. Import a file or type the readings.",
        "Sistemski D-Bus ne teče. Meritve uvozite ali vpišite.",
    ),
    Trouble.NO_BLUEZ: (
        (
            "BlueZ is not running. Install and start it:"
            " sudo apt install bluez && sudo systemctl start bluetooth"
        ),
        (
            "BlueZ ne teče. Namestite in zaženite ga:"
            " sudo apt install bluez && sudo systemctl start bluetooth"
        ),
    ),
    Trouble.NO_ADAPTER: (
        "This computer has no Bluetooth adapter. Plug one in.",
        "Računalnik nima vmesnika Bluetooth. Priključite ga.",
    ),
    Trouble.POWERED_OFF: (
        "Bluetooth is switched off. Switch it on.",
        "Bluetooth je izklopljen. Vklopite ga.",
    ),
    Trouble.NO_LOW_ENERGY: (
        "This Bluetooth adapter is too old for glucose meters (no Low Energy).",
        "Vmesnik Bluetooth je za merilnike prestar (brez Low Energy).",
    ),
    Trouble.DENIED: (
        "This account may not use Bluetooth. Add it to the group bluetooth and sign in again.",
        "Račun ne sme do Bluetootha. Dodajte ga v skupino bluetooth in se prijavite znova.",
    ),
    Trouble.NOT_FOUND: (
        (
            "No meter found. Switch the meter to sending (or pairing), keep it near, have at least"
            " one reading stored in it, and disconnect it from any phone."
        ),
        (
            "Ni merilnika. Vklopite na njem pošiljanje (ali seznanjanje), naj bo blizu, naj ima"
            " shranjeno vsaj eno meritev in naj ne bo povezan s telefonom."
        ),
    ),
    Trouble.NOT_USABLE: (
        "This meter does not give its readings to other programs. Import a file or type them.",
        "Ta merilnik meritev ne daje drugim programom. Uvozite datoteko ali jih vpišite.",
    ),
    Trouble.NEEDS_PAIRING: (
        "The meter and this computer are not paired (any more). Run: glucometer pair --again",
        "Merilnik in računalnik (več) nista seznanjena. Poženite: glucometer pair --again",
    ),
    Trouble.WRONG_NUMBER: (
        "The number was not the one the meter shows. Try again.",
        "Številka ni tista, ki jo kaže merilnik. Poskusite znova.",
    ),
    Trouble.PAIRING_FAILED: (
        "The meter refused to pair. Put it into pairing mode and try again.",
        "Merilnik je zavrnil seznanitev. Vklopite na njem seznanjanje in poskusite znova.",
    ),
    Trouble.PAIRING_CANCELED: ("Pairing was given up.", "Seznanjanje je prekinjeno."),
    Trouble.PAIRING_HANGS: (
        (
            "Pairing did not end in time. If this repeats, the kernel may lack drbg or"
            " jitterentropy_rng (see: sudo dmesg | grep ECDH)."
        ),
        (
            "Seznanjanje se ni končalo pravočasno. Če se ponavlja, jedru morda manjka drbg ali"
            " jitterentropy_rng (glejte: sudo dmesg | grep ECDH)."
        ),
    ),
    Trouble.LINK_LOST: (
        (
            "The link to the meter broke again and again. What came is kept; hold the meter near"
            " and run the command again."
        ),
        (
            "Zveza z merilnikom se je večkrat prekinila. Kar je prišlo, je shranjeno; približajte"
            " merilnik in ukaz ponovite."
        ),
    ),
    Trouble.SILENT: (
        (
            "The meter does not answer. What came is kept; switch the meter off and on, then try"
            " again."
        ),
        (
            "Merilnik ne odgovarja. Kar je prišlo, je shranjeno; izklopite in vklopite ga ter"
            " poskusite znova."
        ),
    ),
    Trouble.REFUSED: (
        "The meter does not give its records in any way this program knows.",
        "Merilnik zapisov ne da na noben način, ki ga program pozna.",
    ),
    Trouble.CLOCKS_DIFFER: (
        (
            "The clocks of the meter and of this computer differ by more than five minutes, and"
            " the server did not say which one is right. Nothing was read; try again when the"
            " server answers."
        ),
        (
            "Uri merilnika in tega računalnika se razlikujeta za več kot pet minut, strežnik pa ni"
            " povedal, katera je prava. Nič ni bilo prebrano; poskusite znova, ko bo strežnik"
            " odgovarjal."
        ),
    ),
    Trouble.RADIO: (
        "Bluetooth reported an error. Try again; --debug shows the details.",
        "Bluetooth je javil napako. Poskusite znova; --debug pokaže podrobnosti.",
    ),
}

STOPS: dict[Stop, Pair] = {
    Stop.NOT_SIGNED_IN: (
        (
            "The server does not accept this device token. Make a new one on the server's page"
            " for devices and set GLUCOMETER_TOKEN."
        ),
        (
            "Strežnik tega žetona ne sprejme. Na strani za naprave naredite novega in nastavite"
            " GLUCOMETER_TOKEN."
        ),
    ),
    Stop.NOT_ALLOWED: (
        "This device token is not for this patient. Check --patient and the token.",
        "Ta žeton ni za tega pacienta. Preverite --patient in žeton.",
    ),
    Stop.UNREACHABLE: (
        "The server cannot be reached. Nothing is lost; the readings wait here for next time.",
        "Strežnik ni dosegljiv. Nič ni izgubljeno; meritve tu počakajo na naslednjič.",
    ),
    Stop.WRONG_ADDRESS: (
        "What answers at this address is not the readings door. Check --server.",
        "Na tem naslovu ni vrat za meritve. Preverite --server.",
    ),
}

DOUBTS: dict[Doubt, Pair] = {
    Doubt.UNREADABLE: ("bytes could not be read", "bajti niso berljivi"),
    Doubt.IMPLAUSIBLE: ("no blood has this value", "take vrednosti kri nima"),
    Doubt.CONTRADICTION: ("both too high and too low", "hkrati previsoko in prenizko"),
    Doubt.METER_FAULT: ("the meter reported a fault", "merilnik je javil napako"),
    Doubt.CONTEXT_MISSING: ("may be a ketone, not glucose", "morda keton, ne glukoza"),
    Doubt.NO_SUCH_DATE: ("time uncertain: no such date", "čas negotov: takega datuma ni"),
    Doubt.CLOCK_GAP: (
        "time uncertain: left out when clocks go forward",
        "čas negotov: ura, ki jo premik naprej preskoči",
    ),
    Doubt.CLOCK_FOLD: (
        "time uncertain: comes twice when clocks go back",
        "čas negotov: ura, ki se ob premiku nazaj ponovi",
    ),
    Doubt.FUTURE: ("time uncertain: in the future", "čas negotov: v prihodnosti"),
    Doubt.CLOCK_OFF: ("time uncertain: meter clock wrong", "čas negotov: ura merilnika ni prava"),
    Doubt.TIME_FAULT: ("time uncertain: meter says so", "čas negotov: tako pravi merilnik"),
}

KINDS: dict[str, Pair] = {
    "glucose": ("glucose", "glukoza"),
    "high": ("HI, above meter range", "HI, nad območjem merilnika"),
    "low": ("LO, below meter range", "LO, pod območjem merilnika"),
    "control": ("control solution", "kontrolna raztopina"),
    "ketone": ("ketone", "keton"),
    "no_value": ("record without a value", "zapis brez vrednosti"),
    "implausible": ("implausible value", "neverjetna vrednost"),
    "unreadable": ("unreadable record", "neberljiv zapis"),
}

OBJECTIONS: dict[Objection, Pair] = {
    Objection.NO_SUCH_RECORD: (
        "No single record begins like this; see glucometer status:",
        "Noben zapis se ne začne enolično tako; glejte glucometer status:",
    ),
    Objection.NOT_OPEN: (
        "This record is not set aside: it was sent, waits, or was decided before:",
        "Ta zapis ni izločen: je poslan, čaka ali je o njem že odločeno:",
    ),
    Objection.NO_VALUE: (
        "There is no value in it that could be sent:",
        "V njem ni vrednosti, ki bi jo lahko poslali:",
    ),
    Objection.NEEDS_TIME: (
        "Its time names no moment. Say when it was measured with --at:",
        "Njegov čas ni noben trenutek. Povejte z --at, kdaj je bil izmerjen:",
    ),
    Objection.FUTURE_TIME: (
        "It would be in the future. Say when it was measured with --at:",
        "Bil bi v prihodnosti. Povejte z --at, kdaj je bil izmerjen:",
    ),
    Objection.ONE_TIME: (
        "--at is for one record at a time.",
        "--at velja za en zapis naenkrat.",
    ),
}

STATES: dict[str, Pair] = {
    "pending": ("waiting", "čakajo"),
    "sent": ("sent", "poslane"),
    "rejected": ("refused by the server", "zavrnil strežnik"),
    "quarantined": ("set aside", "izločene"),
    "kept": ("not glucose", "ni glukoza"),
    "discarded": ("discarded", "zavržene"),
}

FILE_TROUBLES: dict[FileTrouble, Pair] = {
    FileTrouble.UNKNOWN: (
        (
            "This file is of no format that is read. Known are LibreView, FreeStyle Libre,"
            " LibreLinkUp, Dexcom Clarity, Glooko, CareLink, mySugr, Glucosio, SiDiary, Tidepool,"
            " Nightscout, xDrip, our own exports, and any table with dates."
        ),
        (
            "Oblika datoteke ni znana. Znane so LibreView, FreeStyle Libre, LibreLinkUp, Dexcom"
            " Clarity, Glooko, CareLink, mySugr, Glucosio, SiDiary, Tidepool, Nightscout, xDrip,"
            " naš izvoz in vsaka razpredelnica z datumi."
        ),
    ),
    FileTrouble.CARELINK: (
        "This file of CareLink is in a language that is not read. Export it in English.",
        "Datoteka CareLink je v jeziku, ki ga ne beremo. Izvozite jo v angleščini.",
    ),
    FileTrouble.ARCHIVE: (
        "This is an archive. Take the CSV file out of it first.",
        "To je arhiv. Najprej iz njega vzemite datoteko CSV.",
    ),
    FileTrouble.PICTURE: (
        "This is a picture. Ask the program for a file with the readings (CSV).",
        "To je slika. V programu izvozite datoteko z meritvami (CSV).",
    ),
    FileTrouble.PDF: (
        "This is a PDF, made for printing. Ask the program for a file with the readings (CSV).",
        "To je PDF za tisk. V programu izvozite datoteko z meritvami (CSV).",
    ),
    FileTrouble.WORKBOOK: (
        "This is a workbook of a spreadsheet. Save its sheet as CSV.",
        "To je delovni zvezek. List shranite kot CSV.",
    ),
    FileTrouble.WEB_PAGE: (
        "This is a web page, not a file with readings. Use the export of that page.",
        "To je spletna stran, ne datoteka z meritvami. Uporabite njen izvoz.",
    ),
    FileTrouble.TOO_LONG: (
        "This table has too many rows or columns. Export a shorter time.",
        "Razpredelnica ima preveč vrstic ali stolpcev. Izvozite krajše obdobje.",
    ),
    FileTrouble.WRONG_COLUMNS: (
        "The columns you named hold no times or no values. Check their names.",
        "V stolpcih, ki ste jih navedli, ni časov ali vrednosti. Preverite njihova imena.",
    ),
    FileTrouble.LOOKS_LIKE_MMOL: (
        "The numbers look like mmol/L, but this format is in mg/dL. Nothing was read.",
        "Števila so videti kot mmol/L, ta oblika pa je v mg/dL. Nič ni bilo prebrano.",
    ),
    FileTrouble.UNANSWERED: (
        "Something has to be answered first.",
        "Najprej je treba odgovoriti na vprašanje.",
    ),
}

QUESTIONS: dict[Question, Pair] = {
    Question.DATE_ORDER: (
        "Which comes first in its dates, day or month? Answer with --date-order dmy or mdy.",
        "Kaj je v datumih prvo, dan ali mesec? Odgovorite z --date-order dmy ali mdy.",
    ),
    Question.UNIT: (
        'No heading names the unit. Answer with --unit "mmol/L" or "mg/dL".',
        'Enote ni v nobenem naslovu. Odgovorite z --unit "mmol/L" ali "mg/dL".',
    ),
    Question.COLUMNS: (
        (
            "The headings are in an unknown language, but stand where this format puts them. If the"
            " format named is right, add --columns-are-right."
        ),
        (
            "Naslovi so v neznanem jeziku, stojijo pa tam kot pri tej obliki. Če je navedena oblika"
            " prava, dodajte --columns-are-right."
        ),
    ),
    Question.TABLE: (
        (
            "This table is not known. Name its columns with --time-column, --value-column and"
            " --kind (and --clock-column, --unit-column)."
        ),
        (
            "Ta razpredelnica ni znana. Navedite njene stolpce z --time-column, --value-column in"
            " --kind (ter --clock-column, --unit-column)."
        ),
    ),
    Question.WORDS: (
        (
            "These stand in the place of values. Say what each means with --low, --high or"
            " --no-reading:"
        ),
        (
            "To stoji na mestu vrednosti. Za vsako povejte, kaj pomeni, z --low, --high ali"
            " --no-reading:"
        ),
    ),
}

REASONS: dict[Reason, Pair] = {
    Reason.NOT_GLUCOSE: ("not glucose", "ni glukoza"),
    Reason.KETONE: ("ketone", "keton"),
    Reason.PERSONAL: ("data of a person", "osebni podatki"),
    Reason.DEVICE: ("data of the device", "podatki naprave"),
    Reason.ALERT: ("alert setting", "nastavitev alarma"),
    Reason.NO_VALUE: ("without a value", "brez vrednosti"),
    Reason.BAD_VALUE: ("the value is not a number", "vrednost ni število"),
    Reason.IMPLAUSIBLE: ("no blood has this value", "take vrednosti kri nima"),
    Reason.UNKNOWN_UNIT: ("the unit is none of glucose", "enota ni enota glukoze"),
    Reason.ERROR_CODE: ("error code of the sensor", "koda napake senzorja"),
    Reason.BAD_TIME: ("no such date or time", "takega datuma ali ure ni"),
    Reason.FUTURE: ("a time that is still to come", "čas, ki še ni nastopil"),
    Reason.CLOCK_GAP: (
        "hour left out when clocks go forward",
        "ura, ki jo premik naprej preskoči",
    ),
    Reason.BAD_ROW: ("unreadable row", "neberljiva vrstica"),
    Reason.CUT_OFF: (
        "nothing readable from here to the end",
        "od tu do konca ni nič berljivo",
    ),
}

RECORD_KINDS: dict[RecordKind, Pair] = {
    RecordKind.CGM: ("sensor", "senzor"),
    RecordKind.SCAN: ("sensor, scanned", "senzor, odčitano"),
    RecordKind.METER: ("meter", "merilnik"),
    RecordKind.MANUAL: ("typed in", "vpisano"),
}


def language_of(wish: str | None) -> str:
    """Choose a language: as wished, else that of the environment, else English."""
    found = wish or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "sl" if found.lower().startswith("sl") else "en"


def pick(pair: Pair, lang: str) -> str:
    """Return the sentence in one of the languages."""
    return pair[LANGUAGES.index(lang)]


def say(name: str, lang: str, /, **values: object) -> str:
    """Return a sentence with its values in place."""
    return pick(SENTENCES[name], lang).format(**values)


def reasons(text: str, lang: str) -> str:
    """Put the reasons of a record into words; a server's own code stays as it is."""
    known = {doubt.value: pair for doubt, pair in DOUBTS.items()}
    parts = [pick(known[one], lang) if one in known else one for one in text.split(",") if one]
    return ", ".join(parts)
