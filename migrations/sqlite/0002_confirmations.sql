-- Confirmations: ids, keyed hashes and times in clear, what was confirmed sealed.
CREATE TABLE confirmations (
    id      TEXT    PRIMARY KEY,
    client  TEXT    NOT NULL,
    list    INTEGER NOT NULL CHECK (list > 0),
    place   INTEGER NOT NULL CHECK (place >= 0), -- drawn at random: not in the order of issue
    issued  INTEGER NOT NULL, -- microseconds since 1970, as all times here
    expires INTEGER NOT NULL,
    revoked INTEGER,
    reason  TEXT,
    content BLOB    NOT NULL,
    UNIQUE (list, place),
    CHECK ((revoked IS NULL) = (reason IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX confirmations_by_expiry ON confirmations (expires);

CREATE INDEX confirmations_revoked ON confirmations (list, place) WHERE revoked IS NOT NULL;

-- Everybody whom a confirmation is about.
CREATE TABLE confirmation_subjects (
    person       TEXT NOT NULL,
    confirmation TEXT NOT NULL REFERENCES confirmations (id) ON DELETE CASCADE,
    PRIMARY KEY (person, confirmation)
) STRICT, WITHOUT ROWID;

CREATE INDEX confirmation_subjects_by_confirmation ON confirmation_subjects (confirmation);

-- How many places were ever given out in each status list; a list that was left isn't filled up again.
CREATE TABLE status_lists (
    list  INTEGER PRIMARY KEY CHECK (list > 0),
    given INTEGER NOT NULL CHECK (given >= 0)
) STRICT;

INSERT INTO status_lists (list, given) VALUES (1, 0);
