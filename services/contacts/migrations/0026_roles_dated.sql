-- Which roles parties have and had, and from when to when. Nothing of it moves in a merge: readers take a party with all
-- that were merged into it.
create table party_role (
    id uuid primary key,
    party_id uuid not null,
    role text not null,
    since date,                               -- null: not known
    ended_on date,
    recorded_at timestamptz not null
);
create unique index party_role_standing on party_role (party_id, role) where ended_on is null;
create index party_role_of on party_role (party_id, id);

-- What parties were told to be before roles had dates.
insert into party_role (id, party_id, role, recorded_at)
select gen_random_uuid(), party.id, unnest(party.roles), party.registered_at from party;
