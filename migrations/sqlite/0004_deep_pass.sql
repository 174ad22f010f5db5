-- The last time that a worker read older items once more: what is left of it, `[deep_from, deep_until)`,
-- nothing if the two are equal. Null until the first backfill is done, which is the first deep pass.

ALTER TABLE sync_state ADD COLUMN deep_from TEXT;
ALTER TABLE sync_state ADD COLUMN deep_until TEXT
    CHECK ((deep_from IS NULL) = (deep_until IS NULL) AND (deep_from IS NULL OR deep_from <= deep_until));
