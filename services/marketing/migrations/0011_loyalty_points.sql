-- What the file of the loyalty programme said, which sales keep.
create table programme (
    hash text primary key,
    definition json not null,
    published_at timestamptz not null
);

-- Points of parties. What is left of a party's lots less its debt is its balance.
create table points_account (
    party_id uuid primary key,
    balance bigint not null default 0,
    debt bigint not null default 0,           -- points that were spent and that no lot has any more
    qualifying bigint not null default 0,     -- points that count for tiers
    tier text,
    bought boolean not null default false,    -- some sale counts, so that the next one is not the first
    last_sold_at timestamptz,                 -- these three are the place of its last sale
    last_origin text,
    last_sale_id text
);

-- The points of each sale, and what is known of the sale: that, when it is told anew, they are made of.
create table points_lot (
    id uuid primary key,
    party_id uuid not null,
    partition smallint not null,
    origin text not null,
    sale_id text not null,
    sold_at timestamptz,                      -- null: only refunds are known
    revision integer not null,
    sold json,                                -- null: cancelled, or not known yet
    paid_back json not null,
    programme_hash text,
    expires_at timestamptz,                   -- null: they do not
    expired boolean not null,
    base bigint not null,                     -- points before tiers multiply them
    counts boolean not null,                  -- something of the sale stays paid
    before bigint not null,                   -- qualifying points of the party's earlier sales
    bought_before boolean not null,           -- an earlier sale counts
    granted bigint not null,
    spent bigint not null,
    unique (origin, sale_id)
);
create index points_lot_by_party on points_lot (party_id, sold_at);
create index points_lot_open on points_lot (party_id, sold_at) where not expired and granted > spent;

-- The ledger: every event that changed a balance, under the event's id. Nothing in it is ever changed.
create table points_entry (
    id uuid primary key,
    party_id uuid not null,
    kind text not null check (kind in ('earned', 'reversed', 'expired', 'redeemed')),
    points bigint not null,                   -- what it added to the balance
    recorded_at timestamptz not null,
    lot_id uuid,
    redemption_id uuid,
    cause text                                -- the event that led to it; null: time, or a request
);
create index points_entry_by_party on points_entry (party_id, recorded_at, id);
