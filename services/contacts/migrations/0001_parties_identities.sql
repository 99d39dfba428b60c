-- A party's row is locked before anything of it is emitted. No index may stand on what a fact changes (HOT updates).
create table party (
    id uuid primary key,
    partition smallint not null,              -- murmur2 of the id's text over 12: that of the party on every keyed topic
    version integer not null,                 -- counts published descriptions
    kind text check (kind in ('person', 'organisation')),
    name text,
    address jsonb,
    roles text[] not null default '{}',
    birth_date text,
    locale text,
    time_zone text,
    owner text,
    merged_into uuid,
    said_at jsonb not null default '{}',      -- field -> when a profile last said it
    primaries jsonb not null default '{}',    -- type -> [identity, since when, said]; of which there are several
    discovery_at timestamptz,
    discovery_by text,                        -- id of the event that opened the stage
    purchase_at timestamptz,
    purchase_by text,
    post_purchase_at timestamptz,
    post_purchase_by text,
    registered_at timestamptz not null
) with (fillfactor = 85);
create index party_name on party ((lower(name) collate "C"), id) where name is not null;

-- The home of an identity is for ever. Value first: the search knows no type and no system.
-- No foreign key: identities are written before their parties (order of locks), in the same transaction.
create table identity (
    id uuid primary key,
    type text not null check (type in ('external', 'email', 'phone', 'anonymous')),
    system text not null,                     -- empty except for external and anonymous ones
    value text not null,                      -- normalised
    party_id uuid not null,
    unique (value, type, system)
);
create index identity_party on identity (party_id);
create unique index identity_system on identity (party_id, system) where type = 'external';

-- Addresses of a party that belong to another party first: to write to, never to be found by.
create table shared_identity (
    party_id uuid not null,
    identity_id uuid not null,
    primary key (party_id, identity_id)
);
create index shared_identity_of on shared_identity (identity_id);

-- Everything that a party carries.
create view party_identity as
select party_id, id, type, system, value, false as shared from identity
union all
select shared_identity.party_id, identity.id, identity.type, identity.system, identity.value, true as shared
from shared_identity
join identity on identity.id = shared_identity.identity_id;
