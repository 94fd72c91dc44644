-- Batches: ids, clients, times, counts and status in clear; who asked, each row and each result sealed.
CREATE TABLE batches (
    id           TEXT    PRIMARY KEY,
    client       TEXT    NOT NULL,
    status       TEXT    NOT NULL
                 CHECK (status IN ('receiving', 'queued', 'running', 'done', 'cancelled', 'failed', 'removing')),
    reason       TEXT, -- why it failed: a problem's code
    rows         INTEGER NOT NULL DEFAULT 0,
    done         INTEGER NOT NULL DEFAULT 0,
    day          TEXT, -- the calendar day (YYYY-MM-DD) whose quota its rows were taken from
    entered      INTEGER NOT NULL, -- microseconds since 1970, as all times here
    progressed   INTEGER NOT NULL, -- when a row was last done
    retry_at     INTEGER NOT NULL, -- not gone on with before
    ended        INTEGER,
    owner        TEXT, -- the gateway that works on it,
    leased_until INTEGER NOT NULL, -- and until when; while it is received, when the draft lapses
    request      BLOB    NOT NULL,
    CHECK (done <= rows),
    CHECK ((ended IS NULL) = (status IN ('receiving', 'queued', 'running', 'removing')))
) STRICT, WITHOUT ROWID;

CREATE INDEX batches_open ON batches (client, entered, id) WHERE status IN ('queued', 'running');

CREATE INDEX batches_ended ON batches (ended) WHERE ended IS NOT NULL;

CREATE INDEX batches_received ON batches (leased_until) WHERE status IN ('receiving', 'removing');

-- A row's result takes its content's place in one statement: a row is done once.
CREATE TABLE batch_rows (
    batch   TEXT    NOT NULL,
    row     INTEGER NOT NULL CHECK (row > 0),
    content BLOB,
    result  BLOB,
    PRIMARY KEY (batch, row),
    CHECK ((content IS NULL) <> (result IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX batch_rows_open ON batch_rows (batch, row) WHERE result IS NULL;

-- How many rows of a batch had which outcome.
CREATE TABLE batch_counts (
    batch   TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (batch, outcome)
) STRICT, WITHOUT ROWID;

-- Rows that each client handed in by calendar day in Viet Nam (YYYY-MM-DD); outlives the batches themselves.
CREATE TABLE batch_usage (
    client TEXT    NOT NULL,
    day    TEXT    NOT NULL,
    rows   INTEGER NOT NULL,
    PRIMARY KEY (day, client)
) STRICT, WITHOUT ROWID;
