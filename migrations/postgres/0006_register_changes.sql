-- What operators changed of the register of clients. Nothing of a person stands in it: clients are systems.
CREATE TABLE register_changes (
    transaction_id text   PRIMARY KEY, -- the call's, and its audit row's
    number         bigint UNIQUE,      -- nothing while it is only intended; then its place in the order of all
    gateway        text   NOT NULL,    -- the log of the gateway that made it
    client         text   NOT NULL,
    what           text   NOT NULL,
    content        text,               -- JSON, for what has a content
    operator       text   NOT NULL,
    reason         text,
    at             bigint NOT NULL     -- microseconds since 1970
);

CREATE INDEX register_changes_intended ON register_changes (gateway, at) WHERE number IS NULL;
