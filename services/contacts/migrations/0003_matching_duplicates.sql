-- Pairs that were published as suspected duplicates, each once.
create table duplicate (
    low_id uuid not null,
    high_id uuid not null,
    reason text not null,
    suspected_at timestamptz not null,
    primary key (low_id, high_id),
    check (low_id < high_id)
);
create index duplicate_high on duplicate (high_id);
