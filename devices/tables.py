"""The tables of the local queue, and the steps from one version of them to the next.

Each step is a list of statements carried out in one transaction. A step that was released is
never changed: files written by older programs still go through it.
"""

FIRST = (
    """CREATE TABLE meter (
        id INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        address TEXT NOT NULL,
        epoch INTEGER NOT NULL DEFAULT 1,
        cursor INTEGER,
        count INTEGER,
        gained INTEGER NOT NULL DEFAULT 0,
        battery_percent INTEGER,
        drift_s INTEGER,
        read_at TEXT
    )""",
    """CREATE TABLE claim (
        id INTEGER PRIMARY KEY,
        meter_id INTEGER NOT NULL REFERENCES meter (id),
        patient TEXT NOT NULL,
        claimed_by TEXT NOT NULL,
        claimed_at TEXT NOT NULL,
        ended_at TEXT
    )""",
    "CREATE UNIQUE INDEX one_open_claim ON claim (meter_id) WHERE ended_at IS NULL",
    """CREATE TABLE record (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        meter_id INTEGER NOT NULL REFERENCES meter (id),
        claim_id INTEGER REFERENCES claim (id),
        epoch INTEGER NOT NULL,
        seq INTEGER,
        kind TEXT NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('pending', 'sent', 'rejected', 'quarantined', 'kept')),
        reason TEXT NOT NULL DEFAULT '',
        value TEXT,
        unit TEXT,
        measured_at TEXT,
        base TEXT NOT NULL,
        offset_min INTEGER NOT NULL,
        meal TEXT,
        raw BLOB NOT NULL,
        raw_context BLOB,
        zone TEXT NOT NULL,
        drift_s INTEGER,
        read_at TEXT NOT NULL,
        sent_at TEXT
    )""",
    "CREATE INDEX record_by_state ON record (state, claim_id, id)",
)

_CARRIED = """id, key, meter_id, claim_id, epoch, seq, kind, state, reason, value, unit,
    measured_at, base, offset_min, meal, raw, raw_context, zone, drift_s, read_at, sent_at"""

SECOND = (
    # Records a person decides about: one more state, and the time that person gave.
    """CREATE TABLE record_2 (
        id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        meter_id INTEGER NOT NULL REFERENCES meter (id),
        claim_id INTEGER REFERENCES claim (id),
        epoch INTEGER NOT NULL,
        seq INTEGER,
        kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (
            state IN ('pending', 'sent', 'rejected', 'quarantined', 'kept', 'discarded')
        ),
        reason TEXT NOT NULL DEFAULT '',
        value TEXT,
        unit TEXT,
        measured_at TEXT,
        corrected_at TEXT,
        base TEXT NOT NULL,
        offset_min INTEGER NOT NULL,
        meal TEXT,
        raw BLOB NOT NULL,
        raw_context BLOB,
        zone TEXT NOT NULL,
        drift_s INTEGER,
        read_at TEXT NOT NULL,
        sent_at TEXT
    )""",
    f"INSERT INTO record_2 ({_CARRIED}) SELECT {_CARRIED} FROM record",  # noqa: S608 - our names
    "DROP TABLE record",
    "ALTER TABLE record_2 RENAME TO record",
    "CREATE INDEX record_by_state ON record (state, claim_id, id)",
    # HI and LO are sent from now on, in the unit of their record (bit 2 of its flags).
    """UPDATE record SET state = 'pending', unit = CASE
           WHEN instr('4567CDEF', substr(hex(raw), 2, 1)) > 0 THEN 'mmol/L' ELSE 'mg/dL' END
       WHERE kind IN ('high', 'low') AND state = 'kept'""",
    """CREATE TABLE decision (
        id INTEGER PRIMARY KEY,
        record_id INTEGER NOT NULL REFERENCES record (id),
        deed TEXT NOT NULL CHECK (deed IN ('release', 'discard')),
        reason TEXT NOT NULL,
        decided_by TEXT NOT NULL,
        decided_at TEXT NOT NULL
    )""",
    """CREATE TABLE visit (
        id INTEGER PRIMARY KEY,
        token TEXT NOT NULL UNIQUE,
        patient TEXT NOT NULL,
        begun_by TEXT NOT NULL,
        begun_at TEXT NOT NULL,
        expires_at TEXT NOT NULL,
        after_record INTEGER NOT NULL,
        with_history INTEGER NOT NULL,
        ended_at TEXT,
        outcome TEXT CHECK (outcome IN ('confirmed', 'refused'))
    )""",
    """CREATE TABLE attempt (
        id INTEGER PRIMARY KEY,
        deed TEXT NOT NULL,
        at TEXT NOT NULL,
        trouble TEXT NOT NULL,
        detail TEXT NOT NULL
    )""",
    "ALTER TABLE meter ADD COLUMN firmware TEXT",
    "ALTER TABLE meter ADD COLUMN clock_set_at TEXT",
    "ALTER TABLE meter ADD COLUMN told_at TEXT",
)

STEPS = (FIRST, SECOND)
VERSION = len(STEPS)
