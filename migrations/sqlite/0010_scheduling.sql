-- Which accounts changed since the scheduler last looked, so that a look costs what changed and not
-- what there is. A change is anything that is remembered of an account or one of its workers,
-- whoever makes it: an attempt that ends, a command beside the service. The numbers only rise, in
-- the order of the commits.

CREATE TABLE account_changes (
    account_id INTEGER PRIMARY KEY,
    change     INTEGER NOT NULL UNIQUE
) STRICT;

INSERT INTO account_changes (account_id, change) SELECT account_id, account_id FROM accounts;

CREATE TRIGGER accounts_inserted AFTER INSERT ON accounts BEGIN
    INSERT INTO account_changes (account_id, change)
    VALUES (new.account_id, (SELECT coalesce(max(change), 0) + 1 FROM account_changes))
    ON CONFLICT (account_id) DO UPDATE SET change = excluded.change;
END;

CREATE TRIGGER accounts_updated AFTER UPDATE ON accounts BEGIN
    INSERT INTO account_changes (account_id, change)
    VALUES (new.account_id, (SELECT coalesce(max(change), 0) + 1 FROM account_changes))
    ON CONFLICT (account_id) DO UPDATE SET change = excluded.change;
END;

CREATE TRIGGER accounts_deleted AFTER DELETE ON accounts BEGIN
    INSERT INTO account_changes (account_id, change)
    VALUES (old.account_id, (SELECT coalesce(max(change), 0) + 1 FROM account_changes))
    ON CONFLICT (account_id) DO UPDATE SET change = excluded.change;
END;

CREATE TRIGGER sync_state_inserted AFTER INSERT ON sync_state BEGIN
    INSERT INTO account_changes (account_id, change)
    VALUES (new.account_id, (SELECT coalesce(max(change), 0) + 1 FROM account_changes))
    ON CONFLICT (account_id) DO UPDATE SET change = excluded.change;
END;

CREATE TRIGGER sync_state_updated AFTER UPDATE ON sync_state BEGIN
    INSERT INTO account_changes (account_id, change)
    VALUES (new.account_id, (SELECT coalesce(max(change), 0) + 1 FROM account_changes))
    ON CONFLICT (account_id) DO UPDATE SET change = excluded.change;
END;

CREATE TRIGGER sync_state_deleted AFTER DELETE ON sync_state BEGIN
    INSERT INTO account_changes (account_id, change)
    VALUES (old.account_id, (SELECT coalesce(max(change), 0) + 1 FROM account_changes))
    ON CONFLICT (account_id) DO UPDATE SET change = excluded.change;
END;

-- The ledger tells gaps, too: someone moved the cursor forward over a stretch that was not read.
-- Such a row has no attempt but who did it and why. And the ledger outlives the
-- attempts that filled it, as the history does: without the foreign key old attempts can go. Neither
-- can be changed in place, so the table is made anew, once.
CREATE TABLE sync_windows_anew (
    row_id       INTEGER PRIMARY KEY,
    account_id   INTEGER NOT NULL REFERENCES accounts (account_id),
    worker       TEXT NOT NULL,
    start_at     TEXT NOT NULL,
    end_at       TEXT NOT NULL,
    -- Null for a gap, which nothing read. No reference: attempts go, the ledger stays.
    attempt_id   INTEGER,
    records      INTEGER NOT NULL,
    committed_at TEXT NOT NULL,
    gap_by       TEXT,
    gap_reason   TEXT,
    UNIQUE (account_id, worker, end_at),
    CHECK (start_at <= end_at),
    CHECK ((attempt_id IS NULL) = (gap_by IS NOT NULL AND gap_reason IS NOT NULL)),
    CHECK (attempt_id IS NULL OR (gap_by IS NULL AND gap_reason IS NULL))
) STRICT;

INSERT INTO sync_windows_anew (row_id, account_id, worker, start_at, end_at, attempt_id, records,
    committed_at)
SELECT row_id, account_id, worker, start_at, end_at, attempt_id, records, committed_at
FROM sync_windows ORDER BY row_id;

DROP TABLE sync_windows;
ALTER TABLE sync_windows_anew RENAME TO sync_windows;

-- Each time that someone moved a cursor by hand, back or forward.
CREATE TABLE cursor_moves (
    move_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (account_id),
    worker     TEXT NOT NULL,
    -- Null if there was none.
    from_at    TEXT,
    to_at      TEXT NOT NULL,
    moved_at   TEXT NOT NULL,
    moved_by   TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;

CREATE INDEX cursor_moves_by_worker ON cursor_moves (account_id, worker, move_id);
