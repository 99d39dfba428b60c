-- Identities that people of the company gave to other parties; each can be undone, by another.
create table identity_move (
    id uuid primary key,
    kind text not null check (kind in ('move', 'split')),
    from_party_id uuid not null,
    to_party_id uuid not null,
    identity_ids uuid[] not null,
    because text not null,
    moved_at timestamptz not null,
    undoes uuid unique references identity_move (id)
);
create index identity_move_from on identity_move (from_party_id);
create index identity_move_to on identity_move (to_party_id);
