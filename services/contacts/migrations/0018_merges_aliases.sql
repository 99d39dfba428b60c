-- What a party shows of those that were merged into it, until it says otherwise itself: by merge, in their order.
alter table party add column picked jsonb not null default '[]';
create index party_merged_into on party (merged_into) where merged_into is not null;

-- Parties that were found to be one: an alias, which can be taken back. Nothing of either party is changed by it.
create table party_merge (
    id uuid primary key,
    into_party_id uuid not null,
    merged_party_id uuid not null,
    because text not null,
    automatic boolean not null,
    fields text[] not null,                   -- those that the survivor shows of the other
    merged_at timestamptz not null,
    undone_at timestamptz,
    undone_because text
);
create unique index party_merge_standing on party_merge (merged_party_id) where undone_at is null;
create index party_merge_into on party_merge (into_party_id);
