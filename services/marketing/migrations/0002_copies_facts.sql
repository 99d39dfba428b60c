-- The newest description of each product, to choose campaigns and contents by.
create table product (
    sku text primary key,
    name text not null,
    category text[] not null                  -- from the department down
);

-- Marketing's copy of crm.parties: the address, and whether the party was erased.
create table party (
    id uuid primary key,
    version integer not null,
    name text,
    email text,                               -- the address that is written to
    locale text,
    merged_into uuid,
    erased_by uuid,                           -- the event that erased it; null: it was not
    emails json not null default '{}'         -- all addresses by identity, where there are several
);
create index party_by_survivor on party (merged_into) where merged_into is not null;

-- Every consent given or withdrawn; which one holds is decided when a message is due.
create table consent (
    event_id uuid primary key,
    party_id uuid not null,
    purpose text not null,
    topic text not null,                      -- empty: all topics
    channel text not null,
    given boolean not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    expires_at timestamptz                    -- null: it does not
);
create index consent_by_party on consent (party_id);

-- Every refund, kept by its sale, which may come later.
create table refund (
    event_id uuid primary key,
    origin text not null,
    sale_id text not null,
    minor bigint not null,
    currency text not null,
    occurred_at timestamptz not null
);
create index refund_by_sale on refund (origin, sale_id);

-- When tickets were open, for campaigns that keep silent meanwhile.
create table ticket_change (
    event_id uuid primary key,
    ticket_id uuid not null,
    party_id uuid not null,
    open boolean not null,
    occurred_at timestamptz not null
);
create index ticket_change_by_party on ticket_change (party_id);
