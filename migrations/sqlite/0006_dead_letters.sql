-- Items that are passed over because runs died of them: a debt that stays visible until a run has
-- read the item.
CREATE TABLE dead_letters (
    letter_id     INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id    INTEGER NOT NULL REFERENCES accounts (account_id),
    worker        TEXT NOT NULL,
    -- The item's natural key; empty if it is known by its place only.
    item_key      TEXT NOT NULL,
    -- The request that brought it, and its index in that body, from 0.
    request       TEXT NOT NULL,
    item          INTEGER NOT NULL,
    -- The stretch of time that it was last met in; null outside window mode.
    slice_start   TEXT,
    slice_end     TEXT,
    -- The report of the last death or failure at it, and the directory of the recording.
    crash_id      TEXT NOT NULL,
    status        TEXT NOT NULL CHECK (status IN ('open', 'retrying', 'resolved')),
    -- The run that reads it again has been given the stretch.
    reading       INTEGER NOT NULL DEFAULT 0 CHECK (reading IN (0, 1)),
    opened_at     TEXT NOT NULL,
    -- Runs that passed it over.
    skips         INTEGER NOT NULL DEFAULT 0,
    first_skip_at TEXT,
    last_skip_at  TEXT,
    resolved_at   TEXT,
    CHECK ((slice_start IS NULL) = (slice_end IS NULL)),
    CHECK ((status = 'resolved') = (resolved_at IS NOT NULL))
) STRICT;

CREATE INDEX dead_letters_unresolved ON dead_letters (account_id, worker)
    WHERE status <> 'resolved';

-- What the running service tells of itself, by name: JSON.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL,
    at    TEXT NOT NULL
) STRICT;
