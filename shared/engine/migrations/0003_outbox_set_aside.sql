-- Events that the brokers refuse for good, and what waits behind them, until an operator decides (`rapport outbox`).
create table outbox_set_aside (
    id bigint primary key,                   -- the outbox's: what goes back has its old place in the order
    topic text not null,
    partition smallint not null,
    key text,
    type text not null,
    event_id text not null,
    subject text,
    time text not null,
    correlation_id text not null,
    causation_id text,
    traceparent text,
    payload bytea,
    source text,
    created_at timestamptz not null,
    reason text,                             -- why it was refused; null: waits behind one of its key, or may go again
    set_aside_at timestamptz not null default now()
);
create index outbox_set_aside_by_key on outbox_set_aside (topic, key, id);
