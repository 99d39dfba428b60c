-- A sale as it stands: which revision holds, and what sums are made of; no state: it was cancelled.
alter table sale
    add column sold_at timestamptz not null default '-infinity',
    add column revision integer not null default 1,
    add column state text;

-- The highest revision of a sale that has not been told yet, as it will be applied; no personal data.
create table waiting_revision (
    origin text not null,
    sale_id text not null,
    revision integer not null,
    party_id uuid not null,
    fact text not null,
    primary key (origin, sale_id)
);
