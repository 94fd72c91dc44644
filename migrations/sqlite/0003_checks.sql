-- Checks: ids, clients and times in clear; the answer, and while a check waits for the registry its request, sealed.
CREATE TABLE checks (
    id       TEXT    PRIMARY KEY,
    client   TEXT    NOT NULL,
    entered  INTEGER NOT NULL, -- microseconds since 1970, as all times here
    retry_at INTEGER, -- while it waits: the next try,
    due      INTEGER, -- its legal deadline,
    request  BLOB,    -- and what was asked
    answer   BLOB    NOT NULL,
    CHECK ((retry_at IS NULL) = (request IS NULL) AND (due IS NULL) = (request IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX checks_waiting ON checks (retry_at, id) WHERE retry_at IS NOT NULL;

CREATE INDEX checks_due ON checks (due, id) WHERE due IS NOT NULL;

CREATE INDEX checks_by_entry ON checks (entered);
