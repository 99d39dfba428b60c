-- What the engine keeps in every service's database.

create table fence (
    group_id text not null,
    topic text not null,
    partition integer not null,
    next_offset bigint not null default 0,   -- the first offset whose effects do not stand yet
    last_offset bigint,                      -- of the last handled record; what follows up to next_offset is none
    last_id text,                            -- its fingerprint: another record there means another topic
    mark bigint not null default 0,          -- highest ce_sequence; 0: none seen, or an operator accepted a loss
    watermark timestamptz,                   -- everything that happened up to here has been handled
    parked integer not null default 0,       -- parked rows of this partition; 0 spares a look-up
    stopped text,                            -- why this partition is not handled; null: it is
    primary key (group_id, topic, partition)
) with (fillfactor = 50);

create table inbox (
    group_id text not null,
    source text not null,
    id text not null,
    seen_at timestamptz not null default now(),
    primary key (group_id, source, id)
);
create index inbox_age on inbox using brin (seen_at);

create table parked (
    id bigint generated always as identity primary key,
    group_id text not null,
    topic text not null,
    partition integer not null,
    record_offset bigint not null,
    key bytea,
    headers jsonb not null,                  -- [[name, base64 or null], ...]: bytes as they came
    value bytea,
    replaced_value bytea,                    -- what the sender sent, where an operator replaced it
    record_timestamp bigint not null,
    reason text not null,
    detail text not null default '',
    unexpected boolean not null default false,
    holds boolean not null,                  -- the later records of its key wait for it; false: parked alone
    handled_at timestamptz not null,         -- Event.now of the first try: a redrive decides as of then
    parked_at timestamptz not null default now(),
    unique (group_id, topic, partition, record_offset)
);
create index parked_by_key on parked (group_id, topic, sha256(key), record_offset) where holds;

create table quarantine (
    id bigint generated always as identity primary key,
    group_id text not null,
    topic text not null,
    partition integer not null,
    record_offset bigint not null,
    key bytea,
    headers jsonb not null,
    value bytea,
    record_timestamp bigint not null,
    replaced_value bytea,                    -- what the sender sent, where an operator repaired it
    replaced_headers jsonb,
    reason text not null,
    quarantined_at timestamptz not null default now(),
    unique (group_id, topic, partition, record_offset, record_timestamp)
);

create table operator_action (
    id bigint generated always as identity primary key,
    action text not null,
    subject jsonb not null,
    reason text,
    -- who did it: whoever connects says so by the setting rapport.actor, else it is the database's role
    actor text not null default coalesce(nullif(current_setting('rapport.actor', true), ''), session_user::text),
    acted_at timestamptz not null default now()
);

create table outbox (
    id bigint generated always as identity primary key,
    topic text not null,
    partition smallint not null,
    key text not null,
    type text not null,
    event_id uuid not null,
    subject text,
    time text not null,
    correlation_id text not null,
    causation_id text,
    traceparent text,
    payload bytea,                           -- null: a tombstone
    created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

create table relay_batch (                   -- written before the first byte is sent, so that a restart sends the same
    shard smallint primary key,
    shards smallint not null,
    ids bigint[] not null,
    sequences bigint[] not null
);

create table relay_position (
    topic text not null,
    partition smallint not null,
    sequence bigint not null,
    primary key (topic, partition)
) with (fillfactor = 50);

create table timer (
    name text not null,
    id uuid not null,
    partition smallint not null,
    due_at timestamptz not null,             -- what decides is what happened up to here
    not_before timestamptz not null default '-infinity', -- a timer that was due when it was set waits for what came with it
    failed text,                             -- why its handler refused it; null: waiting
    primary key (name, id)
);
create index timer_due on timer (name, partition, greatest(due_at, not_before)) where failed is null;

create table clock (                         -- the last tick passed on; a row lock makes passing on a turn
    group_id text primary key,
    passed timestamptz
);

-- Requests that were answered, by the key that their sender gave (shared/http/idempotency.py). Kept 24 hours.
create table idempotency (
    key text not null,
    operation text not null,
    request_hash bytea not null,
    status smallint,
    body bytea,
    created_at timestamptz not null default now(),
    primary key (key, operation)
);
create index idempotency_created_at on idempotency (created_at);
