-- What is compared of each party, and the keys by which others like it are found.
create table matching_record (
    party_id uuid primary key,
    traits jsonb not null
);
create table matching_key (
    key bigint not null,                      -- 63 bits of hash of a kind of key and its value
    party_id uuid not null,
    primary key (key, party_id)
);
create index matching_key_party on matching_key (party_id);

-- A pair is a question until people, or a merge, have answered it; what was dismissed is never asked again.
alter table duplicate
    add column id uuid not null default gen_random_uuid(),
    add column bits double precision,         -- the log odds; null: one fact named both
    add column reasons text[] not null default '{}',
    add column state text not null default 'open' check (state in ('open', 'dismissed', 'merged')),
    add column merged_id uuid,                -- of a merged pair the one that goes on as the other
    add column decided_at timestamptz,
    add column decided_because text;
create unique index duplicate_id on duplicate (id);
create index duplicate_open on duplicate (state, (coalesce(bits, 0)) desc, id desc);
