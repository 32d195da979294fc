-- Sessions, their orders, what was found, what was handed out. Times are microseconds since 1970, UTC.

-- One row: what this store is and how often it was opened.
CREATE TABLE head (
    incarnation BIGINT NOT NULL,
    last_group  BIGINT NOT NULL
);
INSERT INTO head (incarnation, last_group) VALUES (0, 0);

-- An order's nonces, shared by its consecutive sessions. Indices from next_index on were never taken; below it they are free (gap),
-- in flight (lease) or computed.
CREATE TABLE lineage (
    id           BIGINT PRIMARY KEY,
    tenant       TEXT NOT NULL,
    order_key    TEXT NOT NULL,
    nonce_offset BIGINT NOT NULL,
    nonce_stride BIGINT NOT NULL,
    next_index   BIGINT NOT NULL
);

CREATE TABLE gap (
    lineage     BIGINT NOT NULL,
    first_index BIGINT NOT NULL,
    end_index   BIGINT NOT NULL,
    PRIMARY KEY (lineage, first_index)
);

CREATE TABLE session (
    id            TEXT PRIMARY KEY,
    lineage       BIGINT NOT NULL,
    node_id       BIGINT NOT NULL,
    weight        DOUBLE PRECISION NOT NULL,
    work_function TEXT NOT NULL,
    cost_class    TEXT NOT NULL,
    work_body     TEXT NOT NULL,
    block_height  BIGINT NOT NULL,
    block_hash    TEXT NOT NULL,
    callback      TEXT,
    created_at    BIGINT NOT NULL,
    status        TEXT NOT NULL,
    error         TEXT,
    computed      BIGINT NOT NULL,
    found         BIGINT NOT NULL,
    batches       BIGINT NOT NULL,
    settled       BIGINT NOT NULL,
    polled_at     BIGINT NOT NULL,
    ended_at      BIGINT
);

CREATE TABLE lease (
    id          TEXT PRIMARY KEY,
    session     TEXT NOT NULL,
    first_index BIGINT NOT NULL,
    nonces      BIGINT NOT NULL,
    device      TEXT NOT NULL,
    leased_at   BIGINT NOT NULL
);

-- Results that wait to be released; their leases are still in flight.
CREATE TABLE held (
    lease        TEXT PRIMARY KEY,
    computed     BIGINT NOT NULL,
    found        {bytes} NOT NULL,
    device_nanos BIGINT NOT NULL,
    engine       TEXT NOT NULL,
    device       TEXT NOT NULL,
    worker       TEXT NOT NULL
);

CREATE TABLE batch (
    session TEXT NOT NULL,
    number  BIGINT NOT NULL,
    found   {bytes} NOT NULL,
    engine  TEXT NOT NULL,
    device  TEXT NOT NULL,
    worker  TEXT NOT NULL,
    PRIMARY KEY (session, number)
);

-- Sessions that are gone, with the batches up to a number still to be deleted, some at a time.
CREATE TABLE purged (
    session TEXT PRIMARY KEY,
    batches BIGINT NOT NULL
);

CREATE TABLE history (
    block_height BIGINT NOT NULL,
    block_hash   TEXT NOT NULL,
    tenant       TEXT NOT NULL,
    device       TEXT NOT NULL,
    computed     BIGINT NOT NULL,
    found        BIGINT NOT NULL,
    device_nanos BIGINT NOT NULL,
    PRIMARY KEY (block_height, block_hash, tenant, device)
);
