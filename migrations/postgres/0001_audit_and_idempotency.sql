-- The audit logs, one a gateway. The body is the row's one truth, byte for byte what its leaf was computed over;
-- time and person repeat two of its members, so that later indexes need no JSON.
CREATE TABLE audit_rows (
    log     text   NOT NULL,
    "index" bigint NOT NULL CHECK ("index" >= 0),
    time    bigint NOT NULL, -- microseconds since 1970, as all times here
    person  text,
    leaf    bytea  NOT NULL CHECK (octet_length(leaf) = 32),
    body    text   NOT NULL,
    PRIMARY KEY (log, "index")
);

-- Signed checkpoints (C2SP tlog-checkpoint), in the same transaction as the rows that they cover.
CREATE TABLE audit_checkpoints (
    log  text   NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    note text   NOT NULL,
    PRIMARY KEY (log, size)
);

-- Each log with the Merkle tree's right edge at its newest checkpoint.
CREATE TABLE audit_logs (
    log      text   PRIMARY KEY,
    size     bigint NOT NULL CHECK (size >= 0),
    frontier bytea  NOT NULL
);

-- What each client spent of its quotas by calendar day in Viet Nam (YYYY-MM-DD), added up with the rows. One sum a log,
-- so that gateways don't wait for each other's commits; a client's usage is the sum of them.
CREATE TABLE audit_usage (
    log    text   NOT NULL,
    day    text   NOT NULL,
    client text   NOT NULL,
    calls  bigint NOT NULL,
    PRIMARY KEY (day, client, log)
);

-- Repeated calls: keyed hashes and sealed answers, nothing in clear.
CREATE TABLE idempotency (
    scope   text   PRIMARY KEY,
    body    text   NOT NULL,
    run     bytea  NOT NULL,
    expires bigint NOT NULL, -- the run's deadline, then the answer's end
    answer  bytea
);

CREATE INDEX idempotency_by_expiry ON idempotency (expires);
