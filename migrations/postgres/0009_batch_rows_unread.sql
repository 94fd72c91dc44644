-- Which rows were asked about in vain because their answer could not be read.
ALTER TABLE batch_rows ADD COLUMN unread boolean NOT NULL DEFAULT false;
