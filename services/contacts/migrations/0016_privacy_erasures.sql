-- An erased party keeps its row, its stages and its history, under its id; nothing says who it was.
alter table party add column erased_at timestamptz;
create index party_of_survivor on party (merged_into) where merged_into is not null;

-- HMACs of what erased parties were known by, kept for thirty days: an older fact does not bring them back.
create table erased_identity (
    digest bytea primary key,
    party_id uuid not null,
    erased_at timestamptz not null
);
create index erased_identity_age on erased_identity (erased_at);

-- The key of these HMACs, drawn by the first erasure.
create table erasure_key (
    id boolean primary key default true check (id),
    key bytea not null
);

-- What people of the company asked to erase, who approved it, and what was found and is gone.
create table erasure (
    id uuid primary key,
    party_id uuid not null,
    party_ids uuid[] not null,                -- those that were erased with it, itself first
    state text not null check (state in ('requested', 'approved', 'declined')),
    because text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    found jsonb not null default '{}',        -- table -> rows that were emptied or removed
    parked integer not null default 0,        -- records that waited for an operator and are gone
    quarantined integer not null default 0,
    searched_at timestamptz                   -- when these were looked for
);
create unique index erasure_open on erasure (party_id) where state = 'requested';
create index erasure_unsearched on erasure (id) where state = 'approved' and searched_at is null;

-- Which services have confirmed that they forgot a party, and what they found; of several times the first.
create table timeline_v1.erasure_confirmation (
    party_id uuid not null,
    service text not null,
    forgotten jsonb not null,
    event_id text not null,
    confirmed_at timestamptz not null,
    primary key (party_id, service)
);
create view erasure_confirmation as select * from timeline_v1.erasure_confirmation;

-- A party as lists show it; erased ones are in none.
create or replace view party_card as
select
    id, name,
    json_build_object(
        'id', id, 'version', version, 'kind', coalesce(kind, 'person'), 'name', name, 'roles', roles, 'owner', owner,
        'merged_into', merged_into, 'registered_at', registered_at,
        'identities', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'id', carried.id, 'type', type, 'system', nullif(system, ''), 'value', value, 'shared', shared,
                        'primary', coalesce(party.primaries -> type ->> 0 = carried.id::text, false)
                    )
                    order by type, system, value
                )
                from party_identity as carried
                where carried.party_id = party.id
            ),
            '[]'
        )
    )::text as body
from party
where erased_at is null;
