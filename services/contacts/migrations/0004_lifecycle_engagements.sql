-- Requests, surveys and interactions at or before the first sale known so far: an earlier sale may come late.
create table engagement (
    party_id uuid not null,
    occurred_at timestamptz not null,
    event_id text not null,
    primary key (party_id, occurred_at, event_id)
);
