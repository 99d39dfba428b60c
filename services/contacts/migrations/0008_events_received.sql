-- What was taken over HTTP lately, so that a repetition is known before the first has been applied.
create table received_fact (
    source text not null,
    id text not null,
    content bytea not null,                   -- 16 bytes of hash: a corrected fact may carry the id of a refused one
    received_at timestamptz not null default now(),
    primary key (source, id, content)
);
create index received_fact_received_at on received_fact (received_at);
