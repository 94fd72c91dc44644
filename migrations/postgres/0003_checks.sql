-- Checks: ids, clients and times in clear; the answer, and while a check waits for the registry its request, sealed.
CREATE TABLE checks (
    id       text   PRIMARY KEY,
    client   text   NOT NULL,
    entered  bigint NOT NULL, -- microseconds since 1970, as all times here
    retry_at bigint, -- while it waits: the next try, or until when a gateway has it in hand,
    due      bigint, -- its legal deadline,
    request  bytea,  -- and what was asked
    answer   bytea  NOT NULL,
    CHECK ((retry_at IS NULL) = (request IS NULL) AND (due IS NULL) = (request IS NULL))
);

CREATE INDEX checks_waiting ON checks (retry_at, id) WHERE retry_at IS NOT NULL;

CREATE INDEX checks_due ON checks (due, id) WHERE due IS NOT NULL;

CREATE INDEX checks_by_entry ON checks (entered);
