-- Parties, their identities and what was said in texts: the record itself, never rebuilt.

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
    type text not null check (type in ('external', 'email', 'phone')),
    system text not null,                     -- empty except for external ones
    value text not null,                      -- normalised
    party_id uuid not null,
    unique (value, type, system)
);
create index identity_party on identity (party_id);

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

-- (origin, sale_id) names a sale everywhere; the same content again is a duplicate, other content a conflict.
create table sale (
    origin text not null,
    sale_id text not null,
    party_id uuid not null,
    content bytea not null,                   -- 16 bytes of hash
    event_id uuid not null,                   -- of the published event
    primary key (origin, sale_id)
);

-- Requests, surveys and interactions at or before the first sale known so far: an earlier sale may come late.
create table care (
    party_id uuid not null,
    occurred_at timestamptz not null,
    event_id text not null,
    primary key (party_id, occurred_at, event_id)
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

-- A party as lists show it.
create view party_card as
select
    id, name,
    json_build_object(
        'id', id, 'version', version, 'kind', coalesce(kind, 'person'), 'name', name, 'roles', roles, 'owner', owner,
        'merged_into', merged_into, 'registered_at', registered_at,
        'identities', coalesce(
            (
                select json_agg(
                    json_build_object(
                        'id', identity.id, 'type', type, 'system', nullif(system, ''), 'value', value
                    )
                    order by type, system, value
                )
                from identity
                where identity.party_id = party.id
            ),
            '[]'
        )
    )::text as body
from party;
