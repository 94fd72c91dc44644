-- Which batches wait for the registry, and which rows were asked about in vain.
ALTER TABLE batches ADD COLUMN missed bigint; -- when it last found the registry away; nothing where it doesn't wait for it

ALTER TABLE batch_rows ADD COLUMN tried bigint; -- when it was last asked about in vain; such rows come after the others

DROP INDEX batch_rows_open;

CREATE INDEX batch_rows_open ON batch_rows (batch, tried NULLS FIRST, "row") WHERE result IS NULL;
