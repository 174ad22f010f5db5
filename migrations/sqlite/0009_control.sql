-- What people asked of a supervisor, and what came of it. A command is stored before it is answered,
-- so that one that a killed service left undone is taken up by the next.

CREATE TABLE commands (
    command_id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- As it was asked: JSON.
    command    TEXT NOT NULL,
    -- The number of the user who asked.
    asked_by   INTEGER NOT NULL,
    asked_at   TEXT NOT NULL,
    ended_at   TEXT,
    outcome    TEXT CHECK (outcome IN ('done', 'nothing', 'failed')),
    -- What came of it, as a sentence.
    said       TEXT,
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;

CREATE INDEX commands_open ON commands (command_id) WHERE ended_at IS NULL;

-- The ledger outlives the attempts that filled it, as the history does: without the foreign key old
-- attempts can go. A constraint cannot be dropped, so the table is made anew.

CREATE TABLE sync_windows_anew (
    row_id       INTEGER PRIMARY KEY,
    account_id   INTEGER NOT NULL REFERENCES accounts (account_id),
    worker       TEXT NOT NULL,
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    attempt_id   INTEGER NOT NULL,
    records      INTEGER NOT NULL,
    committed_at TEXT NOT NULL,
    UNIQUE (account_id, worker, end_at),
    CHECK (start_at <= end_at)
) STRICT;

INSERT INTO sync_windows_anew (row_id, account_id, worker, start_at, end_at, attempt_id, records,
    committed_at)
SELECT row_id, account_id, worker, start_at, end_at, attempt_id, records, committed_at
FROM sync_windows ORDER BY row_id;

DROP TABLE sync_windows;
ALTER TABLE sync_windows_anew RENAME TO sync_windows;

-- Whether an attempt still has a report is asked for every attempt that goes.
CREATE INDEX crash_reports_by_attempt ON crash_reports (attempt_id);
