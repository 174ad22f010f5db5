-- Reports of token children beside those of runs. Such a child has no attempt and no worker: it has
-- no lease, and may live beside the child that syncs its account. It may be of no account, too (the web
-- app refreshes the tokens of all). What a column must not hold cannot be altered, so the table is made
-- anew. The number is never used twice, not even after its row is gone: directories are named by it.

CREATE TABLE crash_reports_anew (
    report_id   INTEGER PRIMARY KEY AUTOINCREMENT,
    crash_id    TEXT NOT NULL UNIQUE,
    -- Of a run: its attempt and worker.
    attempt_id  INTEGER REFERENCES attempts (attempt_id),
    worker      TEXT,
    -- Of a token child: what it was to get.
    exchange    TEXT CHECK (exchange IN ('refresh', 'code', 'web_app', 'web_app_refresh')),
    account_id  INTEGER REFERENCES accounts (account_id),
    at          TEXT NOT NULL,
    cause       TEXT NOT NULL,
    confidence  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    report      TEXT NOT NULL,
    CHECK ((attempt_id IS NULL) = (worker IS NULL)),
    CHECK ((attempt_id IS NULL) = (exchange IS NOT NULL)),
    CHECK (account_id IS NOT NULL OR exchange IS NOT NULL)
) STRICT;

INSERT INTO crash_reports_anew (crash_id, attempt_id, worker, account_id, at, cause, confidence,
    fingerprint, report)
SELECT crash_id, attempt_id, worker, account_id, at, cause, confidence, fingerprint, report
FROM crash_reports ORDER BY attempt_id, worker;

DROP TABLE crash_reports;
ALTER TABLE crash_reports_anew RENAME TO crash_reports;
CREATE INDEX crash_reports_by_fingerprint ON crash_reports (fingerprint);
CREATE INDEX crash_reports_by_attempt ON crash_reports (attempt_id);
