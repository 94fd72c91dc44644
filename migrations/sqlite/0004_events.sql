-- One row: the number of the last change of the population register that was applied.
CREATE TABLE registry_events (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    sequence INTEGER NOT NULL CHECK (sequence >= 0)
) STRICT;
