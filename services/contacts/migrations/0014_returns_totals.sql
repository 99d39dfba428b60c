-- Sales that are no longer what was told first, as they stand; no currency: cancelled.
create table timeline_v1.revised_sale (
    party_id uuid not null,
    origin text not null,
    sale_id text not null,
    currency text,
    sold_at timestamptz not null,
    primary key (party_id, origin, sale_id)
);

-- What was paid back of each sale; of a cancelled one it counts for nothing, since the whole sale does.
create table timeline_v1.refund (
    party_id uuid not null,
    origin text not null,
    sale_id text not null,
    currency text not null,
    refunds integer not null,
    minor numeric not null,
    primary key (party_id, origin, sale_id, currency)
);
