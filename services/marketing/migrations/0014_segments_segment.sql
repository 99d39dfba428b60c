-- Every version of every segment's definition; the newest of a name holds. Parties are gone through in the order of their
-- ids, to be decided by a new version, or to leave one that was stopped.
create table segment (
    name text not null,
    version integer not null,
    definition json not null,                 -- json, not jsonb: its text is parsed once a process and cached by its text
    definition_hash text not null,
    source text not null check (source in ('files', 'http')),
    published_at timestamptz not null,
    stopped_at timestamptz,                   -- null: in force
    parties bigint not null default 0,        -- to be gone through, as counted when that began
    scheduled bigint not null default 0,      -- gone through
    scheduled_to uuid,                        -- the last party of those; null: not begun
    scheduled_at timestamptz,                 -- domain time of the last step
    filled_at timestamptz,                    -- all of them are decided; null: not yet
    primary key (name, version)
);

-- Parties that belong, or belonged, to a segment.
create table segment_member (
    segment text not null,
    party_id uuid not null,
    is_in boolean not null,
    since timestamptz not null,
    version integer not null,                 -- of the definition that decided it
    changes integer not null,                 -- how often the party entered or left
    event_id uuid not null,                   -- by which the last of them was told
    primary key (segment, party_id)
);
create index segment_member_of_party on segment_member (party_id);
create index segment_member_in on segment_member (segment, party_id) where is_in;

-- How many parties a segment has, by their partition, so that two transactions seldom wait for one row.
create table segment_size (
    segment text not null,
    partition smallint not null,
    members bigint not null,
    primary key (segment, partition)
);

-- What campaigns have yet to hear: who entered or left a segment that they listen to.
create table segment_change (
    event_id uuid primary key,
    segment text not null,
    version integer not null,
    party_id uuid not null,
    partition smallint not null,
    entered boolean not null,
    changed_at timestamptz not null
);
