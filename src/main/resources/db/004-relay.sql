-- Sessions that another node computes.

-- What was written down of it, and whether nothing more comes from there; empty where devices of this node compute the session.
ALTER TABLE session ADD COLUMN relay TEXT;
ALTER TABLE session ADD COLUMN relay_over BIGINT NOT NULL DEFAULT 0;
