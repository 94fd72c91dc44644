-- Batches: ids, clients, times, counts and status in clear; who asked, each row and each result sealed.
CREATE TABLE batches (
    id           text   PRIMARY KEY,
    client       text   NOT NULL,
    status       text   NOT NULL
                 CHECK (status IN ('receiving', 'queued', 'running', 'done', 'cancelled', 'failed', 'removing')),
    reason       text, -- why it failed: a problem's code
    rows         bigint NOT NULL DEFAULT 0,
    done         bigint NOT NULL DEFAULT 0,
    day          text, -- the calendar day (YYYY-MM-DD) whose quota its rows were taken from
    entered      bigint NOT NULL, -- microseconds since 1970, as all times here
    progressed   bigint NOT NULL, -- when a row was last done
    retry_at     bigint NOT NULL, -- not gone on with before
    ended        bigint,
    owner        text, -- the gateway that works on it,
    leased_until bigint NOT NULL, -- and until when; while it is received, when the draft lapses
    request      bytea  NOT NULL,
    CHECK (done <= rows),
    CHECK ((ended IS NULL) = (status IN ('receiving', 'queued', 'running', 'removing')))
);

CREATE INDEX batches_open ON batches (client, entered, id) WHERE status IN ('queued', 'running');

CREATE INDEX batches_ended ON batches (ended) WHERE ended IS NOT NULL;

CREATE INDEX batches_received ON batches (leased_until) WHERE status IN ('receiving', 'removing');

-- A row's result takes its content's place in one statement: a row is done once.
CREATE TABLE batch_rows (
    batch   text   NOT NULL,
    "row"   bigint NOT NULL CHECK ("row" > 0),
    content bytea,
    result  bytea,
    PRIMARY KEY (batch, "row"),
    CHECK ((content IS NULL) <> (result IS NULL))
);

CREATE INDEX batch_rows_open ON batch_rows (batch, "row") WHERE result IS NULL;

-- How many rows of a batch had which outcome.
CREATE TABLE batch_counts (
    batch   text   NOT NULL,
    outcome text   NOT NULL,
    count   bigint NOT NULL,
    PRIMARY KEY (batch, outcome)
);

-- Rows that each client handed in by calendar day in Viet Nam (YYYY-MM-DD); outlives the batches themselves.
CREATE TABLE batch_usage (
    client text   NOT NULL,
    day    text   NOT NULL,
    rows   bigint NOT NULL,
    PRIMARY KEY (day, client)
);
