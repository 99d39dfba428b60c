-- What parties are to each other, and from when to when. Nothing of it moves in a merge: readers resolve both ends.
create table relation (
    id uuid primary key,
    kind text not null check (kind in ('employs', 'subsidiary_of', 'buys_through', 'introduced_by')),
    from_party_id uuid not null,
    to_party_id uuid not null,
    since date,                               -- null: not known
    ended_on date,
    recorded_at timestamptz not null
);
create unique index relation_standing on relation (from_party_id, kind, to_party_id) where ended_on is null;
create index relation_of on relation (from_party_id, id);
create index relation_to on relation (to_party_id, id);
