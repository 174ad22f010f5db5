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

-- Whether an attempt still has a report is asked for every attempt that goes.
CREATE INDEX crash_reports_by_attempt ON crash_reports (attempt_id);
