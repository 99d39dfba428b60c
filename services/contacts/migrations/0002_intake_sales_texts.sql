-- (origin, sale_id) names a sale everywhere; the same content again is a duplicate, other content a conflict.
create table sale (
    origin text not null,
    sale_id text not null,
    party_id uuid not null,
    content bytea not null,                   -- 16 bytes of hash
    event_id uuid not null,                   -- of the published event
    primary key (origin, sale_id)
);

-- Free text that stays here; the published event says only that there is one.
create table fact_text (
    event_id uuid primary key,
    party_id uuid not null,
    kind text not null check (kind in ('summary', 'answer', 'evidence', 'reason')),
    body text not null,
    recorded_at timestamptz not null
);
create index fact_text_party on fact_text (party_id, event_id);
