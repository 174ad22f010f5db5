-- What the supervisor itself remembers. Every time is RFC 3339 text in UTC with milliseconds.
-- AUTOINCREMENT where a number must never be used twice, not even after its row is gone.

CREATE TABLE accounts (
    account_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT NOT NULL UNIQUE,
    environment TEXT NOT NULL,
    marketplace TEXT NOT NULL,
    token_file  TEXT NOT NULL,
    enabled     INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    created_at  TEXT NOT NULL,
    -- Why the token cannot be used, and the fingerprint of the file content that was refused.
    token_state TEXT,
    token_mark  TEXT
) STRICT;

CREATE TABLE sync_state (
    account_id      INTEGER NOT NULL REFERENCES accounts (account_id),
    worker          TEXT NOT NULL,
    enabled         INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    -- Where the ledger begins; null until the first checkpoint.
    since           TEXT,
    cursor          TEXT,
    mode_state      TEXT,
    -- The time of a snapshot that would have ended too much; a newer one may.
    suspect_at      TEXT,
    policy          TEXT NOT NULL,
    due_at          TEXT NOT NULL,
    last_success_at TEXT,
    last_outcome    TEXT,
    last_detail     TEXT,
    last_outcome_at TEXT,
    last_started_at TEXT,
    starts          INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, worker)
) STRICT;

CREATE TABLE attempts (
    attempt_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    INTEGER NOT NULL REFERENCES accounts (account_id),
    fence         INTEGER NOT NULL,
    host          TEXT NOT NULL,
    build         TEXT NOT NULL,
    slot          TEXT NOT NULL CHECK (slot IN ('normal', 'big')),
    memory_limit  INTEGER NOT NULL,
    pid           INTEGER,
    -- Start time of the process in clock ticks since boot, as /proc tells it: with the pid it
    -- names one process and no later one.
    pid_started   INTEGER,
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    cause         TEXT,
    confidence    TEXT,
    evidence      TEXT,
    -- Stored before the signal is sent.
    kill_reason   TEXT,
    peak_resident INTEGER,
    peak_heap     INTEGER
) STRICT;

CREATE INDEX attempts_open ON attempts (account_id) WHERE ended_at IS NULL;

CREATE TABLE runs (
    attempt_id    INTEGER NOT NULL REFERENCES attempts (attempt_id),
    run_no        INTEGER NOT NULL,
    account_id    INTEGER NOT NULL REFERENCES accounts (account_id),
    worker        TEXT NOT NULL,
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    outcome       TEXT,
    detail        TEXT,
    failure       TEXT,
    decision      TEXT,
    batches       INTEGER NOT NULL DEFAULT 0,
    records       INTEGER NOT NULL DEFAULT 0,
    created       INTEGER NOT NULL DEFAULT 0,
    updated       INTEGER NOT NULL DEFAULT 0,
    unchanged     INTEGER NOT NULL DEFAULT 0,
    stale         INTEGER NOT NULL DEFAULT 0,
    ended         INTEGER NOT NULL DEFAULT 0,
    slices        INTEGER NOT NULL DEFAULT 0,
    cursor_before TEXT,
    cursor_after  TEXT,
    PRIMARY KEY (attempt_id, run_no)
) STRICT;

CREATE TABLE crash_reports (
    crash_id    TEXT PRIMARY KEY,
    attempt_id  INTEGER NOT NULL REFERENCES attempts (attempt_id),
    account_id  INTEGER NOT NULL REFERENCES accounts (account_id),
    worker      TEXT NOT NULL,
    at          TEXT NOT NULL,
    cause       TEXT NOT NULL,
    confidence  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    report      TEXT NOT NULL
) STRICT;

CREATE INDEX crash_reports_by_fingerprint ON crash_reports (fingerprint);

-- One row per account, for ever: the fence only rises.
CREATE TABLE leases (
    account_id INTEGER PRIMARY KEY REFERENCES accounts (account_id),
    fence      INTEGER NOT NULL,
    holder     TEXT NOT NULL,
    -- By the database's clock.
    expires_at TEXT NOT NULL
) STRICT;

-- The ledger: which stretches of time are covered. The end is unique and not the start, because
-- a first snapshot covers the empty stretch that the second one begins with.
CREATE TABLE sync_windows (
    row_id       INTEGER PRIMARY KEY,
    account_id   INTEGER NOT NULL REFERENCES accounts (account_id),
    worker       TEXT NOT NULL,
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    attempt_id   INTEGER NOT NULL REFERENCES attempts (attempt_id),
    records      INTEGER NOT NULL,
    committed_at TEXT NOT NULL,
    UNIQUE (account_id, worker, end_at),
    CHECK (start_at <= end_at)
) STRICT;

-- The history. No foreign keys: it outlives attempts, and each would cost a look-up per event.
CREATE TABLE ebay_events (
    event_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL,
    entity      TEXT NOT NULL,
    entity_key  TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'ended')),
    -- {"column": [old, new], …}
    changes     TEXT,
    payload     TEXT,
    ebay_time   TEXT,
    recorded_at TEXT NOT NULL,
    attempt_id  INTEGER NOT NULL,
    run_no      INTEGER NOT NULL
) STRICT;

CREATE INDEX ebay_events_by_key ON ebay_events (account_id, entity, entity_key, event_id);
