-- Where access tokens come from, and what is needed to get them.

-- `token_file` is empty unless the source is 'file'.
ALTER TABLE accounts ADD COLUMN token_source TEXT NOT NULL DEFAULT 'file'
    CHECK (token_source IN ('file', 'oauth', 'web-app'));
-- How the web app names the account.
ALTER TABLE accounts ADD COLUMN ebay_account TEXT;
-- What is wrong with the token, when it is tried again by itself, and how often that failed in a row.
ALTER TABLE accounts ADD COLUMN token_detail TEXT;
ALTER TABLE accounts ADD COLUMN token_retry_at TEXT;
ALTER TABLE accounts ADD COLUMN token_failures INTEGER NOT NULL DEFAULT 0 CHECK (token_failures >= 0);

-- Secrets at rest, each encrypted for its owner. A number is never used twice: another number is
-- another value.
CREATE TABLE secrets (
    secret_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL CHECK (kind IN ('refresh_token', 'application')),
    -- The account's number, or the environment's name.
    owner     TEXT NOT NULL,
    -- Which key it is encrypted with.
    key_id    TEXT NOT NULL,
    sealed    BLOB NOT NULL,
    stored_at TEXT NOT NULL,
    UNIQUE (kind, owner)
) STRICT;
