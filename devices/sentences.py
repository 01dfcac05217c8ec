"""The sentences of the command, by name: English, Slovenian; values stand in braces."""

SENTENCES: dict[str, tuple[str, str]] = {
    "file_is": (
        "Format {format}, unit {unit}, times in {zone}.",
        "Oblika {format}, enota {unit}, časi v pasu {zone}.",
    ),
    "file_taken": ("Readings: {n}", "Meritve: {n}"),
    "file_skipped": (
        "Not taken, {reason}: {n} (from line {line})",
        "Ni vzeto, {reason}: {n} (od vrstice {line})",
    ),
    "file_limits": ("HI or LO among them: {n}", "Med njimi HI ali LO: {n}"),
    "file_folds": (
        "At an hour that came twice when clocks went back: {n}",
        "V uri, ki se ob premiku nazaj ponovi: {n}",
    ),
    "file_span": ("From {first} to {last}", "Od {first} do {last}"),
    "no_new": ("No new readings.", "Ni novih meritev."),
    "new": ("New readings: {n}", "Nove meritve: {n}"),
    "more": ("... and {n} more", "... in še {n}"),
    "newest_only": (
        "This meter gave only its newest record.",
        "Merilnik je dal samo najnovejši zapis.",
    ),
    "delivered": (
        "Sent: {accepted} new, {duplicate} known already, {rejected} refused.",
        "Poslano: {accepted} novih, {duplicate} že znanih, {rejected} zavrnjenih.",
    ),
    "waiting": ("Waiting to be sent: {n}", "Čakajo na pošiljanje: {n}"),
    "aside": (
        "Set aside, see glucometer status: {n}",
        "Izločeno, glejte glucometer status: {n}",
    ),
    "no_server": (
        "No server set; the readings are kept here. Set GLUCOMETER_SERVER and GLUCOMETER_TOKEN.",
        (
            "Strežnik ni nastavljen; meritve ostanejo tu. Nastavite GLUCOMETER_SERVER in"
            " GLUCOMETER_TOKEN."
        ),
    ),
    "unclaimed": (
        (
            "Nobody has claimed this meter; its readings stay here. Run:"
            " glucometer claim --patient ID --with-history"
        ),
        (
            "Merilnik ni dodeljen nikomur; meritve ostanejo tu. Poženite:"
            " glucometer claim --patient ID --with-history"
        ),
    ),
    "other_patient": (
        "This meter is claimed for another patient; nothing was sent.",
        "Merilnik je dodeljen drugemu pacientu; nič ni poslano.",
    ),
    "drift_ahead": (
        (
            "The meter's clock is {off} ahead. Set it on the meter or with glucometer"
            " sync --set-clock; readings read with a wrong clock are set aside."
        ),
        (
            "Ura merilnika prehiteva za {off}. Nastavite jo na merilniku ali z ukazom"
            " glucometer sync --set-clock; meritve, prebrane z napačno uro, so izločene."
        ),
    ),
    "drift_behind": (
        (
            "The meter's clock is {off} behind. Set it on the meter or with glucometer"
            " sync --set-clock; readings read with a wrong clock are set aside."
        ),
        (
            "Ura merilnika zaostaja za {off}. Nastavite jo na merilniku ali z ukazom"
            " glucometer sync --set-clock; meritve, prebrane z napačno uro, so izločene."
        ),
    ),
    "clock_not_set": (
        (
            "The meter's clock was not set: the server did not confirm that the clock of this"
            " computer is right. Set the clock on the meter."
        ),
        (
            "Ura merilnika ni nastavljena: strežnik ni potrdil, da je ura tega računalnika prava."
            " Nastavite uro na merilniku."
        ),
    ),
    "paired": ("Paired with {name}.", "Seznanjeno: {name}."),
    "ask_number": (
        "Six digits the meter shows (empty to give up)",
        "Šest števk, ki jih kaže merilnik (prazno za prekinitev)",
    ),
    "ask_confirm": (
        "Does the meter show {number}, and may it pair?",
        "Ali merilnik kaže {number} in ga smem seznaniti?",
    ),
    "claimed": (
        "{name} is claimed for patient {patient}.",
        "{name} je dodeljen pacientu {patient}.",
    ),
    "history_taken": ("Earlier readings taken along: {n}", "Vzete prejšnje meritve: {n}"),
    "history_left": (
        "Read before the claim and not taken: {n} (take them with --with-history)",
        "Prebrane pred dodelitvijo in ne vzete: {n} (vzame jih --with-history)",
    ),
    "claim_ended": ("The claim has ended.", "Dodelitev je končana."),
    "no_claim": ("There was no claim to end.", "Ni bilo dodelitve."),
    "no_meter": (
        "No such meter here. Read or pair it first.",
        "Tega merilnika tu ni. Najprej ga preberite ali seznanite.",
    ),
    "which_meter": ("Which one? {names}", "Kateri? {names}"),
    "nothing_heard": ("No meter in reach.", "V dosegu ni merilnika."),
    "no_meters": ("No meter has been read yet.", "Noben merilnik še ni bil prebran."),
    "watching": ("Watching for meters; Ctrl-C ends it.", "Čakam na merilnike; konec s Ctrl-C."),
    "unexpected": (
        "Something went wrong that this program did not expect. --debug shows the details.",
        "Zgodilo se je nekaj, česar program ni pričakoval. --debug pokaže podrobnosti.",
    ),
    "queue": (
        "The local queue cannot be used: {detail}",
        "Lokalne vrste ni mogoče uporabiti: {detail}",
    ),
    "queue_damaged": (
        (
            "The local queue is damaged, as after a power cut: {detail}. Move this file away, then"
            " read the meter again (sync) and claim it (claim --with-history). The server knows"
            " what it has, so nothing is counted twice; records that waited here are read anew"
            " while the meter still holds them."
        ),
        (
            "Lokalna vrsta je poškodovana, kot po izpadu elektrike: {detail}. Premaknite to"
            " datoteko drugam, nato znova preberite merilnik (sync) in ga dodelite (claim"
            " --with-history). Strežnik ve, kaj že ima, zato nič ni šteto dvakrat; zapisi, ki so tu"
            " čakali, se preberejo znova, dokler jih merilnik še hrani."
        ),
    ),
    "linux_only": (
        "Here the operating system pairs: open its Bluetooth settings.",
        "Tu seznani operacijski sistem: odprite njegove nastavitve Bluetooth.",
    ),
    "released": (
        "Released, goes with the next sending: {n}",
        "Sproščeno, gre z naslednjim pošiljanjem: {n}",
    ),
    "discarded": (
        "Discarded, stays here and is never sent: {n}",
        "Zavrženo, ostane tu in ne bo nikoli poslano: {n}",
    ),
    "clock_set": ("The clock of {name} was set.", "Ura merilnika {name} je nastavljena."),
    "clock_right": (
        "The clock of {name} is right; nothing was set.",
        "Ura merilnika {name} je prava; nič ni nastavljeno.",
    ),
    "clock_not_offered": (
        "{name} lets nobody set its clock by Bluetooth. Set it on the meter.",
        "{name} ne pusti nastaviti ure prek Bluetootha. Nastavite jo na merilniku.",
    ),
    "clock_refused": (
        "{name} did not take the new time. Set its clock on the meter.",
        "{name} ni sprejel novega časa. Nastavite uro na merilniku.",
    ),
    "visit_begun": (
        "Visit of patient {patient}, until {until}. Switch the meter to sending, then run:",
        "Obisk pacienta {patient}, do {until}. Na merilniku vklopite pošiljanje, nato poženite:",
    ),
    "visit_shows": (
        "Patient {patient}. Records read now: {n}. The last values on this meter:",
        "Pacient {patient}. Zdaj prebrani zapisi: {n}. Zadnje vrednosti na merilniku:",
    ),
    "visit_left": (
        "Read earlier for nobody and not part of this: {n}",
        "Prebrano prej za nikogar in tu ni zraven: {n}",
    ),
    "visit_question": (
        "Are these the readings of patient {patient}?",
        "Ali so to meritve pacienta {patient}?",
    ),
    "visit_unread": (
        "The visit of patient {patient} is open; nothing was sent.",
        "Obisk pacienta {patient} je odprt; nič ni poslano.",
    ),
    "visit_empty": (
        "Nothing new for patient {patient}; nothing was sent.",
        "Za pacienta {patient} ni nič novega; nič ni poslano.",
    ),
    "visit_waiting": (
        "Nobody has confirmed these readings; nothing was sent.",
        "Teh meritev ni potrdil nihče; nič ni poslano.",
    ),
    "visit_confirmed": (
        "Confirmed for patient {patient}: {n}. The visit has ended.",
        "Potrjeno za pacienta {patient}: {n}. Obisk je končan.",
    ),
    "visit_refused": (
        "Nothing was sent; the records stay here and belong to nobody. The visit has ended.",
        "Nič ni poslano; zapisi ostanejo tu in niso od nikogar. Obisk je končan.",
    ),
    "no_visit": (
        "There is no such visit. Begin one: glucometer claim --visit --patient ID",
        "Takega obiska ni. Začnite ga: glucometer claim --visit --patient ID",
    ),
    "visit_over": (
        "This visit has ended. Begin another: glucometer claim --visit --patient ID",
        "Ta obisk je končan. Začnite novega: glucometer claim --visit --patient ID",
    ),
    "visit_other": (
        "These are not the records that were shown; nothing was sent. Read the meter again.",
        "To niso zapisi, ki so bili pokazani; nič ni poslano. Preberite merilnik znova.",
    ),
    "last_pair": ("The last pairing, {at}:", "Zadnje seznanjanje, {at}:"),
    "last_sync": ("The last reading, {at}:", "Zadnje branje, {at}:"),
    "hub_clock_right": ("The clock of this computer: OK", "Ura tega računalnika: v redu"),
    "hub_clock": (
        (
            "The clock of this computer is {off} off. While the server answers, the time of"
            " the server is used. Run: sudo timedatectl set-ntp true"
        ),
        (
            "Ura tega računalnika je napačna za {off}. Dokler strežnik odgovarja, velja čas"
            " strežnika. Poženite: sudo timedatectl set-ntp true"
        ),
    ),
}
