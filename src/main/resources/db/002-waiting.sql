-- Who waits for a turn, who is shown as active after the end, and what a session's whole life came to.

-- Up to three sessions of one participant take one place. An order from before this script is a participant of its own.
ALTER TABLE session ADD COLUMN participant TEXT NOT NULL DEFAULT '';
UPDATE session SET participant = (SELECT order_key FROM lineage WHERE lineage.id = session.lineage);

-- On what terms it is served; the booleans are 0 and 1.
ALTER TABLE session ADD COLUMN tenant_max BIGINT NOT NULL DEFAULT 2147483647;
ALTER TABLE session ADD COLUMN waits BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN lingers BIGINT NOT NULL DEFAULT 0;

-- Its place among those that wait; 0 when it was admitted.
ALTER TABLE session ADD COLUMN place BIGINT NOT NULL DEFAULT 0;

ALTER TABLE session ADD COLUMN device_nanos BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN first_found_at BIGINT;
