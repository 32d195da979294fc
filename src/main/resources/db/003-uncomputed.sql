-- Nonces that came to nothing on a device.

-- Those that another device is to try, and which one tried them; their indices are free (gap).
CREATE TABLE tried (
    lineage     BIGINT NOT NULL,
    nonce_index BIGINT NOT NULL,
    device      TEXT NOT NULL,
    PRIMARY KEY (lineage, nonce_index)
);

-- How many of a session cannot be computed, as they came to nothing on two devices.
ALTER TABLE session ADD COLUMN uncomputable BIGINT NOT NULL DEFAULT 0;

-- The nonces of a result that came to nothing on its device: numbers with commas between them.
ALTER TABLE held ADD COLUMN uncomputed TEXT NOT NULL DEFAULT '';
