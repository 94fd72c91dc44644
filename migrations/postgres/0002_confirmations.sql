-- Confirmations: ids, keyed hashes and times in clear, what was confirmed sealed.
CREATE TABLE confirmations (
    id      text   PRIMARY KEY,
    client  text   NOT NULL,
    list    bigint NOT NULL CHECK (list > 0),
    place   bigint NOT NULL CHECK (place >= 0), -- drawn at random: not in the order of issue
    issued  bigint NOT NULL, -- microseconds since 1970, as all times here
    expires bigint NOT NULL,
    revoked bigint,
    reason  text,
    content bytea  NOT NULL,
    UNIQUE (list, place),
    CHECK ((revoked IS NULL) = (reason IS NULL))
);

CREATE INDEX confirmations_by_expiry ON confirmations (expires);

CREATE INDEX confirmations_revoked ON confirmations (list, place) WHERE revoked IS NOT NULL;

-- Everybody whom a confirmation is about.
CREATE TABLE confirmation_subjects (
    person       text NOT NULL,
    confirmation text NOT NULL REFERENCES confirmations (id) ON DELETE CASCADE,
    PRIMARY KEY (person, confirmation)
);

CREATE INDEX confirmation_subjects_by_confirmation ON confirmation_subjects (confirmation);

-- How many places were ever given out in each status list; a list that was left isn't filled up again.
CREATE TABLE status_lists (
    list  bigint PRIMARY KEY CHECK (list > 0),
    given bigint NOT NULL CHECK (given >= 0)
);

INSERT INTO status_lists (list, given) VALUES (1, 0);
