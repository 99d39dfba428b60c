-- What stands against writing to a party: boundaries of agreements, which hold until the next one about the same, and
-- disputes, each raised and closed.
create table restraint (
    event_id uuid primary key,
    party_id uuid not null,
    kind text not null check (kind in ('boundary', 'dispute')),
    subject text not null,                    -- the dispute; empty for a boundary
    purpose text,                             -- of a boundary; null: every one
    channel text,                             -- of a boundary; null: every one
    holds boolean not null,                   -- nothing is sent; false: the boundary allows it, the dispute is closed
    occurred_at timestamptz not null,
    starts_at timestamptz not null,
    ends_at timestamptz                       -- null: until another one
);
create index restraint_by_party on restraint (party_id);

-- Addresses that nothing is sent to, whoever has them. Kept as hashes, which stay when a party is erased.
create table stopped_address (
    address_hash text primary key,
    reason text not null check (reason in ('listed', 'hard_bounce', 'soft_bounces', 'complaint')),
    cause text not null,                      -- the event that stopped it, or the id of the request
    stopped_at timestamptz not null
);

-- Soft bounces of addresses, each once; several within a while stop the address.
create table soft_bounce (
    message_id uuid primary key,
    address_hash text not null,
    bounced_at timestamptz not null
);
create index soft_bounce_by_address on soft_bounce (address_hash, bounced_at);

-- How many messages that needed consent were cleared for a party on a day: a frequency cap reads as many rows as its
-- window has days, however long the history is.
create table message_day (
    party_id uuid not null,
    day date not null,
    messages integer not null,
    primary key (party_id, day)
);
