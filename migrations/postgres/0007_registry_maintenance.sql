-- A change may concern the registry, and then no client.
ALTER TABLE register_changes ALTER COLUMN client DROP NOT NULL;
