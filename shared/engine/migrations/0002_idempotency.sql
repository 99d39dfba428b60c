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
