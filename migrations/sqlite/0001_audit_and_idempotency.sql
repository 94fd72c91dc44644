-- The audit log. The body is the row's one truth, byte for byte what its leaf was computed over;
-- time and person repeat two of its members, so that later indexes need no JSON.
CREATE TABLE audit_rows (
    "index" INTEGER PRIMARY KEY CHECK ("index" >= 0),
    time    INTEGER NOT NULL, -- microseconds since 1970
    person  TEXT,
    leaf    BLOB    NOT NULL CHECK (length(leaf) = 32),
    body    TEXT    NOT NULL
) STRICT;

-- Signed checkpoints (C2SP tlog-checkpoint), in the same transaction as the rows that they cover.
CREATE TABLE audit_checkpoints (
    size INTEGER PRIMARY KEY CHECK (size >= 0),
    note TEXT    NOT NULL
) STRICT;

-- One row: whose log this is, and the Merkle tree's right edge at the newest checkpoint.
CREATE TABLE audit_log (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    log      TEXT    NOT NULL,
    size     INTEGER NOT NULL CHECK (size >= 0),
    frontier BLOB    NOT NULL
) STRICT;

-- What each client spent of its quotas by calendar day in Viet Nam (YYYY-MM-DD), added up with the rows.
CREATE TABLE audit_usage (
    client TEXT    NOT NULL,
    day    TEXT    NOT NULL,
    calls  INTEGER NOT NULL,
    PRIMARY KEY (day, client)
) STRICT, WITHOUT ROWID;

-- Repeated calls: keyed hashes and sealed answers, nothing in clear.
CREATE TABLE idempotency (
    scope   TEXT    PRIMARY KEY,
    body    TEXT    NOT NULL,
    run     BLOB    NOT NULL,
    expires INTEGER NOT NULL, -- microseconds since 1970: the run's deadline, then the answer's end
    answer  BLOB
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_expiry ON idempotency (expires);
