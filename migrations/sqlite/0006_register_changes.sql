-- What operators changed of the register of clients. Nothing of a person stands in it: clients are systems.
CREATE TABLE register_changes (
    transaction_id TEXT    PRIMARY KEY, -- the call's, and its audit row's
    number         INTEGER UNIQUE,      -- nothing while it is only intended; then its place in the order of all
    gateway        TEXT    NOT NULL,    -- the log of the gateway that made it
    client         TEXT    NOT NULL,
    what           TEXT    NOT NULL,
    content        TEXT,                -- JSON, for what has a content
    operator       TEXT    NOT NULL,
    reason         TEXT,
    at             INTEGER NOT NULL     -- microseconds since 1970
) STRICT, WITHOUT ROWID;

CREATE INDEX register_changes_intended ON register_changes (gateway, at) WHERE number IS NULL;
