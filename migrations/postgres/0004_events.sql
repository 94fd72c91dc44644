-- One row: the number of the last change of the population register that was applied.
CREATE TABLE registry_events (
    "only"   integer PRIMARY KEY CHECK ("only" = 1),
    sequence bigint  NOT NULL CHECK (sequence >= 0)
);
