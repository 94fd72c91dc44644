-- A change may concern the registry, and then no client. SQLite takes a NOT NULL back only by making the table anew.
CREATE TABLE register_changes_of_all (
    transaction_id TEXT    PRIMARY KEY, -- the call's, and its audit row's
    number         INTEGER UNIQUE,      -- nothing while it is only intended; then its place in the order of all
    gateway        TEXT    NOT NULL,    -- the log of the gateway that made it
    client         TEXT,                -- nothing where it is the registry
    what           TEXT    NOT NULL,
    content        TEXT,                -- JSON, for what has a content
    operator       TEXT    NOT NULL,
    reason         TEXT,
    at             INTEGER NOT NULL     -- microseconds since 1970
) STRICT, WITHOUT ROWID;

INSERT INTO register_changes_of_all SELECT * FROM register_changes;
DROP TABLE register_changes;
ALTER TABLE register_changes_of_all RENAME TO register_changes;

CREATE INDEX register_changes_intended ON register_changes (gateway, at) WHERE number IS NULL;
