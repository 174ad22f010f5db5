-- A fourth kind of event: `reshaped`, the same item told otherwise (in another shape or by another
-- API). A check cannot be altered, so the table is made anew; its numbers go on where they were.

CREATE TABLE ebay_events_anew (
    event_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL,
    entity      TEXT NOT NULL,
    entity_key  TEXT NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('created', 'updated', 'reshaped', 'ended')),
    -- {"column": [old, new], …}
    changes     TEXT,
    payload     TEXT,
    ebay_time   TEXT,
    recorded_at TEXT NOT NULL,
    attempt_id  INTEGER NOT NULL,
    run_no      INTEGER NOT NULL
) STRICT;

INSERT INTO ebay_events_anew (event_id, account_id, entity, entity_key, kind, changes, payload,
    ebay_time, recorded_at, attempt_id, run_no)
SELECT event_id, account_id, entity, entity_key, kind, changes, payload,
    ebay_time, recorded_at, attempt_id, run_no
FROM ebay_events ORDER BY event_id;

-- Where the numbers stand is a row of its own, which is not there while there are no events, and
-- which is higher than the last event if that was removed.
DELETE FROM sqlite_sequence WHERE name = 'ebay_events_anew';
INSERT INTO sqlite_sequence (name, seq)
SELECT 'ebay_events_anew', seq FROM sqlite_sequence WHERE name = 'ebay_events';

DROP TABLE ebay_events;
ALTER TABLE ebay_events_anew RENAME TO ebay_events;
CREATE INDEX ebay_events_by_key ON ebay_events (account_id, entity, entity_key, event_id);

-- Until now only the report told of listings. It has no title, listing type, condition, start, end
-- and URL (columns 0 and 4 to 8): what a hash leaves out stands behind it from now on.
UPDATE ebay_active_inventory
SET source = 'report', content_hash = unhex(hex(content_hash) || 'F101000000000000')
WHERE source IS NULL AND length(content_hash) = 32;
